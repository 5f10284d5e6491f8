"""Reports read back: that of one batch, or those of its parts on several machines."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

from qasr_cli.core.report import RUN_STATUSES, SANDBOXES, STATUSES, merged_report
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.run.state.layout import (
    REPORT_NAME,
    STATE_FOLDER,
    report_path,
    result_path,
    shard_report_paths,
)
from qasr_cli.run.state.marks import ResultHead, read_head
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.near_names import reason_of

_SHARDS = f"{os.sep}{STATE_FOLDER}{os.sep}shards{os.sep}"
_COUNTS = ("total_files", "successful", "failed", "skipped", "pending")
_AMOUNTS = ("audio_s", "wall_s", "rtfx")


def read_report(place: str) -> dict[str, Any]:
    """The report of a batch: its file, or the folder that it stands in.

    In a folder whose batch was shared out, the reports of the parts as one, with the whole one if
    there is any.

    Raises:
        UnreadableInput: there is none, or it cannot be opened.
        MalformedInput: it is not a report.
    """
    paths = report_paths(place)
    if len(paths) == 1:
        return _read(paths[0])
    return merge_reports(paths)


def report_paths(place: str) -> tuple[str, ...]:
    """The report files that a file or folder stands for.

    Raises:
        UnreadableInput: there is none, or nobody may look for the parts.
    """
    if not os.path.isdir(place):
        return (place,)
    try:
        parts = shard_report_paths(place)
    except OSError as error:
        raise UnreadableInput(place, error.strerror or type(error).__name__) from error
    whole = report_path(place)
    if not parts and not os.path.exists(whole):
        reason = (
            f"no batch wrote here: there is no {REPORT_NAME}; "
            f"name the folder that qasr batch was given, or its -o"
        )
        raise UnreadableInput(place, reason)
    return (whole, *parts) if os.path.exists(whole) or not parts else parts


def merge_reports(paths: Sequence[str]) -> dict[str, Any]:
    """The reports of the parts of a batch as one.

    Raises:
        UnreadableInput, MalformedInput: one cannot be read, or is none.
    """
    roots = tuple(dict.fromkeys(map(_root_of, paths)))
    return merged_report(
        [_read(path) for path in paths], stands=lambda detail: _stands(detail, roots)
    )


# --- what still stands ------------------------------------------------------------------------


def _root_of(path: str) -> str:
    """The folder of the batch whose report it is."""
    absolute = os.path.abspath(path)
    root, found, _ = absolute.rpartition(_SHARDS)
    return root if found else os.path.dirname(absolute)


def _stands(detail: Mapping[str, Any], roots: Sequence[str]) -> bool:
    """Whether the result of a file stands in a batch, of the file as it is, and its outputs."""
    for root in roots:
        head = read_head(result_path(os.path.join(root, STATE_FOLDER), detail["file"]))
        if head is not None:
            if (head.mark.lost is None) != (detail["status"] != "partial"):
                return False  # an entry from before
            outputs = [os.path.join(root, output.path) for output in head.mark.outputs]
            return all(map(os.path.exists, outputs)) and not _has_changed(detail["path"], head)
    return bool(detail["outputs"]) and all(map(os.path.exists, detail["outputs"]))


def _has_changed(path: str, head: ResultHead) -> bool:
    """Whether a recording is another one since; of one that is elsewhere nobody knows."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    content = head.mark.content
    return (found.st_size, found.st_mtime_ns) != (content.size_bytes, content.mtime_ns)


# --- looked at --------------------------------------------------------------------------------


def _read(path: str) -> dict[str, Any]:
    try:
        document = read_json(path)
        _check(Fields(document))
    except OSError as error:
        raise UnreadableInput(path, reason_of(error)) from error
    except DamagedDocument as error:
        raise MalformedInput(path, f"not a report of qasr: {error}") from error
    return _complete(cast("dict[str, Any]", document))


def _complete(report: dict[str, Any]) -> dict[str, Any]:
    """The report with a None for whatever may be None and is not there."""
    report.setdefault("stopped_by", None)
    if report.get("left_out", {}) is None:
        del report["left_out"]
    for detail in report["details"]:
        for name in ("error", "language", "duration_s"):
            detail.setdefault(name, None)
    return report


def _check(report: Fields) -> None:
    """See that all that is shown or merged of a report is as it was written.

    Raises:
        DamagedDocument: it is not.
    """
    report.text("written")
    report.choice("status", RUN_STATUSES)
    report.choice("sandbox", SANDBOXES)
    report.or_none("stopped_by", Fields.text)
    report.texts("warnings", default=())
    report.or_none("left_out", lambda fields, name: fields.by_name(name, Fields.whole))
    summary = report.inner("summary")
    for name in _COUNTS:
        summary.whole(name)
    for name in _AMOUNTS:
        summary.number(name)
    for detail in report.each("details"):
        _check_detail(detail)


def _check_detail(detail: Fields) -> None:
    detail.path("file")
    detail.path("path")
    detail.flag("success")
    for name in ("language", "reviewed"):
        detail.or_none(name, Fields.text)
    for name in ("outputs", "warnings"):
        detail.texts(name)
    error = detail.or_none("error", Fields.inner)
    if error is not None:
        error.text("kind")
        error.text("message")
    if detail.choice("status", STATUSES) == "done":
        detail.number("duration_s")
    else:
        detail.or_none("duration_s", Fields.number)
