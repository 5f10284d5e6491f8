import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import (
    Attempt,
    FileDone,
    FileFailed,
    FileOutcome,
    FilePending,
    FileSkipped,
)
from qasr_cli.core.report import (
    detail_from_outcome,
    merged_report,
    report_from_outcomes,
    report_text,
)
from qasr_cli.core.types import MediaFile


def media(name: str) -> MediaFile:
    """A file by its name."""
    return MediaFile(
        path=f"/in/{name}", relative_path=name, size_bytes=1, mtime_ns=2, ctime_ns=3, inode=4
    )


ATTEMPT = Attempt(
    attempt=1, stage="align", error="AlignmentError: no", timestamp="2026-01-02T03:04:05+00:00"
)
DONE = FileDone(
    media=media("a/talk.wav"),
    outputs=("/out/a/talk.srt",),
    duration_ms=90_500,
    language="English",
    attempts=(ATTEMPT,),
    warnings=("estimated",),
)
FAILED = FileFailed(media=media("b.mp4"), error_kind="NoAudioStream", message="b.mp4: has no audio")
LEFT_OUT = FileFailed(
    media=media("poison.wav"), error_kind="Quarantined", message="no", is_quarantined=True
)
PENDING = FilePending(media=media("later.wav"))
NOW = "2026-01-02T03:04:05+00:00"
SKIPPED = FileSkipped(
    media=media("c.wav"),
    reason="done before",
    outputs=("/out/c.srt",),
    duration_ms=60_000,
    language="Chinese",
)
DETAIL_OF_DONE = {
    "file": "a/talk.wav",
    "path": "/in/a/talk.wav",
    "status": "done",
    "success": True,
    "outputs": ["/out/a/talk.srt"],
    "error": None,
    "attempts": [
        {
            "attempt": 1,
            "stage": "align",
            "error": "AlignmentError: no",
            "timestamp": "2026-01-02T03:04:05+00:00",
        }
    ],
    "warnings": ["estimated"],
    "duration_s": 90.5,
    "language": "English",
}
DETAIL_OF_FAILED = {
    "file": "b.mp4",
    "path": "/in/b.mp4",
    "status": "failed",
    "success": False,
    "outputs": [],
    "error": {"kind": "NoAudioStream", "message": "b.mp4: has no audio"},
    "attempts": [],
    "warnings": [],
    "duration_s": None,
    "language": None,
}
DETAIL_OF_SKIPPED = {
    "file": "c.wav",
    "path": "/in/c.wav",
    "status": "skipped",
    "success": True,
    "outputs": ["/out/c.srt"],
    "error": None,
    "attempts": [],
    "warnings": [],
    "duration_s": 60.0,
    "language": "Chinese",
}


def test_the_report_has_the_documented_shape() -> None:
    """Summary and details as documented; skipped files succeed, their sound costs no time."""
    assert report_from_outcomes([DONE, FAILED, SKIPPED], wall_s=10.00049, written=NOW) == {
        "schema_version": 1,
        "status": "finished",
        "stopped_by": None,
        "written": NOW,
        "sandbox": "off",
        "summary": {
            "total_files": 3,
            "successful": 2,
            "failed": 1,
            "skipped": 1,
            "partial": 0,
            "quarantined": 0,
            "pending": 0,
            "success_rate": 0.6667,
            "audio_s": 90.5,
            "wall_s": 10.0,
            "rtfx": 9.05,
        },
        "details": [DETAIL_OF_DONE, DETAIL_OF_FAILED, DETAIL_OF_SKIPPED],
    }


def test_a_run_over_nothing_has_a_report() -> None:
    """No files, no time: nothing failed, and nothing is divided by zero."""
    summary = report_from_outcomes([], wall_s=0.0, written=NOW)["summary"]

    assert (summary["success_rate"], summary["rtfx"]) == (1.0, 0.0)


@given(st.lists(st.sampled_from((DONE, FAILED, LEFT_OUT, SKIPPED, PENDING))), st.floats(0, 1e6))
def test_the_summary_counts_every_file_once(outcomes: list[FileOutcome], wall_s: float) -> None:
    """Successful, failed and pending add up to all, the details say the same, JSON can hold it."""
    report = report_from_outcomes(outcomes, wall_s=wall_s, written=NOW)

    summary, details = report["summary"], report["details"]
    counted = summary["successful"] + summary["failed"] + summary["pending"]
    assert counted == summary["total_files"] == len(details)
    assert summary["successful"] == sum(detail["success"] for detail in details)
    assert summary["quarantined"] <= summary["failed"]
    assert details == [detail_from_outcome(outcome) for outcome in outcomes]
    assert json.loads("".join(report_text(report))) == report


def test_the_text_of_a_report_has_a_line_a_file() -> None:
    """`grep` finds a file and its fate in one line."""
    report = report_from_outcomes([DONE, LEFT_OUT], wall_s=1.0, written=NOW)

    lines = "".join(report_text(report)).splitlines()

    assert [line for line in lines if "poison.wav" in line and "quarantined" in line] != []


def test_parts_of_a_batch_merge_to_one_report() -> None:
    """Each file is in the merged report once, with its latest outcome that is not pending."""
    first = report_from_outcomes([FAILED, PENDING], wall_s=5.0, written="2026-01-02T03:00:00")
    second = report_from_outcomes(
        [replace(DONE, media=FAILED.media)], wall_s=2.0, written="2026-01-02T04:00:00"
    )
    late = replace(SKIPPED, media=PENDING.media)
    third = report_from_outcomes([late], wall_s=1.0, written="2026-01-02T02:00:00")

    merged = merged_report([second, first, third])

    assert {d["file"]: d["status"] for d in merged["details"]} == {
        FAILED.media.relative_path: "done",
        PENDING.media.relative_path: "skipped",
    }
    assert merged["summary"]["wall_s"] == 5.0
    assert merged["written"] == "2026-01-02T04:00:00"
    assert merged_report([merged]) == merged


def test_files_of_like_names_in_other_batches_stay_apart() -> None:
    """Two batches may each hold an `a.wav`; neither hides the other's."""
    elsewhere = replace(DONE, media=replace(DONE.media, path="/other/" + DONE.media.relative_path))
    reports = [
        report_from_outcomes([outcome], wall_s=1.0, written=NOW) for outcome in (DONE, elsewhere)
    ]

    assert merged_report(reports)["summary"]["total_files"] == 2


def test_merged_parts_are_as_open_as_the_most_open() -> None:
    """The merged report has the least closed sandbox of its parts."""
    closed, unknown, open_ = (
        report_from_outcomes([], wall_s=0.0, written=NOW, sandbox=sandbox)
        for sandbox in ("on", "unavailable", "off")
    )

    assert merged_report([closed, closed])["sandbox"] == "on"
    assert merged_report([closed, unknown])["sandbox"] == "unavailable"
    assert merged_report([closed, open_, unknown])["sandbox"] == "off"
