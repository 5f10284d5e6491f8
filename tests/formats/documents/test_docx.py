"""The transcript for office programs, read back by python-docx."""

import io
import subprocess
import sys
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given

from qasr_cli.core.text import canonical
from qasr_cli.core.types import Segment, TextWord, Transcript
from qasr_cli.errors import UsageError
from qasr_cli.formats.documents.docx import render
from qasr_cli.formats.documents.paragraphs import paragraphs_of
from qasr_cli.formats.registry import format_named, parse_formats
from qasr_cli.options import FormatOptions
from tests.formats.conftest import EMPTY
from tests.strategies import transcripts


def spoken(text: str, language: str, *, speaker: str | None = None) -> Transcript:
    """A transcript of one sentence."""
    word = TextWord(start_ms=1000, end_ms=2000, char_start=0, char_end=len(text))
    segment = Segment(
        start_ms=1000,
        end_ms=2000,
        char_start=0,
        char_end=len(text),
        language=language,
        words=(word,),
        speaker=speaker,
    )
    return replace(EMPTY, text=text, language=language, duration_ms=9000, segments=(segment,))


def texts(content: bytes) -> list[str]:
    """The paragraphs of a document."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


@given(transcripts())
def test_the_whole_text_is_in_it(transcript: Transcript) -> None:
    """A paragraph of the document for each of the transcript, as Markdown has them."""
    _, _, *paragraphs = texts(render(transcript, ()))

    assert paragraphs == [
        f"[{each.clock}] " + (f"{each.speaker}: " if each.speaker else "") + canonical(each.text)
        for each in paragraphs_of(transcript)
    ]


def test_it_reads_as_a_page_with_speakers() -> None:
    """Title, facts, and paragraphs with their times and voices."""
    transcript = replace(spoken("Good day.", "English", speaker="An\0na"), file="talks/a.mp4")

    assert texts(render(transcript, ())) == [
        "a.mp4",
        "English, 00:00:09",
        "[00:00:01] Anna: Good day.",
    ]


def test_the_same_transcript_gives_the_same_bytes() -> None:
    """No date, no name of a user or program is in it."""
    content = format_named("docx").content(EMPTY, (), FormatOptions())

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = docx.Document(io.BytesIO(content)).core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert (properties.created, properties.modified) == (None, None)
    assert content == render(EMPTY, ())


def test_the_spelling_checker_knows_the_language() -> None:
    """Right-to-left text says so, too: else Word puts its full stops on the wrong side."""
    transcript = spoken("مرحبا بالعالم.", "Arabic")

    document = docx.Document(io.BytesIO(render(transcript, ())))

    paragraph = document.paragraphs[2]
    assert paragraph._p.find(".//" + qn("w:bidi")) is not None  # noqa: SLF001
    (language,) = paragraph._p.iter(qn("w:lang"))  # noqa: SLF001
    assert language.get(qn("w:bidi")) == "ar"


def test_all_does_not_ask_for_what_is_an_extra() -> None:
    """`-f all` works in every installation, and means what it meant."""
    assert "docx" not in parse_formats(["all"])
    assert parse_formats(["docx,srt"]) == ("docx", "srt")


def test_without_its_package_the_line_to_install_it_is_said() -> None:
    """Before any work; who does not ask for it needs none."""
    program = (
        "import sys; sys.modules['docx'] = None\n"
        "from qasr_cli.cli.main import run\n"
        "sys.exit(run(['transcribe', 'absent.wav', '-f', 'srt,docx']))"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert result.returncode == 2
    assert result.stderr == b"qasr: -f docx needs more: pip install 'qasr-cli[docx]'\n"


def test_it_is_no_text() -> None:
    """Who asks for text is told what to do."""
    with pytest.raises(UsageError, match="docx is no text; write it to a file with -f docx"):
        format_named("docx").render(EMPTY, ())
