"""Kills workers of a batch at random, and compares what comes of it with a run that nobody kills.

    python -m tools.kill_workers [--seeds 20] [--files 121] [--workers 3] [--kills 3] [--keep DIR]

One recording kills every process that hears it. Whoever is killed and when: every file has one
outcome, the subtitles and results are the bytes of a run in one process, the deadly one is left out
after exactly `--max-crashes` deaths, and nothing lies about.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import EngineOptions, Options, OutputOptions, RunOptions, SplitOptions
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.events import Event, FileFinished, Unwatched
from qasr_cli.run.executor.base import Executor
from qasr_cli.run.executor.local import LocalExecutor, Place
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.state.layout import REPORT_NAME, digest_of_name
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage.jsonl import whole_lines
from tools import drill_worker

POISON = "poison"
_RATE_HZ = 16_000
_MAX_CRASHES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One batch whose workers are killed.

    Attributes:
        kill_count: workers that are killed, beside those that the deadly recording kills.
    """

    source: Path
    target: Path
    alone: Path
    seed: int
    worker_count: int = 3
    kill_count: int = 3

    def problems(self) -> list[str]:
        """Run it; a line for everything that is not as it should be."""
        log = self.target.with_suffix(".deaths")
        rules = json.dumps({"poison": POISON, "log": str(log), "sleep_s": 0.01})
        command = [sys.executable, drill_worker.__file__, rules]
        places = [Place(device=None, thread_count=1)] * self.worker_count
        with contextlib.closing(LocalExecutor(places, command=command)) as executor:
            killer = _Killer(self, executor)
            result = run(self.source, self.target, executor=executor, observer=killer)
        return [*_wrong_outcomes(result), *self._wrong_files(), *self._wrong_deaths(log)]

    def _wrong_files(self) -> Iterator[str]:
        made, wanted = made_in(self.target), made_in(self.alone)
        for name in sorted(made.keys() ^ wanted.keys()):
            yield f"{name} is {'too much' if name in made else 'missing'}"
        for name in sorted(made.keys() & wanted.keys()):
            if made[name] != wanted[name]:
                yield f"{name} has other bytes"
        for path in self.target.rglob(".qasr-*"):
            yield f"{path.name} lies about"
        deadly = digest_of_name(f"{POISON}.wav")  # what it did is remembered
        for folder in ("lanes", "spool", "begun"):
            for path in (self.target / ".qasr" / folder).glob("*"):
                if path.stem != deadly:
                    yield f"{folder}/{path.name} lies about"

    def _wrong_deaths(self, log: Path) -> Iterator[str]:
        count = len(log.read_text().splitlines())
        if count != _MAX_CRASHES:
            yield f"{count} processes died over the deadly recording"
        journal = self.target / ".qasr" / "journal.jsonl"
        written = Counter(
            line["file"] for line in whole_lines(str(journal)) if line["event"] == "outcome"
        )
        yield from (f"{name} has {n} outcomes" for name, n in written.items() if n > 1)


class _Killer:
    """Kills workers once so many outcomes are there."""

    def __init__(self, trial: Trial, executor: LocalExecutor) -> None:
        self._executor = executor
        self._chance = np.random.default_rng(trial.seed)
        self._seen_count = 0
        most = max(2, len(list(trial.source.iterdir())) - 4)
        self._due = sorted(self._chance.integers(1, most, trial.kill_count).tolist())

    def on(self, event: Event, /) -> None:
        """Kill one, if it is time."""
        if isinstance(event, FileFinished):
            self._seen_count += 1
            while self._due and self._due[0] <= self._seen_count:
                self._due.pop(0)
                processes = self._executor.processes
                if processes:
                    os.kill(int(self._chance.choice(processes)), signal.SIGKILL)

    def close(self) -> None:
        """Hold nothing."""


def run(
    source: Path,
    target: Path,
    *,
    executor: Executor | None = None,
    observer: Unwatched | _Killer | None = None,
    stop: StopRequest | None = None,
) -> RunResult:
    """A batch with the engine that needs no model."""
    options = Options(
        engine=EngineOptions(engine="fake"),
        split=SplitOptions(vad="energy"),
        output=OutputOptions(formats=("srt", "json"), output_dir=str(target)),
        run=RunOptions(max_crashes=_MAX_CRASHES),
    )
    walk = Walk() if executor is not None else Walk(exclude=(f"*{POISON}*",))
    return Batch(
        jobs_for_folders([str(source)], output=options.output, walk=walk),
        engine=FakeEngine(),
        options=options,
        observer=observer or Unwatched(),
        clock=system_clock(),
        stop=stop or StopRequest(),
        executor=executor,
    ).run()


def made_in(root: Path) -> dict[str, bytes]:
    """Outputs and results, by path."""
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if name.startswith(".qasr/results/") or ("/" not in name and name != REPORT_NAME)
    }


def _wrong_outcomes(result: RunResult) -> Iterator[str]:
    for outcome in result.outcomes:
        name = outcome.media.relative_path
        match outcome:
            case FileFailed(is_quarantined=True) if name.startswith(POISON):
                pass
            case FileDone() | FileSkipped() if not name.startswith(POISON):
                pass
            case _:
                yield f"{name}: {outcome}"


def make_recordings(folder: Path, count: int) -> None:
    """So many short recordings, all different, one of them deadly."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(1)
    for number in range(count):
        length = _RATE_HZ * (1 + number % 3)
        name = POISON if number == count // 2 else f"{number:04}"
        sound = chance.uniform(-0.3, 0.3, length).astype(np.float32)
        soundfile.write(folder / f"{name}.wav", sound, _RATE_HZ)


def main() -> int:
    """All trials; 0 where every one of them went as it should."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="qasr-kills-") as temporary:
        base = Path(asked.keep or temporary)
        make_recordings(base / "in", asked.files)
        run(base / "in", base / "alone")
        trial = Trial(
            source=base / "in",
            target=base,
            alone=base / "alone",
            seed=0,
            worker_count=asked.workers,
            kill_count=asked.kills,
        )
        found = 0
        for seed in range(asked.seeds):
            problems = replace(trial, target=base / f"killed{seed}", seed=seed).problems()
            found += len(problems)
            print(f"seed {seed}: {problems or 'as it should be'}", flush=True)
    return min(found, 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--files", type=int, default=121)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--keep", help="folder that stays")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
