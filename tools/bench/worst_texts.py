"""Texts at which readers stumble: of each kind, one of any length."""

from collections.abc import Callable

_TIMES = "00:00:01,000 --> 00:00:02,000\n"
_CUE = "1\n" + _TIMES
_VTT = "WEBVTT\n\n"
_VTT_CUE = _VTT + "00:01.000 --> 00:02.000\n"

Text = Callable[[int], str]


def _of(piece: str, *, before: str = "", after: str = "") -> Text:
    """A piece again and again, up to a number of characters, with something around all of it."""
    return lambda char_count: before + piece * (char_count // len(piece)) + after


SUBTITLES: dict[str, Text] = {
    # lines of times that are none
    "digits": _of("1"),
    "digits before an arrow": _of("1", after=" --> "),
    "digits after an arrow": _of("1", before="00:00:01,000 --> "),
    "arrows": _of("-->"),
    "arrows on lines": _of("-->\n", before=_CUE),
    "dashes": _of("-", after=">"),
    "colons": _of("1:", after=" -->"),
    "numbers": _of("9 ", after=" -->"),
    "signs": _of("-1:", before=_CUE, after="-->"),
    "spaces": _of(" ", after="-->"),
    "spaces between times": _of(" ", before="00:00:01,000", after="00:00:02,000 --> "),
    "spaces after an arrow": _of(" ", before="00:00:01,000 -->", after="x"),
    "places": _of("X1:1 ", before=_TIMES.rstrip()),
    "rest of a line of times": _of("x ", before=_TIMES.rstrip()),
    # lines
    "no line ends": _of("word "),
    "one word": _of("a", before=_CUE),
    "blank lines": _of("\n", before=_CUE, after="x"),
    "carriage returns": _of("\r", before=_CUE, after="x"),
    "line ends of three": _of("\r\r\n", before=_CUE, after="x"),
    "numbers on lines": _of("1\n", before=_CUE),
    "numbers apart": _of("1\n\n", before=_CUE),
    "unseen signs": _of("\u200b", before=_CUE, after="-->"),
    "lines of unseen signs": _of("\u200b\n", before=_CUE, after="x"),
    "long ligatures": _of("\ufdfa", before=_CUE, after="-->"),
    "accents": _of("\u0301\u0316", before=_CUE + "a"),
    "accents and an arrow": _of("\u0301\u0316", before=_CUE + "a", after="-->"),
    # cues
    "cues": _of("1\n00:00:01,000 --> 00:00:02,000\nword word\n\n"),
    "cues without text": _of(_TIMES),
    "cues without blank lines": _of("1\n00:00:01,000 --> 00:00:02,000\nword\n"),
    "cues that stand still": _of(_TIMES + "a\n\n"),
    "cues of spaces": _of(_TIMES + " \n \n\n"),
    "cues with a rest": _of(_TIMES.rstrip() + " x\nword\n\n"),
    "negative cues": _of("-00:00:01,000 --> 00:00:02,000\nword\n\n"),
    "lines of a cue": _of("word\n", before=_CUE),
    # markup
    "angles": _of("<", before=_CUE),
    "opened tags": _of("<i", before=_CUE),
    "opened tags with a space": _of("<i ", before=_CUE),
    "closing angles": _of(">", before=_CUE),
    "tags": _of("<i>", before=_CUE),
    "tags on lines": _of("<i>a</i>\n", before=_CUE),
    "tags with words": _of("<i>a</i> ", before=_CUE),
    "a long tag": _of("a", before=_CUE + "<i ", after=">"),
    "braces": _of("{\\", before=_CUE),
    "closed braces": _of("{\\i1}", before=_CUE),
    "a long brace": _of("\\an8", before=_CUE + "{", after="}"),
    "times in angles": _of("<1:", before=_CUE),
    "digits in an angle": _of("1", before=_CUE + "<1:1"),
    "stamps": _of("<00:01.000>", before=_CUE),
    "entities": _of("&amp;", before=_CUE),
    # WebVTT
    "VTT's header": _of("x", before="WEBVTT "),
    "lines of VTT's header": _of(
        "x: y\n", before="WEBVTT\n", after="\n00:01.000 --> 00:02.000\na\n"
    ),
    "VTT's notes": _of("NOTE x\n\n", before=_VTT),
    "lines of a note": _of("x --> y\n", before=_VTT + "NOTE\n"),
    "VTT's angles": _of("<", before=_VTT_CUE),
    "VTT's tags": _of("<c.a>", before=_VTT_CUE),
    "VTT's words in tags": _of("<v Ann>a</v> ", before=_VTT_CUE),
    "VTT's italics": _of("<i>a</i> ", before=_VTT_CUE),
    "VTT's classes": _of(".a", before=_VTT_CUE + "<c", after=">x"),
    "VTT's closing tags": _of("</c>", before=_VTT_CUE),
    "VTT's entities": _of("&#65;", before=_VTT_CUE),
    "VTT's ampersands": _of("&", before=_VTT_CUE),
    "digits of an entity": _of("1", before=_VTT_CUE + "&#", after=";"),
    "VTT's settings": _of("a:b ", before=_VTT + "00:01.000 --> 00:02.000 "),
    "VTT's stamps": _of("<00:01.000><c>a</c>", before=_VTT_CUE),
    "VTT's cues": _of("00:01.000 --> 00:02.000\nword\n\n", before=_VTT),
    "VTT's cues without blank lines": _of("00:01.000 --> 00:02.000\nword\n", before=_VTT),
    "VTT's blocks without times": _of("word\n\n", before=_VTT_CUE),
    "VTT's numbers": _of("1\n\n", before=_VTT_CUE),
    "captions that roll": _of(
        "00:01.000 --> 00:02.000\na\nb\n\n00:02.000 --> 00:02.010\nb\n\n", before=_VTT
    ),
    "captions that grow": _of(
        "00:01.000 --> 00:02.000\na\n<00:01.500><c>b</c>\n\n00:02.000 --> 00:02.010\nb\nb c\n\n",
        before=_VTT,
    ),
}
