"""Advanced SubStation Alpha: styled subtitles for video players, and karaoke.

Written here and not by pysubs2, which escapes nothing and stops the clock at ten hours.
"""

from collections.abc import Sequence

from qasr_cli.core.subtitles.karaoke import SpokenLine, spoken_lines
from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.centiseconds import cs_from_ms, cue_times_cs
from qasr_cli.formats.styling import Change, Insert, changes_of, with_inserts

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
        syllables = [
            _karaoke(lines, start_cs, end_cs)
            for lines, (start_cs, end_cs) in zip(
                spoken_lines(transcript, cues), times_cs, strict=True
            )
        ]
    else:
        syllables = [[] for _ in cues]
    texts = [_text(*pair) for pair in zip(cues, syllables, strict=True)]
    return _HEADER + "".join(
        f"Dialogue: 0,{_clock(start_cs)},{_clock(end_cs)},Default,{_name(cue)},0,0,0,,{text}\n"
        for cue, (start_cs, end_cs), text in zip(cues, times_cs, texts, strict=True)
    )


def _name(cue: Cue) -> str:
    """The speaker, or both, in a field that a comma would end."""
    names = (canonical(name or "").strip() for name in cue.line_speakers or (cue.speaker,))
    return " / ".join(filter(None, names)).replace(",", ";")


def _text(cue: Cue, syllables: Sequence[Insert]) -> str:
    given = [(tag.line, tag.char, tag.text) for tag in cue.tags if tag.text.startswith("{")]
    styles = [
        (change.line, change.char, _override(change))
        for change in changes_of(cue, with_overrides=False)
    ]
    return "\\N".join(
        with_inserts(
            cue.lines, [*given, *styles, *syllables], lambda text: text.translate(_ESCAPES)
        )
    )


def _override(change: Change) -> str:
    before, after = change.before, change.after
    switches = {
        "i": (before.italic, after.italic),
        "b": (before.bold, after.bold),
        "u": (before.underline, after.underline),
    }
    text = "".join(f"\\{name}{int(now)}" for name, (was, now) in switches.items() if was != now)
    if after.colour != before.colour:
        text += "\\c" if after.colour is None else f"\\c&H{_backwards(after.colour)}&"
    return f"{{{text}}}"


def _backwards(colour: str) -> str:
    """Blue, green, red."""
    return (colour[5:7] + colour[3:5] + colour[1:3]).upper()


def _karaoke(lines: Sequence[SpokenLine], start_cs: int, end_cs: int) -> list[Insert]:
    r"""Syllables `{\k<how long>}text`, one after the other from the cue's start to its end."""
    starts_cs = [
        min(max(cs_from_ms(piece.start_ms), start_cs), end_cs) for line in lines for piece in line
    ]
    edges_cs = iter([*starts_cs, end_cs])
    now_cs = next(edges_cs)
    inserts: list[Insert] = []
    if now_cs > start_cs:
        inserts.append((0, 0, f"{{\\k{now_cs - start_cs}}}"))
    for number, line in enumerate(lines):
        char = 0
        for piece in line:
            until_cs = next(edges_cs)
            inserts.append((number, char, f"{{\\k{until_cs - now_cs}}}"))
            char += len(piece.text)
            now_cs = until_cs
    return inserts


def _clock(time_cs: int) -> str:
    minutes, rest_cs = divmod(time_cs, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest_cs // 100:02d}.{rest_cs % 100:02d}"
