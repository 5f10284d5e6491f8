"""Runs over real folders and real ffmpeg, with the engine that never needs a model."""

import contextlib
import itertools
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import Clock
from qasr_cli.options import (
    DecodeOptions,
    EngineOptions,
    Options,
    OutputOptions,
    RunOptions,
    SplitOptions,
    TextOptions,
)
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.events import Event
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state import crashes, spool
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage import files, jsonl, publish, temporaries
from tests.conftest import WriteWav


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


class DiedError(BaseException):
    """The process is gone: nothing that would tidy up runs any more."""


class MortalOs:
    """The `os` of the modules that write, up to the change at which the process dies.

    Args:
        last: number of the first change that does not happen any more, from 1.
    """

    def __init__(self, last: float) -> None:
        self.last = last
        self.change_count = 0

    def __getattr__(self, name: str) -> object:
        real = getattr(os, name)
        if name not in {"write", "fsync", "replace", "link", "unlink", "truncate"}:
            return real
        return self.counted(real)

    def counted(self, change: Callable[..., object]) -> Callable[..., object]:
        """A function that changes something, which is where the process may die."""

        def change_or_die(*args: object, **more: object) -> object:
            self.change_count += 1
            if self.change_count >= self.last:
                raise DiedError
            return change(*args, **more)

        return change_or_die


@contextlib.contextmanager
def mortal(last: float) -> Iterator[MortalOs]:
    """Let runs die at a change they make to the disk."""
    mortal_os = MortalOs(last)
    with pytest.MonkeyPatch.context() as patch:
        for module in (files, publish, temporaries, jsonl, spool, crashes):
            patch.setattr(module, "os", mortal_os)
        # Python has no name for the system's own call.
        patch.setattr(publish, "renamed", mortal_os.counted(publish.renamed))
        yield mortal_os


class ListeningEngine(FakeEngine):
    """Keeps which clips reached it.

    Args:
        dies_over: clips that take the process with them.
        mortal_os: what else ends then.
    """

    def __init__(
        self,
        dies_over: Callable[[Clip], bool] = lambda _: False,
        *,
        mortal_os: MortalOs | None = None,
        window_count: int = 1,
        confidence: bool = False,
    ) -> None:
        super().__init__(window_count=window_count, confidence=confidence)
        self.heard: list[str] = []
        self._dies_over = dies_over
        self._mortal_os = mortal_os

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """As the fake does."""
        return super().run(self._listened(clips))

    def _listened(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        for clip in clips:
            if self._dies_over(clip):
                if self._mortal_os is not None:
                    self._mortal_os.last = 0
                raise DiedError
            self.heard.append(clip.clip_id)
            yield clip


def run_to_death(
    run_folders: "RunFolders", root: Path, dies_over: Callable[[Clip], bool], window_count: int = 1
) -> None:
    """Run, and die over the first clip that kills."""
    with mortal(math.inf) as mortal_os:
        engine = ListeningEngine(dies_over, mortal_os=mortal_os, window_count=window_count)
        with pytest.raises(DiedError):
            run_folders(root, engine=engine)


OPTIONS = Options(
    decode=DecodeOptions(),
    split=SplitOptions(vad="energy", max_chunk_s=2.0),
    engine=EngineOptions(engine="fake"),
    text=TextOptions(),
    cue=CueOptions(),
    output=OutputOptions(),
    run=RunOptions(),
)


def with_run(**changes: object) -> Options:
    """The options above with another way to run."""
    return replace(OPTIONS, run=replace(OPTIONS.run, **changes))  # type: ignore[arg-type]


def with_output(**changes: object) -> Options:
    """The options above with other outputs."""
    return replace(OPTIONS, output=replace(OPTIONS.output, **changes))  # type: ignore[arg-type]


def plan_for(*folders: Path, options: Options = OPTIONS) -> Plan:
    """The jobs of a batch over folders."""
    return jobs_for_folders(
        [str(folder) for folder in folders],
        output=options.output,
        walk=Walk(),
        shard=options.run.shard,
    )


def report_of(root: Path) -> dict[str, Any]:
    """The report a run left."""
    document: dict[str, Any] = json.loads((root / "processing_report.json").read_text())
    return document


def result_of(root: Path, name: str = "talk.json") -> dict[str, Any]:
    """What a run wrote."""
    document: dict[str, Any] = json.loads((root / name).read_text())
    return document


def turns_in(document: dict[str, Any]) -> list[tuple[str, float]]:
    """Who speaks from when on, where the speaker changes."""
    segments = ((each["speaker"], each["start"]) for each in document["segments"])
    return [next(same) for _, same in itertools.groupby(segments, key=lambda each: each[0])]


def words_in(document: dict[str, Any]) -> list[Any]:
    """Every word with all that is known of it."""
    return [word for segment in document["segments"] for word in segment["words"]]


def statuses(root: Path) -> dict[str, str]:
    """File -> status, as the report has it."""
    return {detail["file"]: detail["status"] for detail in report_of(root)["details"]}


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


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Three good recordings, one of them nested."""
    root = tmp_path / "in"
    write_wav(root / "a.wav", seed=1)
    write_wav(root / "b.wav", seed=2)
    write_wav(root / "deep" / "er" / "c.wav", seed=3)
    return root
