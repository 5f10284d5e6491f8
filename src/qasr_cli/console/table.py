"""The files of a run as a table, on standard error, once at the end."""

import contextlib
import sys
from typing import TYPE_CHECKING, TextIO, assert_never

from qasr_cli.console.lines import clock, failure_text, outputs_text, pending_text, printable
from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FilePending, FileSkipped

if TYPE_CHECKING:
    from rich.table import Table

# A table longer than this buries what matters; then only what is not plainly done is shown.
FULL_TABLE_ROWS = 40
NARROWEST_TABLE = 60


def style_of(line: str) -> str:
    """The colour of a line or status, by its first word."""
    styles = {"done": "green", "failed": "red", "quarantined": "red"}
    styles |= dict.fromkeys(("warning", "retry", "pending"), "yellow")
    return styles.get(line.split(" ", 1)[0], "")


def print_table(outcomes: tuple[FileOutcome, ...], stream: TextIO | None = None) -> None:
    """The files of a run as a table on standard error."""
    from rich.console import Console

    shown = outcomes
    if len(outcomes) > FULL_TABLE_ROWS:
        shown = tuple(o for o in outcomes if isinstance(o, FileFailed) or _has_warnings(o))
    if not shown:
        return
    stream = stream or sys.stderr
    if stream is None:  # closed by whoever started us
        return
    console = Console(file=stream, highlight=False)
    if console.width >= NARROWEST_TABLE:  # the lines before it say the same
        with contextlib.suppress(OSError):  # its reader went away
            console.print(_table(shown))


def _has_warnings(outcome: FileOutcome) -> bool:
    return isinstance(outcome, FileDone) and bool(outcome.warnings)


def _table(outcomes: tuple[FileOutcome, ...]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("file", "status", "length", "language", "outputs or reason"):
        table.add_column(heading, justify="right" if heading == "length" else "left")
    for outcome in outcomes:
        status, length_ms, language, note = _row(outcome)
        table.add_row(
            Text(printable(outcome.media.relative_path)),
            Text(status, style=style_of(status)),
            clock(length_ms / 1000) if length_ms else "",
            language,
            Text(printable(note)),
        )
    return table


def _row(outcome: FileOutcome) -> tuple[str, int, str, str]:
    match outcome:
        case FileDone():
            made = outputs_text(outcome)
            count = len(outcome.warnings)
            note = f"{made} ({count} warning{'s' if count > 1 else ''})" if count else made
            return "done", outcome.duration_ms, outcome.language or "-", note
        case FileFailed():
            status = "quarantined" if outcome.is_quarantined else "failed"
            return status, 0, "", failure_text(outcome)
        case FileSkipped():
            return "skipped", outcome.duration_ms or 0, outcome.language or "", outcome.reason
        case FilePending():
            return "pending", 0, "", pending_text(outcome)
        case _:
            assert_never(outcome)
