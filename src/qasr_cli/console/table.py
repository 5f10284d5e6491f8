"""What did not go plainly well in a run, as a table on the terminal, once at the end."""

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO, assert_never

from qasr_cli.console.lines import failure_text, outputs_text, pending_text, printable
from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FilePending, FileSkipped
from qasr_cli.core.timing import clock

if TYPE_CHECKING:
    from rich.table import Table

NARROWEST_TABLE = 60


def style_of(line: str) -> str:
    """The colour of a line or status, by its first word."""
    styles = {"done": "green", "failed": "red", "quarantined": "red"}
    styles |= dict.fromkeys(("partial", "warning", "retry", "pending"), "yellow")
    return styles.get(line.split(" ", 1)[0], "")


def print_table(
    outcomes: Iterable[FileOutcome], stream: TextIO | None = None, *, shows_all: bool = False
) -> None:
    """The files that failed or have warnings, where standard error is a terminal.

    Args:
        shows_all: also the others, whose lines say the same.
    """
    stream = stream or sys.stderr
    # None where it was closed by whoever started us; a pipe or a log has the lines.
    if stream is None or not stream.isatty():
        return
    shown = tuple(o for o in outcomes if shows_all or isinstance(o, FileFailed) or _has_warnings(o))
    if not shown:
        return
    from rich.console import Console

    console = Console(file=stream, highlight=False, width=_width_of(stream))
    if console.width >= NARROWEST_TABLE:  # the lines before it say the same
        with contextlib.suppress(OSError):  # its reader went away
            console.print(_table(shown))


def _width_of(stream: TextIO) -> int | None:
    """The width of a terminal; rich takes plain ones for 80 columns wide."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def _has_warnings(outcome: FileOutcome) -> bool:
    return isinstance(outcome, FileDone | FileSkipped) and bool(outcome.warnings)


def _table(outcomes: tuple[FileOutcome, ...]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    # Where nothing was heard, the reasons need the room.
    has_sound = any(isinstance(outcome, FileDone | FileSkipped) for outcome in outcomes)
    table.add_column("file")
    table.add_column("status", no_wrap=True)
    if has_sound:
        table.add_column("length", justify="right", no_wrap=True)
        table.add_column("language")
    table.add_column("outputs or reason" if has_sound else "reason")
    for outcome in outcomes:
        status, length_ms, language, note = _row(outcome)
        sound = [clock(length_ms / 1000) if length_ms else "", language] if has_sound else []
        table.add_row(
            Text(printable(outcome.media.relative_path), overflow="fold"),
            Text(status, style=style_of(status)),
            *sound,
            Text(printable(note), overflow="fold"),
        )
    return table


def _row(outcome: FileOutcome) -> tuple[str, int, str, str]:
    match outcome:
        case FileDone():
            note = "; ".join((outputs_text(outcome), *outcome.warnings))
            return "done", outcome.duration_ms, outcome.language or "-", note
        case FileFailed():
            return outcome.status, 0, "", "; ".join((failure_text(outcome), *outcome.warnings))
        case FileSkipped():
            return (
                "skipped",
                outcome.duration_ms or 0,
                outcome.language or "",
                "; ".join((outcome.reason, *outcome.warnings)),
            )
        case FilePending():
            return "pending", 0, "", pending_text(outcome)
        case _:
            assert_never(outcome)
