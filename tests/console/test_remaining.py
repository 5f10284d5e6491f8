"""The time to go: what counts as work, at what rate."""

from collections.abc import Iterator

from qasr_cli.console.progress import Progress
from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.core.types import MediaFile
from qasr_cli.run.events import (
    ClipFinished,
    Event,
    FileFinished,
    FileStarted,
    RunStarted,
    RunWaiting,
    bytes_by_suffix,
)

MINUTE_MS = 60_000


class Run:
    """A run on a clock of its own, seen through its progress."""

    def __init__(self, *files: MediaFile) -> None:
        self.now_s = 0.0
        self.progress = Progress(lambda: self.now_s)
        self.shown_s: list[float] = []
        sizes = bytes_by_suffix(files)
        self.tell(
            RunStarted(
                file_count=len(files), total_bytes=sum(sizes.values()), bytes_by_suffix=sizes
            )
        )

    def tell(self, *events: Event) -> None:
        """Let something happen now."""
        for event in events:
            self.progress.on(event)
            self.look()

    def wait(self, seconds: int) -> None:
        """Let time pass, with somebody looking."""
        for _ in range(seconds):
            self.now_s += 1.0
            self.look()

    def look(self) -> None:
        """Read the time to go."""
        if (eta_s := self.progress.eta_s) is not None:
            self.shown_s.append(eta_s)


def media(name: str, size_bytes: int = 1000) -> MediaFile:
    """A file of that name."""
    return MediaFile(
        path=name, relative_path=name, size_bytes=size_bytes, mtime_ns=0, ctime_ns=0, inode=0
    )


def start(file: MediaFile, minutes: int) -> FileStarted:
    """That file, opened."""
    return FileStarted(media=file, duration_ms=minutes * MINUTE_MS)


def heard(file: MediaFile, *minutes: int, is_recalled: bool = False) -> Iterator[ClipFinished]:
    """Minutes of that file, counted from 0."""
    for minute in minutes:
        start_ms = minute * MINUTE_MS
        end_ms = start_ms + MINUTE_MS
        yield ClipFinished(media=file, start_ms=start_ms, end_ms=end_ms, is_recalled=is_recalled)


def done(file: MediaFile, minutes: int) -> FileFinished:
    """That file, finished."""
    length_ms = minutes * MINUTE_MS
    outcome = FileDone(media=file, outputs=(), duration_ms=length_ms, language="English")
    return FileFinished(outcome=outcome)


def failed(file: MediaFile) -> FileFinished:
    """That file, failed."""
    return FileFinished(outcome=FileFailed(media=file, error_kind="DecodeError", message="moov"))


def test_bytes_that_failed_or_were_skipped_are_no_work() -> None:
    """A broken film or a done one makes nothing look fast, and nothing look slow later."""
    talk, broken, old = media("talk.mp3"), media("broken.mp3", 90_000), media("old.mp3", 90_000)
    run = Run(talk, broken, old)
    skipped = FileFinished(outcome=FileSkipped(media=old, reason="done before"))

    run.tell(failed(broken), skipped, start(talk, 10))
    run.wait(20)
    run.tell(*heard(talk, 0, 1))

    assert run.progress.eta_s == 80.0


def test_it_falls_from_group_to_group() -> None:
    """Clips come back in groups, in any order; between and within them the time only falls."""
    talk = media("talk.mp3")
    run = Run(talk)
    run.tell(start(talk, 32))

    for first in range(0, 32, 8):
        run.wait(60)
        run.tell(*heard(talk, *reversed(range(first, first + 8))))
    run.tell(done(talk, 32))

    assert len(run.shown_s) > 100
    assert all(later <= before for before, later in zip(run.shown_s, run.shown_s[1:], strict=False))
    assert run.progress.eta_s is None


def test_it_climbs_for_a_reason() -> None:
    """A run that got slower for good says so."""
    talk = media("talk.mp3")
    run = Run(talk)
    run.tell(start(talk, 60))
    for minute in range(20):
        run.wait(1)
        run.tell(*heard(talk, minute))
    before_s = run.progress.eta_s

    for minute in range(20, 30):
        run.wait(20)
        run.tell(*heard(talk, minute))

    assert before_s is not None
    assert run.progress.eta_s is not None
    assert run.progress.eta_s > 3 * before_s


def test_a_minute_of_film_is_larger_than_one_of_sound() -> None:
    """How much sound a file holds that was not opened yet is judged by files of its kind."""
    film, song = media("a.mp4", 10_000_000), media("b.opus", 10_000)
    films = [media(f"c{number}.mp4", 10_000_000) for number in range(3)]
    run = Run(film, song, *films)
    run.tell(start(film, 10), start(song, 10))

    run.wait(10)
    run.tell(*heard(film, *range(10)), done(film, 10))

    assert run.progress.eta_s == 40.0  # ten minutes of song, thirty of film


def test_what_an_earlier_run_heard_took_no_time() -> None:
    """Going on in the middle of a long file makes the rest look no faster than it is."""
    talk = media("talk.mp3")
    run = Run(talk)

    run.tell(start(talk, 100), *heard(talk, *range(80), is_recalled=True))
    run.wait(10)
    run.tell(*heard(talk, 80, 81, 82, 83))

    assert run.progress.eta_s == 40.0
    assert run.progress.speed == 24.0


def test_waiting_is_no_work() -> None:
    """A watch that waited all night is as fast in the morning as it was."""
    first, second = media("a.mp3"), media("b.mp3")
    run = Run(first)
    run.tell(start(first, 10))
    run.wait(10)
    run.tell(*heard(first, *range(10)), done(first, 10), RunWaiting())
    assert run.progress.eta_s is None

    run.wait(1000)
    sizes = bytes_by_suffix([first, second])
    run.tell(RunStarted(file_count=2, total_bytes=2000, bytes_by_suffix=sizes), start(second, 10))

    assert run.progress.eta_s == 10.0


def test_little_is_no_ground_for_a_guess() -> None:
    """After the first clip of many hours nothing is said, and some time later there is."""
    talk = media("talk.mp3")
    run = Run(talk)
    run.tell(start(talk, 1000))
    run.wait(60)
    run.tell(*heard(talk, 0))

    assert run.shown_s == []

    run.wait(31)
    run.tell(*heard(talk, 1))

    assert run.progress.eta_s is not None
