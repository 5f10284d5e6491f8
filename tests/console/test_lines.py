"""The sentences a person reads."""

import pytest

from qasr_cli.console.lines import detail_lines, outcome_line, printable, summary_line
from qasr_cli.core.outcomes import Attempt, FileDone, FileFailed, FileSkipped
from qasr_cli.core.timing import clock
from qasr_cli.core.types import MediaFile
from qasr_cli.run.events import AttemptFailed, FileFinished, WatchStarted


def media(name: str = "talk.mp3") -> MediaFile:
    """A file of that name."""
    return MediaFile(
        path=f"/in/{name}", relative_path=name, size_bytes=1000, mtime_ns=0, ctime_ns=0, inode=0
    )


DONE = FileDone(
    media=media(), outputs=("/in/talk.srt", "/in/talk.json"), duration_ms=61_000, language="English"
)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (36_000, "10:00:00")]
)
def test_clock(seconds: float, text: str) -> None:
    """Durations read as on a player."""
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("caf\udce9.mp3", r"caf\xe9.mp3"),
        ("a\nb\x1b[31m.mp3", r"a\nb\x1b[31m.mp3"),
        ("会议.mp3", "会议.mp3"),
    ],
)
def test_names_cannot_disturb_a_terminal(name: str, shown: str) -> None:
    """Bytes that are not UTF-8 and control characters are escaped; all else is left."""
    assert printable(name) == shown


def test_outcomes_are_one_line_each() -> None:
    """Done, failed and skipped each say what there is to say, once."""
    failed = FileFailed(
        media=media(), error_kind="DecodeError", message="/in/talk.mp3: cannot be decoded: moov"
    )
    skipped = FileSkipped(media=media(), reason="done before, unchanged")

    assert outcome_line(DONE) == "done     talk.mp3  1:01  English  -> talk.srt +1"
    assert outcome_line(failed) == "failed   talk.mp3: cannot be decoded: moov"
    assert outcome_line(skipped) == "skipped  talk.mp3: done before, unchanged"


def test_warnings_follow_their_file() -> None:
    """A done file with a warning has two lines."""
    from dataclasses import replace

    event = FileFinished(outcome=replace(DONE, warnings=("too short",)))

    assert detail_lines(event, verbose=False)[1] == "warning  talk.mp3: too short"


def test_only_tries_that_go_on_are_announced() -> None:
    """A last try is followed by the failed line; saying it twice helps nobody."""
    attempt = Attempt(attempt=2, stage="recognise", error="WorkerLost: gone", timestamp="")

    def lines(retry_in_s: float | None) -> tuple[str, ...]:
        event = AttemptFailed(media=media(), attempt=attempt, retry_in_s=retry_in_s)
        return detail_lines(event, verbose=False)

    assert lines(4.0) == ("retry    talk.mp3: try 2 failed, again in 4 s: WorkerLost: gone",)
    assert lines(None) == ()


SUMMARY: dict[str, float | int] = {
    "total_files": 1,
    "successful": 1,
    "skipped": 0,
    "failed": 0,
    "pending": 0,
    "audio_s": 61.0,
    "wall_s": 4.0,
    "rtfx": 15.25,
}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, "1 file: 1 done, 0 skipped, 0 failed; 1:01 of sound in 0:04 (15.2 x real time)"),
        (
            {"total_files": 2, "successful": 2, "skipped": 2, "audio_s": 0.0, "rtfx": 0.0},
            "2 files: 0 done, 2 skipped, 0 failed; 0:00 of sound in 0:04",
        ),
        ({"rtfx": 0.04}, "1 file: 1 done, 0 skipped, 0 failed; 1:01 of sound in 0:04 (0.04 x real"),
    ],
)
def test_the_last_line_says_nothing_that_is_not(changed: dict[str, float | int], line: str) -> None:
    """One file is one file, and a speed stands there only where something was heard."""
    assert summary_line(SUMMARY | changed, {}).startswith(line)
    assert "0.0 x" not in summary_line(SUMMARY | changed, {})


def test_a_watch_says_so() -> None:
    """Which folders, and how it ends; once, since a log has no live line."""
    lines = detail_lines(WatchStarted(folders=("in", "new\n")), verbose=False)

    assert lines == ("watching for more recordings (Ctrl-C ends it): in, new\\n",)
