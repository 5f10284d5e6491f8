import subprocess
import sys

import pytest

from qasr_cli.core.types import Cue
from qasr_cli.errors import UsageError
from qasr_cli.formats.registry import FORMAT_NAMES, format_named, parse_formats
from qasr_cli.options import FormatOptions
from tests.formats.conftest import EMPTY


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["srt"], ("srt",)),
        (["vtt,SRT", " json ", "srt"], ("vtt", "srt", "json")),
        (["txt,", ""], ("txt",)),
        (["txt,all"], ("txt", *(name for name in FORMAT_NAMES if name != "txt"))),
    ],
)
def test_formats_come_as_lists_or_repeated(values: list[str], names: tuple[str, ...]) -> None:
    """Commas, repeats and any case; the order is the user's, and no name comes twice."""
    assert parse_formats(values) == names


@pytest.mark.parametrize(("values", "got"), [(["srt,sub"], "'sub'"), ([","], "nothing"), ([], "")])
def test_an_unknown_format_is_refused_with_the_list(values: list[str], got: str) -> None:
    """The message names the flag, every format and what was wrong."""
    with pytest.raises(UsageError, match=f"--format takes srt, vtt, .* or all; got {got}"):
        parse_formats(values)


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_a_recording_without_speech_gives_a_valid_file(name: str) -> None:
    """Every format ends with a line break, also when there is nothing to say."""
    assert format_named(name).render(EMPTY, ()).endswith("\n")


CUE = Cue(start_ms=0, end_ms=1000, lines=("naïve",))


@pytest.mark.parametrize("name", sorted({*FORMAT_NAMES} - {"json"}))
def test_windows_gets_its_line_ends_and_mark(name: str) -> None:
    """`--bom --crlf` change how the text is stored and nothing in it."""
    plain = format_named(name).content(EMPTY, (CUE,), FormatOptions())
    content = format_named(name).content(EMPTY, (CUE,), FormatOptions(bom=True, crlf=True))

    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.decode("utf-8-sig").replace("\r\n", "\n").encode() == plain


def test_json_stays_plain() -> None:
    """A byte order mark in JSON is forbidden, so `--bom` leaves it out there."""
    plain = format_named("json").content(EMPTY, (), FormatOptions())

    assert format_named("json").content(EMPTY, (), FormatOptions(bom=True, crlf=True)) == plain


def test_no_two_formats_write_the_same_file() -> None:
    """All formats of one recording can stand side by side."""
    suffixes = [format_named(name).suffix for name in FORMAT_NAMES]

    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


def test_knowing_the_formats_loads_none_of_them() -> None:
    """The command line asks for names; only rendering imports a writer."""
    program = "import sys, qasr_cli.formats.registry; print('srt' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert result.stdout.strip() == b"False"
