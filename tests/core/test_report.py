import json

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.report import detail_from_outcome, report_from_outcomes
from qasr_cli.core.types import (
    Attempt,
    FileDone,
    FileFailed,
    FileOutcome,
    FileSkipped,
    MediaFile,
)


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
SKIPPED = FileSkipped(
    media=media("c.wav"),
    reason="done before",
    outputs=("/out/c.srt",),
    duration_ms=60_000,
    language="Chinese",
)


def test_the_report_has_the_documented_shape() -> None:
    """Summary and details as documented; skipped files succeed, their sound costs no time."""
    assert report_from_outcomes([DONE, FAILED, SKIPPED], wall_s=10.00049, sandbox="on") == {
        "schema_version": 1,
        "sandbox": "on",
        "summary": {
            "total_files": 3,
            "successful": 2,
            "failed": 1,
            "skipped": 1,
            "success_rate": 0.6667,
            "audio_s": 90.5,
            "wall_s": 10.0,
            "rtfx": 9.05,
        },
        "details": [
            {
                "file": "a/talk.wav",
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
            },
            {
                "file": "b.mp4",
                "status": "failed",
                "success": False,
                "outputs": [],
                "error": {"kind": "NoAudioStream", "message": "b.mp4: has no audio"},
                "attempts": [],
                "warnings": [],
                "duration_s": None,
                "language": None,
            },
            {
                "file": "c.wav",
                "status": "skipped",
                "success": True,
                "outputs": ["/out/c.srt"],
                "error": None,
                "attempts": [],
                "warnings": [],
                "duration_s": 60.0,
                "language": "Chinese",
            },
        ],
    }


def test_a_run_over_nothing_has_a_report() -> None:
    """No files, no time: nothing failed, and nothing is divided by zero."""
    summary = report_from_outcomes([], wall_s=0.0, sandbox="off")["summary"]

    assert (summary["success_rate"], summary["rtfx"]) == (1.0, 0.0)


@given(st.lists(st.sampled_from((DONE, FAILED, SKIPPED))), st.floats(0, 1e6))
def test_the_summary_counts_every_file_once(outcomes: list[FileOutcome], wall_s: float) -> None:
    """Successful and failed add up to all, the details say the same, and JSON can hold it."""
    report = report_from_outcomes(outcomes, wall_s=wall_s, sandbox="on")

    summary, details = report["summary"], report["details"]
    assert summary["successful"] + summary["failed"] == summary["total_files"] == len(details)
    assert summary["successful"] == sum(detail["success"] for detail in details)
    assert details == [detail_from_outcome(outcome) for outcome in outcomes]
    assert json.loads(json.dumps(report, allow_nan=False)) == report
