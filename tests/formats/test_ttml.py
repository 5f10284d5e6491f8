from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import ttconv.imsc.reader
from hypothesis import given
from ttconv.model import Br, P, Text

from qasr_cli.core.types import Cue
from qasr_cli.formats.ttml import render
from tests.formats.conftest import EMPTY, cue_lists


def read(text: str) -> list[Cue]:
    """The cues as an independent reader of IMSC finds them."""
    document = ttconv.imsc.reader.to_model(ET.ElementTree(ET.fromstring(text)))  # noqa: S314  # our own
    return [
        Cue(
            start_ms=ms(paragraph.get_begin() or Fraction()),
            end_ms=ms(paragraph.get_end()),
            lines=tuple(shown(paragraph).split("\n")),
        )
        for paragraph in document.get_body().dfs_iterator()
        if isinstance(paragraph, P)
    ]


def ms(seconds: Fraction) -> int:
    """Whole milliseconds; exact."""
    assert (seconds * 1000).denominator == 1
    return int(seconds * 1000)


def shown(paragraph: P) -> str:
    """The text of a paragraph with its line breaks."""
    pieces = []
    for element in paragraph.dfs_iterator():
        if isinstance(element, Br):
            pieces.append("\n")
        elif isinstance(element, Text):
            pieces.append(element.get_text())
    return "".join(pieces)


@given(cue_lists())
def test_a_reader_gets_every_cue_back(cues: tuple[Cue, ...]) -> None:
    """Count, order, times and lines survive, whatever the lines say."""
    assert read(render(EMPTY, cues)) == list(cues)


def test_it_is_ttml() -> None:
    """The language is named, and markup in the text is text."""
    cue = Cue(start_ms=1200, end_ms=36_003_500, lines=("Q&A <b>", "]]> c"))

    text = render(replace(EMPTY, language="German"), (cue,))

    assert 'xml:lang="de"' in text
    assert '<p begin="00:00:01.200" end="10:00:03.500">Q&amp;A &lt;b&gt;<br/>]]&gt; c</p>\n' in text
