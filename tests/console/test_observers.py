"""What is drawn where."""

import io

import pytest

from qasr_cli.console.observers import (
    ConsoleOptions,
    JsonObserver,
    LineObserver,
    LiveObserver,
    QuietObserver,
    TqdmObserver,
    make_observer,
)
from qasr_cli.console.progress import Progress
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.types import MediaFile
from qasr_cli.run.events import (
    AudioDecoded,
    ClipFinished,
    Event,
    FileFinished,
    FileStarted,
    ModelsLoading,
    RunFinished,
    RunStarted,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def media(name: str, size_bytes: int = 1000) -> MediaFile:
    """A file of that name."""
    return MediaFile(
        path=name, relative_path=name, size_bytes=size_bytes, mtime_ns=0, ctime_ns=0, inode=0
    )


def done(name: str) -> FileFinished:
    """That file, finished."""
    outcome = FileDone(media=media(name), outputs=(name,), duration_ms=10_000, language="English")
    return FileFinished(outcome=outcome)


SUMMARY: dict[str, float | int] = {
    "total_files": 2,
    "successful": 2,
    "failed": 0,
    "skipped": 0,
    "pending": 0,
    "success_rate": 1.0,
    "audio_s": 20.0,
    "wall_s": 4.0,
    "rtfx": 5.0,
}
EVENTS: tuple[Event, ...] = (
    RunStarted(file_count=2, total_bytes=2000),
    FileStarted(media=media("a.mp3"), duration_ms=10_000),
    AudioDecoded(media=media("a.mp3"), sample_count=160_000),
    ClipFinished(media=media("a.mp3"), start_ms=0, end_ms=5_000),
    ClipFinished(media=media("a.mp3"), start_ms=5_000, end_ms=10_000),
    done("a.mp3"),
    done("b.mp3"),
    RunFinished(summary=SUMMARY),
)


@pytest.mark.parametrize(
    ("options", "stream", "term", "kind"),
    [
        (ConsoleOptions(), io.StringIO(), "xterm", LineObserver),
        (ConsoleOptions(), Terminal(), "xterm", LiveObserver),
        (ConsoleOptions(), Terminal(), "dumb", TqdmObserver),
        (ConsoleOptions(progress=False), Terminal(), "xterm", LineObserver),
        (ConsoleOptions(quiet=True), Terminal(), "xterm", QuietObserver),
        (ConsoleOptions(log_format="json"), Terminal(), "xterm", JsonObserver),
    ],
)
def test_the_observer_fits_the_place(
    options: ConsoleOptions,
    stream: io.StringIO,
    term: str,
    kind: type,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal gets a live view, a log lines, a machine JSON."""
    monkeypatch.setenv("TERM", term)

    observer = make_observer(options, stream)
    observer.close()

    assert type(observer) is kind


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_terminal_is_told_of_each_file_and_left_clean(
    term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both views print the finished files and the summary; the cursor is visible in the end."""
    monkeypatch.setenv("TERM", term)
    stream = Terminal()
    observer = make_observer(ConsoleOptions(), stream)

    for event in EVENTS:
        observer.on(event)
    observer.close()

    shown = stream.getvalue()
    assert "a.mp3" in shown
    assert "2 files: 2 done" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_progress_counts_by_bytes() -> None:
    """Part done and time to go come from file sizes: durations are unknown before opening."""
    now_s = [0.0]
    progress = Progress(lambda: now_s[0])
    for event in EVENTS[:4]:
        progress.on(event)
    now_s[0] = 5.0

    assert progress.part_done == pytest.approx(0.25)  # half of the first of two files
    assert progress.eta_s == pytest.approx(15.0)
    assert progress.speed == pytest.approx(1.0)

    for event in EVENTS[4:]:
        progress.on(event)

    assert progress.part_done == 1.0
    assert progress.finished_count == 2


def test_a_look_at_the_picture_is_said() -> None:
    """It takes minutes of a film, in which nothing is heard; what is heard is said as well."""
    progress = Progress()
    for event in EVENTS[:3]:
        progress.on(event)
    assert progress.stage == "decoding a.mp3"
    progress.on(AudioDecoded(media=media("a.mp3"), sample_count=0))
    assert progress.stage == "looking for cuts of the picture: a.mp3"
    progress.on(EVENTS[3])
    assert progress.stage == "recognising a.mp3"


def test_a_wish_to_stop_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between Ctrl-C and the end of the clips at hand the live view says what goes on."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    reasons = [None, "signal SIGINT"]
    observer = make_observer(ConsoleOptions(), stream, stop_reason=lambda: reasons[-1])

    observer.on(EVENTS[0])
    observer.close()

    assert "stopping (signal SIGINT)" in stream.getvalue()


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_models_load_before_anything_is_known(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While models load that is said, though sound is read meanwhile; no figure is made up."""
    monkeypatch.setenv("TERM", term)
    stream = Terminal()
    observer = make_observer(ConsoleOptions(), stream)
    before = (RunStarted(file_count=1, total_bytes=1000), *EVENTS[1:2], ModelsLoading(models={}))

    for event in (*before, EVENTS[2]):
        observer.on(event)
    observer.close()

    last = stream.getvalue().rpartition("0/1 file")[2]
    assert "loading the models" in last
    assert "0/1 files" not in stream.getvalue()
    assert "0.0 x" not in stream.getvalue()


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_names_are_no_markup(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets and backslashes in names are shown as they are, and nothing else of the kind."""
    monkeypatch.setenv("TERM", term)
    stream = Terminal()
    observer = make_observer(ConsoleOptions(), stream)
    name = "[bold]talk\\"

    observer.on(EVENTS[0])
    observer.on(FileStarted(media=media(name), duration_ms=10_000))
    observer.close()

    assert name in stream.getvalue()
    assert "[dim]" not in stream.getvalue()
    assert "[/" not in stream.getvalue()
