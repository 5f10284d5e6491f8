"""Observers that print a run; figures come from `progress`, sentences from `lines`."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from qasr_cli.console.lines import (
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

_WIDEST_BAR = 24
_NARROWEST_BAR = 4

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
            case RunFinished(stopped_by=str(reason), rest=rest):
                print(stop_line(reason, rest), file=self._stream, flush=True)
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
            self.close()  # a watch starts one run after the other
            self._bar = tqdm(
                total=1.0,
                file=self._stream,
                leave=False,
                dynamic_ncols=True,
                bar_format="{percentage:3.0f}%|{bar:24}| {desc}",
            )
        if isinstance(event, RunFinished):
            self.close()
        for line in detail_lines(event, verbose=self._verbose):
            tqdm.write(line, file=self._stream)
        if self._bar is not None:
            self._bar.n = self._progress.part_done
            self._bar.set_description_str(
                f"{self._progress.figures}  {printable(self._progress.stage)}", refresh=True
            )

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
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self._progress
        figures = progress.figures
        # Somebody may be waiting with a finger on Ctrl-C, while the models work on a batch.
        stop_reason = self._stop_reason()
        stage = progress.stage if stop_reason is None else stopping_line(stop_reason)
        bar_width = min(_WIDEST_BAR, self._console.width - len(figures) - 1)
        top = Table.grid(padding=(0, 1))
        shown = Text(figures, no_wrap=True, overflow="ellipsis")
        if bar_width < _NARROWEST_BAR:
            top.add_row(shown)
        else:
            bar = ProgressBar(total=1.0, completed=progress.part_done, width=bar_width)
            top.add_row(bar, shown)
        # Text, not markup: a name may hold brackets and backslashes.
        below = Text(printable(stage), style="dim", overflow="ellipsis")
        below.no_wrap = stop_reason is None
        return Group(top, below)
