"""Texts at which readers stumble: of each kind, one of any number of bytes."""

from collections.abc import Callable

_TIMES = "00:00:01,000 --> 00:00:02,000\n"
_CUE = "1\n" + _TIMES
_VTT = "WEBVTT\n\n"
_VTT_CUE = _VTT + "00:01.000 --> 00:02.000\n"

Text = Callable[[int], str]


def repeated(piece: str, *, before: str = "", after: str = "") -> Text:
    """A piece again and again, up to a number of bytes, with something around all of it."""
    size = size_of(piece)
    return lambda byte_count: before + piece * max(byte_count // size, 1) + after


def size_of(text: str) -> int:
    """Its bytes in a file."""
    return len(text.encode(errors="surrogateescape"))


SUBTITLES: dict[str, Text] = {
    # lines of times that are none
    "digits": repeated("1"),
    "digits before an arrow": repeated("1", after=" --> "),
    "digits after an arrow": repeated("1", before="00:00:01,000 --> "),
    "arrows": repeated("-->"),
    "arrows on lines": repeated("-->\n", before=_CUE),
    "dashes": repeated("-", after=">"),
    "colons": repeated("1:", after=" -->"),
    "numbers": repeated("9 ", after=" -->"),
    "signs": repeated("-1:", before=_CUE, after="-->"),
    "spaces": repeated(" ", after="-->"),
    "spaces between times": repeated(" ", before="00:00:01,000", after="00:00:02,000 --> "),
    "spaces after an arrow": repeated(" ", before="00:00:01,000 -->", after="x"),
    "places": repeated("X1:1 ", before=_TIMES.rstrip()),
    "rest of a line of times": repeated("x ", before=_TIMES.rstrip()),
    # lines
    "no line ends": repeated("word "),
    "one word": repeated("a", before=_CUE),
    "blank lines": repeated("\n", before=_CUE, after="x"),
    "carriage returns": repeated("\r", before=_CUE, after="x"),
    "line ends of three": repeated("\r\r\n", before=_CUE, after="x"),
    "numbers on lines": repeated("1\n", before=_CUE),
    "numbers apart": repeated("1\n\n", before=_CUE),
    "unseen signs": repeated("\u200b", before=_CUE, after="-->"),
    "lines of unseen signs": repeated("\u200b\n", before=_CUE, after="x"),
    "long ligatures": repeated("\ufdfa", before=_CUE, after="-->"),
    "accents": repeated("\u0301\u0316", before=_CUE + "a"),
    "accents and an arrow": repeated("\u0301\u0316", before=_CUE + "a", after="-->"),
    # cues
    "cues": repeated("1\n00:00:01,000 --> 00:00:02,000\nword word\n\n"),
    "cues without text": repeated(_TIMES),
    "cues without blank lines": repeated("1\n00:00:01,000 --> 00:00:02,000\nword\n"),
    "cues that stand still": repeated(_TIMES + "a\n\n"),
    "cues of spaces": repeated(_TIMES + " \n \n\n"),
    "cues with a rest": repeated(_TIMES.rstrip() + " x\nword\n\n"),
    "negative cues": repeated("-00:00:01,000 --> 00:00:02,000\nword\n\n"),
    "lines of a cue": repeated("word\n", before=_CUE),
    # markup
    "angles": repeated("<", before=_CUE),
    "opened tags": repeated("<i", before=_CUE),
    "opened tags with a space": repeated("<i ", before=_CUE),
    "closing angles": repeated(">", before=_CUE),
    "tags": repeated("<i>", before=_CUE),
    "tags on lines": repeated("<i>a</i>\n", before=_CUE),
    "tags with words": repeated("<i>a</i> ", before=_CUE),
    "a long tag": repeated("a", before=_CUE + "<i ", after=">"),
    "braces": repeated("{\\", before=_CUE),
    "closed braces": repeated("{\\i1}", before=_CUE),
    "a long brace": repeated("\\an8", before=_CUE + "{", after="}"),
    "times in angles": repeated("<1:", before=_CUE),
    "digits in an angle": repeated("1", before=_CUE + "<1:1"),
    "stamps": repeated("<00:01.000>", before=_CUE),
    "entities": repeated("&amp;", before=_CUE),
    # WebVTT
    "VTT's header": repeated("x", before="WEBVTT "),
    "lines of VTT's header": repeated(
        "x: y\n", before="WEBVTT\n", after="\n00:01.000 --> 00:02.000\na\n"
    ),
    "VTT's notes": repeated("NOTE x\n\n", before=_VTT),
    "lines of a note": repeated("x --> y\n", before=_VTT + "NOTE\n"),
    "VTT's angles": repeated("<", before=_VTT_CUE),
    "VTT's tags": repeated("<c.a>", before=_VTT_CUE),
    "VTT's words in tags": repeated("<v Ann>a</v> ", before=_VTT_CUE),
    "VTT's italics": repeated("<i>a</i> ", before=_VTT_CUE),
    "VTT's classes": repeated(".a", before=_VTT_CUE + "<c", after=">x"),
    "VTT's closing tags": repeated("</c>", before=_VTT_CUE),
    "VTT's entities": repeated("&#65;", before=_VTT_CUE),
    "VTT's ampersands": repeated("&", before=_VTT_CUE),
    "digits of an entity": repeated("1", before=_VTT_CUE + "&#", after=";"),
    "VTT's settings": repeated("a:b ", before=_VTT + "00:01.000 --> 00:02.000 "),
    "VTT's stamps": repeated("<00:01.000><c>a</c>", before=_VTT_CUE),
    "VTT's cues": repeated("00:01.000 --> 00:02.000\nword\n\n", before=_VTT),
    "VTT's cues without blank lines": repeated("00:01.000 --> 00:02.000\nword\n", before=_VTT),
    "VTT's blocks without times": repeated("word\n\n", before=_VTT_CUE),
    "VTT's numbers": repeated("1\n\n", before=_VTT_CUE),
    "captions that roll": repeated(
        "00:01.000 --> 00:02.000\na\nb\n\n00:02.000 --> 00:02.010\nb\n\n", before=_VTT
    ),
    "captions that grow": repeated(
        "00:01.000 --> 00:02.000\na\n<00:01.500><c>b</c>\n\n00:02.000 --> 00:02.010\nb\nb c\n\n",
        before=_VTT,
    ),
}
