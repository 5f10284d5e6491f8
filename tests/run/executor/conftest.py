"""Batches that real worker processes hear, with an engine that needs no model."""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.executor.local import LocalExecutor, Place
from qasr_cli.run.stop_request import StopRequest
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, Recorder, plan_for
from tools import drill_worker

RECORDINGS = {".wav", ".aiff"}
DRILL = Path(drill_worker.__file__)


def drill(**rules: object) -> list[str]:
    """The command of a worker with these rules."""
    return [sys.executable, str(DRILL), json.dumps(rules)]


@contextlib.contextmanager
def workers(count: int = 2, **rules: object) -> Iterator[LocalExecutor]:
    """An executor of workers with these rules."""
    places = [Place(device=None, thread_count=1)] * count
    with contextlib.closing(LocalExecutor(places, command=drill(**rules))) as executor:
        yield executor


RunByWorkers = Callable[..., RunResult]


@pytest.fixture
def run_by_workers(recorder: Recorder) -> RunByWorkers:
    """Run a batch over a folder, heard by an executor's workers."""

    def run(
        root: Path,
        executor: LocalExecutor,
        *,
        options: Options = OPTIONS,
        stop: StopRequest | None = None,
    ) -> RunResult:
        return Batch(
            plan_for(root, options=options),
            engine=FakeEngine(),
            options=options,
            observer=recorder,
            clock=system_clock(),
            stop=stop or StopRequest(),
            executor=executor,
        ).run()

    return run


def made_in(root: Path) -> dict[str, str]:
    """What a batch made: outputs and results, by path, as digests."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix not in RECORDINGS)
    names = {path.relative_to(root).as_posix(): path for path in files}
    made = {
        name: path
        for name, path in names.items()
        if not name.startswith(".qasr/") or "results/" in name
    }
    made.pop("processing_report.json", None)
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in made.items()}


def left_in(root: Path) -> list[str]:
    """What should not lie about after a run: lanes, claims, temporaries, work begun."""
    state = root / ".qasr"
    kinds = ("lanes/*", "claims/*", "begun/*", "spool/*")
    left = [path for kind in kinds for path in state.glob(kind) if path.name != "takeover.lock"]
    left += root.rglob(".qasr-*")
    return sorted(path.relative_to(root).as_posix() for path in left)


def many(root: Path, write_wav: WriteWav, count: int, **names: str) -> Path:
    """Short recordings, all different; `poison="name"` names one more."""
    for number in range(count):
        duration_s = 1.0 + number % 3
        bursts = ((0.2, duration_s - 0.2),)
        write_wav(root / f"{number:03}.wav", bursts, duration_s=duration_s, seed=number)
    for name in names.values():
        write_wav(root / f"{name}.wav", seed=4711)
    return root


def is_running(process: int) -> bool:
    """Whether a process is there and does something: one that only waits to be reaped is not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


def journal_of(root: Path) -> list[dict[str, Any]]:
    """The lines of a batch's journal, empty ones aside."""
    lines = (root / ".qasr" / "journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line]


def environment() -> dict[str, str]:
    """That of a process which finds the program as this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def root(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A dozen short recordings, two with one stem."""
    folder = many(tmp_path / "in", write_wav, 11)
    (folder / "000.aiff").write_bytes((folder / "000.wav").read_bytes())
    return folder
