"""Runs over real folders and real ffmpeg, with the engine that never needs a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.options import (
    CueOptions,
    DecodeOptions,
    EngineOptions,
    Options,
    OutputOptions,
    RunOptions,
    SplitOptions,
)
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.observe import Event
from qasr_cli.run.plan import Plan, Walk, jobs_for_folders
from qasr_cli.run.signals import StopRequest
from qasr_cli.run.work import Clock


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when somebody sleeps."""

    now_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        """The same clock as the run wants it."""
        return Clock(
            monotonic_s=lambda: self.now_s,
            now=lambda: datetime.fromtimestamp(self.now_s, tz=UTC),
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds


@dataclass(slots=True)
class Recorder:
    """An observer that keeps what it is told, and lets a test act on it."""

    events: list[Event] = field(default_factory=list)
    react: Callable[[Event], None] = lambda _: None

    def on(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)
        self.react(event)

    def close(self) -> None:
        """Nothing is held."""


OPTIONS = Options(
    decode=DecodeOptions(),
    split=SplitOptions(vad="energy", max_chunk_s=2.0),
    engine=EngineOptions(engine="fake"),
    cue=CueOptions(),
    output=OutputOptions(),
    run=RunOptions(),
)


def with_output(**changes: object) -> Options:
    """The options above with other outputs."""
    return replace(OPTIONS, output=replace(OPTIONS.output, **changes))  # type: ignore[arg-type]


def plan_for(*folders: Path, options: Options = OPTIONS) -> Plan:
    """The jobs of a batch over folders."""
    return jobs_for_folders([str(folder) for folder in folders], output=options.output, walk=Walk())


RunFolders = Callable[..., RunResult]


@pytest.fixture
def manual_clock() -> ManualClock:
    """Time under the test's control."""
    return ManualClock()


@pytest.fixture
def recorder() -> Recorder:
    """What the run said."""
    return Recorder()


@pytest.fixture
def run_folders(manual_clock: ManualClock, recorder: Recorder) -> RunFolders:
    """Run a batch over folders."""

    def run(
        *folders: Path,
        options: Options = OPTIONS,
        engine: Engine | None = None,
        stop: StopRequest | None = None,
        failures: dict[str, Sequence[object]] | None = None,
        plan: Plan | None = None,
    ) -> RunResult:
        return Batch(
            plan or plan_for(*folders, options=options),
            engine=engine or FakeEngine(failures),  # type: ignore[arg-type]
            options=options,
            observer=recorder,
            clock=manual_clock.clock(),
            stop=stop or StopRequest(),
        ).run()

    return run
