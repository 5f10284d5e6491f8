from hypothesis import given

from qasr_cli.core.types import Transcript
from qasr_cli.formats.txt import render
from tests.strategies import transcripts


@given(transcripts())
def test_a_sentence_is_a_line(transcript: Transcript) -> None:
    """As many lines as sentences, and together they are the text."""
    text = render(transcript, ())

    assert len(text.splitlines()) == max(1, len(transcript.segments))
    assert "".join(text.split()) == "".join(transcript.text.split())
