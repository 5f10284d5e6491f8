"""TTML in the text profile of IMSC 1.1, for broadcasters and streaming services.

Written here and not by ttconv: its model of a document is made to hold any TTML, ours is one
region and paragraphs.
Source: https://www.w3.org/TR/ttml-imsc1.1/
"""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.speakers.names import is_diarized
from qasr_cli.core.text import canonical
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.styling import Style, changes_of, with_inserts

_HEADER = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
xmlns:tts="http://www.w3.org/ns/ttml#styling"{namespace} \
ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" ttp:timeBase="media" \
xml:lang="{language}">
<head>
{agents}<layout>
<region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after" \
tts:textAlign="center"/>
</layout>
</head>
<body region="bottom" xml:space="preserve">
<div>
"""
_METADATA = ' xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
_FOOTER = "</div>\n</body>\n</tt>\n"


def render(transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """The cues as paragraphs at the bottom of the picture."""
    agents = _agents(cues) if is_diarized(transcript) else {}
    header = _HEADER.format(
        language=code_of(transcript.language),
        namespace=_METADATA if agents else "",
        agents=_named(agents),
    )
    return header + "".join(_paragraph(cue, agents) for cue in cues) + _FOOTER


def _agents(cues: Sequence[Cue]) -> dict[str, str]:
    """Of each speaker, in the order in which they speak, what it is called in the document."""
    names = dict.fromkeys(name for cue in cues for name in cue.line_speakers or (cue.speaker,))
    known = [name for name in names if name is not None]
    return {name: f"speaker{number}" for number, name in enumerate(known, start=1)}


def _named(agents: Mapping[str, str]) -> str:
    people = "".join(
        f'<ttm:agent xml:id="{agent}" type="person"><ttm:name type="full">'
        f"{escape(canonical(name).strip())}</ttm:name></ttm:agent>\n"
        for name, agent in agents.items()
    )
    return f"<metadata>\n{people}</metadata>\n" if people else ""


def _agent(speaker: str | None, agents: Mapping[str, str]) -> str:
    return "" if speaker is None or speaker not in agents else f' ttm:agent="{agents[speaker]}"'


def _paragraph(cue: Cue, agents: Mapping[str, str]) -> str:
    times = f'begin="{clock_from_ms(cue.start_ms)}" end="{clock_from_ms(cue.end_ms)}"'
    spans = [
        (change.line, change.char, _end(change.before) + _start(change.after))
        for change in changes_of(cue, with_overrides=True)
    ]
    lines = with_inserts(cue.lines, spans, escape)
    for place, speaker in enumerate(cue.line_speakers if agents else ()):
        lines[place] = f"<span{_agent(speaker, agents)}>{lines[place]}</span>"
    return f"<p {times}{_agent(cue.speaker, agents)}>{'<br/>'.join(lines)}</p>\n"


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
