"""Outcomes of a run -> its report, as `processing_report.json` holds it. No I/O, no clock."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, assert_never

from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FilePending, FileSkipped

SCHEMA_VERSION = 1
RUN_STATUSES = ("running", "stopped", "finished")
STATUSES = ("done", "skipped", "partial", "failed", "quarantined", "pending")
_HEARD = ("done", "partial")
SANDBOXES = ("off", "unavailable", "on")  # the weakest first


def report_from_outcomes(
    outcomes: Iterable[FileOutcome],
    *,
    wall_s: float,
    written: str,
    is_running: bool = False,
    stopped_by: str | None = None,
    sandbox: str = "off",
    left_out: Mapping[str, int] = MappingProxyType({}),
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """The report of a run, one entry a file, in the order given.

    `successful` counts the skipped files too, `failed` the quarantined and the partial; what is
    `pending` is neither. Skipped and rendered sound stands in its entries; `audio_s` and `rtfx`
    (seconds of sound a second) count only what this run heard. `rendered`, where some are, counts
    files that an earlier run heard.

    Args:
        wall_s: how long the run has taken.
        written: when, ISO 8601.
        is_running: more will come.
        stopped_by: what ended the run before its end.
        sandbox: whether the kernel refused the network to the run: on, off or unavailable.
        left_out: where files lie that have names of recordings and are none of the user's -> how
            many; such as a bin.
        warnings: about the run as a whole.
    """
    details = [detail_from_outcome(outcome) for outcome in outcomes]
    frame = report_frame(
        Tally(details).summary(wall_s),
        written=written,
        is_running=is_running,
        stopped_by=stopped_by,
        sandbox=sandbox,
        left_out=left_out,
        warnings=warnings,
    )
    return frame | {"details": details}


def merged_report(
    reports: Sequence[Mapping[str, Any]],
    *,
    stands: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> dict[str, Any]:
    """One report of the parts of a batch, or of several, one entry a file, sorted by name.

    Of several entries for a path one whose result still stands counts, since clocks of machines
    differ; else the last written one. A pending one never hides another. The parts ran side by
    side: `wall_s` is that of the longest.

    Args:
        reports: such as were made here, or looked at when they were read.
        stands: whether what an entry says was done is still there.
    """
    by_path: dict[str, dict[str, Any]] = {}
    for report in sorted(reports, key=lambda report: report["written"]):
        for detail in report["details"]:
            before = by_path.get(detail["path"])
            if before is None or _weight(detail, stands) >= _weight(before, stands):
                by_path[detail["path"]] = detail
    reasons = dict.fromkeys(report["stopped_by"] for report in reports if report["stopped_by"])
    left_out: Counter[str] = Counter()
    for report in reports:
        left_out.update(report.get("left_out", {}))
    details = sorted(by_path.values(), key=lambda detail: (detail["file"], detail["path"]))
    wall_s = max((report["summary"]["wall_s"] for report in reports), default=0.0)
    frame = report_frame(
        Tally(details).summary(wall_s),
        written=max((report["written"] for report in reports), default=""),
        is_running=any(report["status"] == "running" for report in reports),
        stopped_by="; ".join(reasons) or None,
        sandbox=weakest_sandbox(report["sandbox"] for report in reports),
        left_out=left_out,
        warnings=dict.fromkeys(line for report in reports for line in report.get("warnings", ())),
    )
    return frame | {"details": details}


def _weight(detail: Mapping[str, Any], stands: Callable[[Mapping[str, Any]], bool]) -> int:
    if detail["status"] == "pending":
        return 0
    has_result = detail["success"] or detail["status"] == "partial"
    return 2 if has_result and stands(detail) else 1


def weakest_sandbox(sandboxes: Iterable[str]) -> str:
    """The state of all together: as open to the network as any of them."""
    found = set(sandboxes)
    return next((state for state in SANDBOXES if state in found), "off")


def report_frame(
    summary: Mapping[str, float | int],
    *,
    written: str,
    is_running: bool,
    stopped_by: str | None,
    sandbox: str,
    left_out: Mapping[str, int],
    warnings: Iterable[str],
) -> dict[str, Any]:
    """A report without its `details`; arguments as of `report_from_outcomes`."""
    remarks = {"warnings": list(warnings), "left_out": dict(left_out)}
    status = "running" if is_running else "stopped" if stopped_by is not None else "finished"
    return {
        "schema_version": SCHEMA_VERSION,
        "status": status,
        "stopped_by": stopped_by,
        "written": written,
        "sandbox": sandbox,
        **{name: remark for name, remark in remarks.items() if remark},
        "summary": summary,
    }


class Tally:
    """Counts what became of files, detail by detail."""

    def __init__(self, details: Iterable[Mapping[str, Any]] = ()) -> None:
        self._count_of: Counter[str] = Counter()
        self._successful_count = 0
        self._rendered_count = 0
        self._audio_s = 0.0
        for detail in details:
            self.add(detail)

    def add(self, detail: Mapping[str, Any]) -> None:
        """Count a file."""
        is_rendered = detail.get("rendered", False)
        self._count_of[detail["status"]] += 1
        self._successful_count += detail["success"]
        self._rendered_count += is_rendered
        if detail["status"] in _HEARD and not is_rendered:
            self._audio_s += detail["duration_s"]

    @property
    def file_count(self) -> int:
        """How many were counted."""
        return self._count_of.total()

    def count_of(self, *statuses: str) -> int:
        """How many have one of these statuses."""
        return sum(self._count_of[status] for status in statuses)

    def summary(self, wall_s: float, *, unreached_count: int = 0) -> dict[str, float | int]:
        """The summary of a report.

        Args:
            unreached_count: files that were not counted, since nothing is known of them yet.
        """
        total_count = self.file_count + unreached_count
        pending_count = self.count_of("pending") + unreached_count
        successful_count, rendered_count = self._successful_count, self._rendered_count
        wall_s = round(wall_s, 3)
        return {
            "total_files": total_count,
            "successful": successful_count,
            "failed": total_count - successful_count - pending_count,
            **({"rendered": rendered_count} if rendered_count else {}),
            "skipped": self.count_of("skipped"),
            "partial": self.count_of("partial"),
            "quarantined": self.count_of("quarantined"),
            "pending": pending_count,
            "success_rate": round(successful_count / total_count, 4) if total_count else 1.0,
            "audio_s": round(self._audio_s, 3),
            "wall_s": wall_s,
            "rtfx": round(self._audio_s / wall_s, 2) if wall_s > 0 else 0.0,
        }


def report_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as JSON, piece by piece: a line a file, so that `grep` finds its way too.

    ASCII only, so that names which are not UTF-8 survive.

    Args:
        report: its `details` may be made one by one.
    """
    head = {name: value for name, value in report.items() if name != "details"}
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "details": ['
    separator = "\n"
    for detail in report["details"]:
        yield f"{separator}    {json.dumps(detail)}"
        separator = ",\n"
    yield "\n  ]\n}\n"


def detail_from_outcome(outcome: FileOutcome) -> dict[str, Any]:
    """What the report, and the journal, say of one file."""
    detail: dict[str, Any] = {
        "file": outcome.media.relative_path,
        "path": outcome.media.path,
        "status": "done",
        "success": isinstance(outcome, FileDone | FileSkipped),
        "outputs": [],
        "error": None,
        "attempts": [],
        "warnings": [],
        "duration_s": None,
        "language": None,
    }
    match outcome:
        case FileDone():
            rendered = {"rendered": True} if outcome.is_rendered else {}
            return detail | rendered | _sound(outcome) | _trouble(outcome)
        case FileFailed():
            error = {"kind": outcome.error_kind, "message": outcome.message}
            failed = {"status": outcome.status, "error": error}
            rendered = {"rendered": True} if outcome.is_rendered else {}
            return detail | failed | rendered | _sound(outcome) | _trouble(outcome) | _seen(outcome)
        case FileSkipped():
            skipped = {"status": "skipped", "warnings": list(outcome.warnings)}
            return detail | skipped | _sound(outcome) | _seen(outcome)
        case FilePending():
            reasons = [] if outcome.reason is None else [outcome.reason]
            return detail | {"status": "pending", "warnings": reasons}
        case _:
            assert_never(outcome)


def _sound(outcome: FileDone | FileSkipped | FileFailed) -> dict[str, Any]:
    return {
        "outputs": list(outcome.outputs),
        "duration_s": None if outcome.duration_ms is None else outcome.duration_ms / 1000,
        "language": outcome.language,
    }


def _seen(outcome: FileSkipped | FileFailed) -> dict[str, str]:
    return {} if outcome.reviewed is None else {"reviewed": outcome.reviewed}


def _trouble(outcome: FileDone | FileFailed) -> dict[str, Any]:
    return {
        "attempts": [asdict(attempt) for attempt in outcome.attempts],
        "warnings": list(outcome.warnings),
    }
