"""A watch: what comes is done once it is whole, until somebody asks to stop."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.core.outcomes import FileDone, FileSkipped
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode, LockHeld, OutputError, QasrError, UsageError
from qasr_cli.options import OutputOptions
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.events import (
    FileFinished,
    Observer,
    RunFinished,
    RunStarted,
    RunWaiting,
    WatchStarted,
)
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.run.watch import watch
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, ManualClock, Recorder


@dataclass
class Watched:
    """A watch over a folder, in which each rest is a chance to change it."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    stop: StopRequest = field(default_factory=StopRequest)
    recorder: Recorder = field(default_factory=Recorder)
    engine: Engine = field(default_factory=FakeEngine)
    faults: list[QasrError] = field(default_factory=list)
    rounds: int = 0

    def go(self, *rests: Callable[[], object]) -> RunResult:
        """Do what there is; at each rest do the next thing, and stop when there is none."""
        left: Iterator[Callable[[], object]] = iter(rests)

        def react(event: object) -> None:
            if isinstance(event, RunWaiting):
                next(left, lambda: self.stop.ask("enough", ExitCode.TRY_LATER))()

        self.recorder.react = react
        return watch(
            self._plan, self._run, observer=self.recorder, clock=self.clock.clock(), stop=self.stop
        )

    def told(self) -> list[tuple[str, type]]:
        """Every file that somebody who watches hears of, with its outcome."""
        return [
            (event.outcome.media.relative_path, type(event.outcome))
            for event in self.recorder.events
            if isinstance(event, FileFinished)
        ]

    def _plan(self) -> Plan:
        return jobs_for_folders([str(self.folder)], output=OutputOptions(), walk=Walk())

    def _run(self, plan: Plan, observer: Observer) -> RunResult:
        self.rounds += 1
        if self.faults:
            raise self.faults.pop()
        return Batch(
            plan,
            engine=self.engine,
            options=OPTIONS,
            observer=observer,
            clock=self.clock.clock(),
            stop=self.stop,
        ).run()


@pytest.fixture
def watched(tmp_path: Path, write_wav: WriteWav) -> Watched:
    """A folder with one recording."""
    write_wav(tmp_path / "in" / "a.wav")
    return Watched(folder=tmp_path / "in")


def test_what_comes_is_done(watched: Watched, write_wav: WriteWav) -> None:
    """New and changed recordings are done and told once; all stand in the one report."""
    result = watched.go(
        lambda: write_wav(watched.folder / "b" / "c.wav", seed=1),
        lambda: None,
        lambda: write_wav(watched.folder / "a.wav", seed=2),
    )

    assert watched.told() == [("a.wav", FileDone), ("b/c.wav", FileDone), ("a.wav", FileDone)]
    assert watched.rounds == 3
    assert [type(outcome) for outcome in result.outcomes] == [FileDone, FileSkipped]
    assert (result.exit_code, result.stopped_by) == (ExitCode.TRY_LATER, None)
    ends = [event for event in watched.recorder.events if isinstance(event, RunFinished)]
    assert [end.stopped_by for end in ends] == ["enough"]


def test_the_end_sums_up_all_rounds(watched: Watched, write_wav: WriteWav) -> None:
    """The last line counts each file once, with what came of it in whichever round."""
    (watched.folder / "bad.mp3").write_bytes(b"no sound at all")
    watched.go(
        lambda: write_wav(watched.folder / "b.wav", seed=1),
        lambda: write_wav(watched.folder / "c.wav", seed=2),
    )

    assert watched.recorder.events[0] == WatchStarted(folders=())
    end = watched.recorder.events[-1]
    assert isinstance(end, RunFinished)
    counts = {
        name: end.summary[name] for name in ("total_files", "successful", "skipped", "failed")
    }
    assert counts == {"total_files": 4, "successful": 3, "skipped": 0, "failed": 1}
    assert end.summary["audio_s"] == pytest.approx(3 * _audio_s(watched))


def _audio_s(watched: Watched) -> float:
    """The length of one of the recordings, which are all alike."""
    events = watched.recorder.events
    outcomes = [event.outcome for event in events if isinstance(event, FileFinished)]
    return next(o.duration_ms for o in outcomes if isinstance(o, FileDone)) / 1000


def test_nothing_new_costs_no_run(watched: Watched) -> None:
    """Rests, touched files and files that go away start no work and say nothing."""
    watched.go(
        lambda: None,
        lambda: os.utime(watched.folder / "a.wav"),
        (watched.folder / "a.wav").unlink,
    )

    assert watched.told() == [("a.wav", FileDone)]
    assert watched.rounds == 2  # the touched file was looked at
    assert sum(watched.clock.slept_s) >= 3 * 5


def test_a_bad_recording_is_tried_when_it_changes(watched: Watched, write_wav: WriteWav) -> None:
    """A failure is told once, and a later good version of the file is done."""
    bad = watched.folder / "bad.wav"
    watched.go(lambda: bad.write_bytes(b"\1" * 50), lambda: None, lambda: write_wav(bad, seed=3))

    kinds = [kind.__name__ for name, kind in watched.told() if name == "bad.wav"]
    assert kinds == ["FileFailed", "FileDone"]


def test_a_busy_or_absent_folder_is_waited_for(watched: Watched, write_wav: WriteWav) -> None:
    """Another run's lock and a share that is not mounted cost nothing but time."""
    away = watched.folder.with_name("away")

    def arrive_while_somebody_else_runs() -> None:
        write_wav(watched.folder / "b.wav", seed=1)
        watched.faults.append(LockHeld(str(watched.folder)))

    result = watched.go(
        arrive_while_somebody_else_runs,
        lambda: None,
        lambda: shutil.move(watched.folder, away),
        lambda: shutil.move(away, watched.folder),
    )

    assert watched.told() == [("a.wav", FileDone), ("b.wav", FileDone)]
    assert len(result.outcomes) == 2


def test_the_first_round_has_to_begin(tmp_path: Path) -> None:
    """A folder that is not there at the beginning is a mistake."""
    with pytest.raises(UsageError):
        Watched(folder=tmp_path / "nothing").go()


class _Broken(FakeEngine):
    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        for _ in clips:
            raise OutputError("disk", "full")
        return iter(())


def test_a_full_disk_ends_the_watch(watched: Watched) -> None:
    """What stops a run stops the watch, with its code."""
    watched.engine = _Broken()

    result = watched.go()

    assert isinstance(result.stopped_by, OutputError)
    assert result.exit_code == ExitCode.ENVIRONMENT
    assert watched.rounds == 1


def test_progress_counts_what_is_new(watched: Watched, write_wav: WriteWav) -> None:
    """The number of files grows by those that come, not by all that are there."""
    watched.go(lambda: write_wav(watched.folder / "b.wav", seed=1))

    starts = [event for event in watched.recorder.events if isinstance(event, RunStarted)]
    assert [start.file_count for start in starts] == [1, 2]
    assert starts[1].total_bytes == 2 * starts[0].total_bytes


def test_a_time_budget_is_for_the_whole_watch() -> None:
    """Later rounds do not begin it anew."""
    clock = ManualClock()
    stop = StopRequest()
    stop.after(10, monotonic_s=lambda: clock.now_s)
    clock.now_s = 9
    stop.after(10, monotonic_s=lambda: clock.now_s)
    clock.now_s = 10

    assert stop.is_set


@pytest.mark.parametrize("option", ["--overwrite", "--retry-failed", "--dry-run"])
def test_what_would_never_end_is_refused(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options under which the same files would be done for ever do not go with a watch."""
    assert run(["batch", str(tmp_path), "--watch", option, "--engine", "fake"]) == 2
    assert option in capsys.readouterr().err


def test_a_watch_ends_by_a_signal_and_goes_on(tmp_path: Path, write_wav: WriteWav) -> None:
    """A process that watches does a file that grows once it is whole; SIGTERM ends it with 143."""
    source = write_wav(tmp_path / "whole.wav").read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    argv = [sys.executable, "-m", "qasr_cli", "batch", str(folder), "--watch"]
    argv += ["--wait-stable", "1s", "--engine", "fake", "--vad", "energy", "--log-format", "json"]
    for name in ("first", "second"):
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        try:
            with (folder / f"{name}.wav").open("ab", buffering=0) as file:
                for start in range(0, len(source), len(source) // 4 + 1):
                    file.write(source[start : start + len(source) // 4 + 1])
                    time.sleep(0.3)
            deadline_s = time.monotonic() + 120
            while not (folder / f"{name}.srt").exists() and time.monotonic() < deadline_s:
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == 143
        assert said.count(f'"file": "{name}.wav"') == 1
        assert '"status": "done"' in said
