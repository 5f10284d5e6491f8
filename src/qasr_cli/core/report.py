"""Outcomes of a run -> its report, as `processing_report.json` holds it. No I/O, no clock."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, assert_never

from qasr_cli.core.types import FileDone, FileFailed, FileOutcome, FileSkipped

SCHEMA_VERSION = 1


def report_from_outcomes(
    outcomes: Iterable[FileOutcome], *, wall_s: float, sandbox: str
) -> dict[str, Any]:
    """The report of a run, one entry a file, in the order given.

    `successful` counts the skipped files too. Their sound stands in their entries; `audio_s` and
    `rtfx` (seconds of sound a second) count only what this run did.

    Args:
        wall_s: how long the run took.
        sandbox: whether the kernel refused the network to the run.
    """
    outcomes = tuple(outcomes)
    return {
        "schema_version": SCHEMA_VERSION,
        "sandbox": sandbox,
        "summary": _summary(outcomes, wall_s),
        "details": [detail_from_outcome(outcome) for outcome in outcomes],
    }


def _summary(outcomes: tuple[FileOutcome, ...], wall_s: float) -> dict[str, float | int]:
    done = [outcome for outcome in outcomes if isinstance(outcome, FileDone)]
    skipped_count = sum(isinstance(outcome, FileSkipped) for outcome in outcomes)
    failed_count = sum(isinstance(outcome, FileFailed) for outcome in outcomes)
    audio_s = sum(outcome.duration_ms for outcome in done) / 1000
    wall_s = round(wall_s, 3)
    return {
        "total_files": len(outcomes),
        "successful": len(done) + skipped_count,
        "failed": failed_count,
        "skipped": skipped_count,
        "success_rate": round(1 - failed_count / len(outcomes), 4) if outcomes else 1.0,
        "audio_s": audio_s,
        "wall_s": wall_s,
        "rtfx": round(audio_s / wall_s, 2) if wall_s > 0 else 0.0,
    }


def detail_from_outcome(outcome: FileOutcome) -> dict[str, Any]:
    """What the report, and the journal, say of one file."""
    detail: dict[str, Any] = {
        "file": outcome.media.relative_path,
        "status": "done",
        "success": not isinstance(outcome, FileFailed),
        "outputs": [],
        "error": None,
        "attempts": [],
        "warnings": [],
        "duration_s": None,
        "language": None,
    }
    match outcome:
        case FileDone():
            return detail | _sound(outcome) | _trouble(outcome)
        case FileFailed():
            error = {"kind": outcome.error_kind, "message": outcome.message}
            return detail | {"status": "failed", "error": error} | _trouble(outcome)
        case FileSkipped():
            skipped = {"status": "skipped", "warnings": list(outcome.warnings)}
            return detail | skipped | _sound(outcome)
        case _:
            assert_never(outcome)


def _sound(outcome: FileDone | FileSkipped) -> dict[str, Any]:
    return {
        "outputs": list(outcome.outputs),
        "duration_s": None if outcome.duration_ms is None else outcome.duration_ms / 1000,
        "language": outcome.language,
    }


def _trouble(outcome: FileDone | FileFailed) -> dict[str, Any]:
    return {
        "attempts": [asdict(attempt) for attempt in outcome.attempts],
        "warnings": list(outcome.warnings),
    }
