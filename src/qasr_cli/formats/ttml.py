"""TTML in the text profile of IMSC 1.1, for broadcasters and streaming services.

Written here and not by ttconv: its model of a document is made to hold any TTML, ours is one
region and paragraphs.
Source: https://www.w3.org/TR/ttml-imsc1.1/
"""

from xml.sax.saxutils import escape

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript

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
    text = "<br/>".join(escape(line) for line in cue.lines)
    return f"<p {times}>{text}</p>\n"
