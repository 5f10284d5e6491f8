"""TTML in the text profile of IMSC 1.1, for broadcasters and streaming services.

Written here and not by ttconv: its model of a document is made to hold any TTML, ours is one
region and paragraphs.
Source: https://www.w3.org/TR/ttml-imsc1.1/
"""

from xml.sax.saxutils import escape

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.styling import Style, changes_of, with_inserts

_HEADER = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
xmlns:tts="http://www.w3.org/ns/ttml#styling" \
ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" ttp:timeBase="media" \
xml:lang="{language}">
<head>
<layout>
<region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after" \
tts:textAlign="center"/>
</layout>
</head>
<body region="bottom" xml:space="preserve">
<div>
"""
_FOOTER = "</div>\n</body>\n</tt>\n"


def render(transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """The cues as paragraphs at the bottom of the picture."""
    header = _HEADER.format(language=code_of(transcript.language))
    return header + "".join(map(_paragraph, cues)) + _FOOTER


def _paragraph(cue: Cue) -> str:
    times = f'begin="{clock_from_ms(cue.start_ms)}" end="{clock_from_ms(cue.end_ms)}"'
    spans = [
        (change.line, change.char, _end(change.before) + _start(change.after))
        for change in changes_of(cue, with_overrides=True)
    ]
    text = "<br/>".join(with_inserts(cue.lines, spans, escape))
    return f"<p {times}>{text}</p>\n"


def _start(style: Style) -> str:
    wanted = {
        'tts:fontStyle="italic"': style.italic,
        'tts:fontWeight="bold"': style.bold,
        'tts:textDecoration="underline"': style.underline,
        f'tts:color="{style.colour}"': style.colour is not None,
    }
    attributes = " ".join(attribute for attribute, is_wanted in wanted.items() if is_wanted)
    return f"<span {attributes}>" if attributes else ""


def _end(style: Style) -> str:
    return "</span>" if _start(style) else ""
