import json
from dataclasses import replace

from hypothesis import given

from qasr_cli.core.transcript.schema import transcript_from_document
from qasr_cli.core.types import Transcript
from qasr_cli.formats.json import render
from tests.formats.conftest import EMPTY
from tests.strategies import transcripts


@given(transcripts())
def test_the_whole_transcript_is_in_it(transcript: Transcript) -> None:
    """A reader gets back every word, time and note."""
    assert transcript_from_document(json.loads(render(transcript, ()))) == transcript


def test_it_is_readable_and_has_no_mark() -> None:
    """Letters of every script stand as they are; the commit mark is not for users."""
    text = render(replace(EMPTY, file="разговор.wav"), ())

    assert '"разговор.wav"' in text
    assert "mark" not in json.loads(text)


def test_a_file_name_that_is_not_utf8_survives() -> None:
    """Lone surrogates are escaped, so that the file is valid UTF-8 and names the same file."""
    transcript = replace(EMPTY, file="caf\udce9.wav", warnings=('"\\\udce9"',))

    written = render(transcript, ()).encode("utf-8")

    assert transcript_from_document(json.loads(written)) == transcript
