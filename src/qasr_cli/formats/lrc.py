"""LRC lyrics, for music players; the enhanced kind has a time before every word.

The format has no end times: an empty line clears the screen where nothing follows soon.
"""

import re

from qasr_cli.core.subtitles.karaoke import spoken_lines
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.centiseconds import cs_from_ms, cue_times_cs
from qasr_cli.formats.lines import cue_on_one_line

_CLEARING_GAP_CS = 150  # a line that stays a moment longer disturbs less than a blink
_LIKE_A_TIME = re.compile(r"[\[<](\d+:[\d.:]*)[\]>]")


def render(transcript: Transcript, cues: tuple[Cue, ...], *, highlight_words: bool = False) -> str:
    """`[mm:ss.xx]text`, one line a cue; with `highlight_words`, `<mm:ss.xx>` before each word."""
    texts = _enhanced(transcript, cues) if highlight_words else map(_text, cues)
    times_cs = cue_times_cs(cues)
    next_starts_cs = [*(start_cs for start_cs, _ in times_cs), None][1:]
    lines: list[str] = []
    for (start_cs, end_cs), next_cs, text in zip(times_cs, next_starts_cs, texts, strict=True):
        lines.append(f"[{_clock(start_cs)}]{text}\n")
        if next_cs is None or next_cs - end_cs >= _CLEARING_GAP_CS:
            lines.append(f"[{_clock(end_cs)}]\n")
    return "".join(lines) or "\n"


def _text(cue: Cue) -> str:
    text = _harmless(cue_on_one_line(cue))
    return f" {text}" if text.startswith("[") else text  # else players look for a tag in it


def _enhanced(transcript: Transcript, cues: tuple[Cue, ...]) -> list[str]:
    texts = []
    for lines, (start_cs, end_cs) in zip(
        spoken_lines(transcript, cues), cue_times_cs(cues), strict=True
    ):
        text = ""
        for line in lines:
            for piece in line:
                time_cs = min(max(cs_from_ms(piece.start_ms), start_cs), end_cs)
                text += f"<{_clock(time_cs)}>{_harmless(piece.text)}"
            text = text.rstrip() + " "
        texts.append(f"{text.rstrip()} <{_clock(end_cs)}>")
    return texts


def _harmless(text: str) -> str:
    """Text without anything that a player could take for a time."""
    return _LIKE_A_TIME.sub(r"(\1)", text)


def _clock(time_cs: int) -> str:
    minutes, rest_cs = divmod(time_cs, 6000)
    return f"{minutes:02d}:{rest_cs // 100:02d}.{rest_cs % 100:02d}"
