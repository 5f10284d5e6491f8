"""Advanced SubStation Alpha: styled subtitles for video players, and karaoke.

Written here and not by pysubs2, which escapes nothing and stops the clock at ten hours.
"""

from collections.abc import Sequence

from qasr_cli.core.subtitles.karaoke import SpokenLine, spoken_lines
from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.centiseconds import cs_from_ms, cue_times_cs

# Karaoke paints a word in the first colour once it is spoken and in the second before.
_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: 1920
PlayResY: 1080
WrapStyle: 0
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,64,&H00FFFFFF,&H00A0A0A0,&H00000000,&H80000000,\
0,0,0,0,100,100,0,0,1,3,1,2,60,60,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""

# A backslash cannot be escaped: a word joiner after it keeps `\\N` and its like from working.
# Source: FFmpeg libavcodec/ass.c, ff_ass_bprint_text_event.
_ESCAPES = str.maketrans({"\\": "\\\u2060", "{": "\\{", "}": "\\}"})


def render(transcript: Transcript, cues: tuple[Cue, ...], *, highlight_words: bool = False) -> str:
    """The cues as events of one style; with `highlight_words`, each word lights up in its time."""
    times_cs = cue_times_cs(cues)
    if highlight_words:
        texts = [
            _karaoke(lines, start_cs, end_cs)
            for lines, (start_cs, end_cs) in zip(
                spoken_lines(transcript, cues), times_cs, strict=True
            )
        ]
    else:
        texts = ["\\N".join(line.translate(_ESCAPES) for line in cue.lines) for cue in cues]
    return _HEADER + "".join(
        f"Dialogue: 0,{_clock(start_cs)},{_clock(end_cs)},Default,{_name(cue)},0,0,0,,{text}\n"
        for cue, (start_cs, end_cs), text in zip(cues, times_cs, texts, strict=True)
    )


def _name(cue: Cue) -> str:
    """The speaker, in a field that a comma would end."""
    return canonical(cue.speaker or "").replace(",", ";").strip()


def _karaoke(lines: Sequence[SpokenLine], start_cs: int, end_cs: int) -> str:
    r"""Syllables `{\k<how long>}text`, one after the other from the cue's start to its end."""
    starts_cs = [
        min(max(cs_from_ms(piece.start_ms), start_cs), end_cs) for line in lines for piece in line
    ]
    edges_cs = iter([*starts_cs, end_cs])
    now_cs = next(edges_cs)
    text = f"{{\\k{now_cs - start_cs}}}" if now_cs > start_cs else ""
    sung_lines = []
    for line in lines:
        sung = ""
        for piece in line:
            until_cs = next(edges_cs)
            sung += f"{{\\k{until_cs - now_cs}}}{piece.text.translate(_ESCAPES)}"
            now_cs = until_cs
        sung_lines.append(sung)
    return text + "\\N".join(sung_lines)


def _clock(time_cs: int) -> str:
    minutes, rest_cs = divmod(time_cs, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest_cs // 100:02d}.{rest_cs % 100:02d}"
