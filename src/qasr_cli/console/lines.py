"""The sentences a person reads. Pure: text in, text out."""

import os
from collections.abc import Mapping
from typing import assert_never

from qasr_cli.core.counts import counted
from qasr_cli.core.outcomes import (
    COPIES,
    HIDDEN,
    FileDone,
    FileFailed,
    FileOutcome,
    FilePending,
    FileSkipped,
)
from qasr_cli.core.timing import clock
from qasr_cli.media.embedding.containers import COPY_MARK
from qasr_cli.run.events import (
    AttemptFailed,
    Event,
    FileFinished,
    FileStarted,
    ModelsLoading,
    Rest,
    RunFinished,
    RunWarned,
    WatchStarted,
)

_TO_GO_ON = {
    Rest.NONE_LEFT: "nothing was left to do",
    Rest.SAME_COMMAND: "the same command goes on from here",
    Rest.WITHOUT_OVERWRITE: "without --overwrite, the same command goes on from here",
    Rest.SKIPPING_EXISTING: "with --skip-existing, the same command does the rest",
    Rest.BEGINNING_AGAIN: "the same command begins again",
}
_SLOWEST_TENTHS = 0.1  # below, one figure that counts, or it would read as nothing


def printable(name: str) -> str:
    """The text with control characters and undecodable bytes escaped, safe for a terminal."""
    try:
        escaped = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        escaped = name  # halves of characters that stand for no byte are escaped one by one
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped)


def speed_text(rtfx: float) -> str:
    """How many times faster than the sound; "" where none was heard.

    >>> speed_text(15.24), speed_text(0.034)
    ('15.2 x', '0.03 x')
    """
    if rtfx <= 0:
        return ""
    return f"{rtfx:.1f} x" if rtfx >= _SLOWEST_TENTHS else f"{rtfx:.1g} x"


def outcome_line(outcome: FileOutcome) -> str:
    """One line for one finished file."""
    name = outcome.media.relative_path
    match outcome:
        case FileDone():
            length = clock(outcome.duration_ms / 1000)
            language = outcome.language or "no speech"
            source = "  (heard before)" if outcome.is_rendered else ""
            line = f"done     {name}  {length}  {language}  -> {outputs_text(outcome)}{source}"
        case FileFailed():
            status = "partial" if outcome.is_partial else "failed"
            line = f"{status:8} {name}: {failure_text(outcome)}"
        case FileSkipped():
            line = f"skipped  {name}: {outcome.reason}"
        case FilePending():
            line = f"pending  {name}: {pending_text(outcome)}"
        case _:
            assert_never(outcome)
    return printable(line)


def failure_text(outcome: FileFailed) -> str:
    """Why a file failed, without its path: the line or row names it already."""
    return outcome.message.removeprefix(f"{outcome.media.path}: ")


def pending_text(outcome: FilePending) -> str:
    """Why a file has no outcome yet."""
    return f"{outcome.reason or 'not reached'}; the next run goes on with it"


def outputs_text(outcome: FileDone) -> str:
    """What was made, in short: the first file, and how many more."""
    if not outcome.outputs:
        return "standard output"
    first, *others = map(os.path.basename, outcome.outputs)
    # A copy of a film is more than another format.
    copies = [name for name in others if COPY_MARK in name]
    more_count = len(others) - len(copies)
    return ", ".join((first + (f" +{more_count}" if more_count else ""), *copies))


def detail_lines(event: Event, *, verbose: bool) -> tuple[str, ...]:
    """The lines of a log for one event; () for most."""
    lines: tuple[str, ...] = ()
    match event:
        case FileFinished(outcome=outcome):
            warnings = outcome.warnings if isinstance(outcome, FileDone | FileFailed) else ()
            name = outcome.media.relative_path
            more = (f"warning  {name}: {warning}" for warning in warnings)
            lines = (outcome_line(outcome), *more)
        case AttemptFailed(media=media, attempt=attempt, retry_in_s=float() as delay_s):
            again = f"try {attempt.attempt} failed, again in {delay_s:g} s: {attempt.error}"
            lines = (f"retry    {media.relative_path}: {again}",)
        case ModelsLoading(models=models) if verbose:
            lines = tuple(f"model    {role}: {name}" for role, name in models.items())
        case FileStarted(media=media, duration_ms=duration_ms) if verbose:
            length = "unknown length" if duration_ms is None else clock(duration_ms / 1000)
            lines = (f"start    {media.relative_path}  {length}",)
        case WatchStarted(folders=folders):
            lines = (watching_text(folders),)
        case RunWarned(text=text):
            lines = (f"warning  {text}",)
        case RunFinished(summary=summary, stopped_by=stopped_by, left_out=left_out, rest=rest):
            stopped = () if stopped_by is None else (stop_line(stopped_by, rest),)
            lines = (*stopped, summary_line(summary, left_out))
        case _:
            pass
    return tuple(map(printable, lines))


def stopping_line(reason: str) -> str:
    """What a run still does after a request to stop."""
    return f"stopping ({reason}): the clips at hand are finished; Ctrl-C again ends it now"


def stop_line(reason: str, rest: Rest) -> str:
    """Why a run ended before its end, and what does the rest."""
    return printable(f"qasr: stopped: {reason}; {_TO_GO_ON[rest]}")


def left_out_text(left_out: Mapping[str, int]) -> str:
    """How many files in bins and hidden places have names of recordings; "" for none.

    >>> left_out_text({"#recycle": 2, "hidden": 1})
    '; left out: 2 in #recycle, 1 hidden'
    """
    places = (
        f"{count} {place if place in (COPIES, HIDDEN) else f'in {place}'}"
        for place, count in sorted(left_out.items())
    )
    return printable(f"; left out: {', '.join(places)}") if left_out else ""


def summary_line(summary: dict[str, float | int], left_out: Mapping[str, int]) -> str:
    """The last line of a run."""
    pending = f", {summary['pending']} to go" if summary["pending"] else ""
    speed = speed_text(summary["rtfx"])
    heard = f" ({summary['rendered']} of them heard before)" if summary.get("rendered") else ""
    return (
        f"{counted(int(summary['total_files']), 'file')}: "
        f"{summary['successful'] - summary['skipped']} done{heard}, "
        f"{summary['skipped']} skipped, {summary['failed']} failed{pending}; "
        f"{clock(summary['audio_s'])} of sound in {clock(summary['wall_s'])}"
        f"{f' ({speed} real time)' if speed else ''}{left_out_text(left_out)}"
    )


def watching_text(folders: tuple[str, ...]) -> str:
    """What a watch does while there is nothing to do."""
    return f"watching for more recordings (Ctrl-C ends it): {', '.join(folders)}"
