"""The table at the end of a run."""

import io

from qasr_cli.console.table import print_table
from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome
from qasr_cli.core.types import MediaFile


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def media(name: str) -> MediaFile:
    """A file of that name."""
    return MediaFile(
        path=name, relative_path=name, size_bytes=1000, mtime_ns=0, ctime_ns=0, inode=0
    )


def done(name: str, *warnings: str) -> FileDone:
    """That file, done."""
    return FileDone(
        media=media(name),
        outputs=(f"{name}.srt",),
        duration_ms=10_000,
        language="English",
        warnings=warnings,
    )


OUTCOMES: tuple[FileOutcome, ...] = (
    done("well.mp3"),
    done("odd.mp3", "cut off", "very quiet"),
    FileFailed(media=media("[bold]bad.mp3"), error_kind="DecodeError", message="no sound"),
)


def shown(outcomes: tuple[FileOutcome, ...], *, shows_all: bool = False) -> str:
    """What a terminal gets."""
    stream = Terminal()
    print_table(outcomes, stream, shows_all=shows_all)
    return stream.getvalue()


def test_it_shows_what_did_not_go_well() -> None:
    """Failures and warnings with their texts; not the lines that the run has printed anyway."""
    text = shown(OUTCOMES)

    assert "well.mp3" not in text
    assert "cut off; very quiet" in " ".join(text.split())
    assert "[bold]bad.mp3" in text
    assert shown(OUTCOMES[:1]) == ""


def test_verbose_shows_all() -> None:
    """Who asks for more gets every file."""
    assert "well.mp3" in shown(OUTCOMES, shows_all=True)


def test_a_pipe_gets_none() -> None:
    """A log has the lines of the run; a table would be noise to who reads it."""
    pipe = io.StringIO()

    print_table(OUTCOMES, pipe, shows_all=True)

    assert pipe.getvalue() == ""
