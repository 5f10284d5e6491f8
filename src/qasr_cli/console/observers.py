"""Observers that print a run; figures come from `progress`, sentences from `lines`."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from qasr_cli.console.lines import (
    clock,
    detail_lines,
    outcome_line,
    printable,
    stop_line,
    stopping_line,
)
from qasr_cli.console.progress import Progress
from qasr_cli.console.table import style_of
from qasr_cli.core.outcomes import FileFailed
from qasr_cli.core.report import detail_from_outcome
from qasr_cli.run.events import (
    Event,
    FileFinished,
    Observer,
    RunFinished,
    RunStarted,
    RunWarned,
    Unwatched,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from tqdm import tqdm


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleOptions:
    """How much to say, and how."""

    quiet: bool = False
    verbose: bool = False
    progress: bool = True
    log_format: Literal["text", "json"] = "text"


def make_observer(
    options: ConsoleOptions,
    stream: TextIO | None = None,
    *,
    stop_reason: Callable[[], str | None] = lambda: None,
) -> Observer:
    """The observer that fits the options and where standard error goes.

    Args:
        stop_reason: why the run is about to stop, once it is; a live view says so at once.
    """
    stream = stream or sys.stderr
    if stream is None:  # closed by whoever started us
        return Unwatched()
    if options.log_format == "json":
        return JsonObserver(stream)
    if options.quiet:
        return QuietObserver(stream)
    lines = LineObserver(stream, verbose=options.verbose)
    if not options.progress or not stream.isatty():
        return lines
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"}:
        return TqdmObserver(stream, verbose=options.verbose)
    return LiveObserver(stream, verbose=options.verbose, stop_reason=stop_reason)


class LineObserver:
    """Prints one line a finished file; for logs and pipes."""

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose

    def on(self, event: Event) -> None:
        """Print the lines of the event, if it has any."""
        for line in detail_lines(event, verbose=self._verbose):
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing is held."""


class QuietObserver:
    """Prints only failures."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def on(self, event: Event) -> None:
        """Print failures."""
        match event:
            case FileFinished(outcome=FileFailed() as failed):
                print(outcome_line(failed), file=self._stream, flush=True)
            case RunFinished(stopped_by=str(reason)):
                print(stop_line(reason), file=self._stream, flush=True)
            case _:
                pass

    def close(self) -> None:
        """Nothing is held."""


class JsonObserver:
    """Prints a JSON line a finished file, and one for the run, shaped as in the report."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def on(self, event: Event) -> None:
        """Print files and the summary."""
        match event:
            case FileFinished(outcome=outcome):
                self._print({"event": "file", **detail_from_outcome(outcome)})
            case RunWarned(text=text):
                self._print({"event": "warning", "message": text})
            case RunFinished(summary=summary, stopped_by=stopped_by, left_out=left_out):
                remarks = {"left_out": dict(left_out)} if left_out else {}
                self._print({"event": "run", **summary, "stopped_by": stopped_by, **remarks})
            case _:
                pass

    def close(self) -> None:
        """Nothing is held."""

    def _print(self, document: dict[str, object]) -> None:
        print(json.dumps(document, ensure_ascii=True), file=self._stream, flush=True)


class TqdmObserver:
    """Prints lines above one bar; for terminals that cannot move the cursor up."""

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self._progress = Progress()
        self._bar: tqdm[None] | None = None

    def on(self, event: Event) -> None:
        """Print lines, move the bar."""
        from tqdm import tqdm

        self._progress.on(event)
        if isinstance(event, RunStarted):
            self._bar = tqdm(total=event.file_count, unit="file", file=self._stream, leave=False)
        if self._bar is None:
            return
        if isinstance(event, RunFinished):
            self.close()
        for line in detail_lines(event, verbose=self._verbose):
            tqdm.write(line, file=self._stream)
        if self._bar is not None:
            self._bar.n = self._progress.finished_count
            self._bar.set_postfix_str(f"{self._progress.speed:.1f} x real time", refresh=True)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LiveObserver:
    """Prints finished files above a live line of figures; for terminals."""

    def __init__(
        self,
        stream: TextIO,
        *,
        verbose: bool = False,
        stop_reason: Callable[[], str | None] = lambda: None,
    ) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=stream, highlight=False)
        self._stop_reason = stop_reason
        self._verbose = verbose
        self._progress = Progress()
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()

    def on(self, event: Event) -> None:
        """Update the figures; print what is finished above them."""
        self._progress.on(event)
        if isinstance(event, RunFinished):
            self.close()
        for line in detail_lines(event, verbose=self._verbose):
            self._console.print(line, style=style_of(line), markup=False, soft_wrap=True)

    def close(self) -> None:
        """End the live line."""
        self._live.stop()

    def _draw(self) -> "RenderableType":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        progress = self._progress
        eta = "" if progress.eta_s is None else f"  {clock(progress.eta_s)} to go"
        failed = f"  {progress.failed_count} failed" if progress.failed_count else ""
        figures = (
            f"{progress.finished_count}/{progress.file_count} files"
            f"  {clock(progress.heard_ms / 1000)} of sound"
            f"  {progress.speed:.1f} x{failed}{eta}"
        )
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total=1.0, completed=progress.part_done, width=24), figures)
        # Somebody may be waiting with a finger on Ctrl-C, while the models work on a batch.
        stop_reason = self._stop_reason()
        stage = progress.stage if stop_reason is None else stopping_line(stop_reason)
        grid.add_row("", f"[dim]{_escape(printable(stage))}[/dim]")
        return grid


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
