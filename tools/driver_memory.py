"""How much memory the driver of a batch with workers needs for a hundred thousand files.

    python -m tools.driver_memory [--files 100000] [--few 1000] [--one-folder] [--keep DIR]

Plans, resumes, packets, books and reports are those of every batch; only the workers are a stand-in
that answers at once and writes no subtitles. Two processes of their own, for few files and for
many; ends with 1 when the second one took over 40 MB more at its highest. Reads /proc, so it needs
Linux.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from qasr_cli.core.outcomes import FileDone
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import EngineOptions, Options, OutputOptions, SplitOptions
from qasr_cli.run.batch import Batch
from qasr_cli.run.events import Unwatched
from qasr_cli.run.executor.base import Came, Heard, Said
from qasr_cli.run.executor.messages import Message, job_from, line_of, order_in
from qasr_cli.run.executor.teller import Teller
from qasr_cli.run.executor.told import ToldFile
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.state.part import new_lane_name
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest

MAX_GROWTH_MB = 40.0
_A_FOLDER = 100


class InstantWorkers:
    """Workers that are done with every packet as soon as they get it."""

    worker_count = 2

    def __init__(self) -> None:
        self._lanes: dict[str, _InstantLane] = {}
        self._heard: deque[Heard] = deque()

    @property
    def workers(self) -> tuple[str, ...]:
        """Those that are there."""
        return tuple(self._lanes)

    def engine_options(self, worker: str, wanted: EngineOptions) -> EngineOptions:  # noqa: ARG002
        """As the run wants it."""
        return wanted

    def want(self, count: int) -> None:
        """Have so many, at most two."""
        for number in range(len(self._lanes), min(count, self.worker_count)):
            worker = str(number)
            self._lanes[worker] = _InstantLane(worker, self._heard)
            self._heard.append(Came(worker=worker))

    def send(self, worker: str, line: bytes) -> None:
        """Do what the line says."""
        self._lanes[worker].do(order_in(line))

    def listen(self, within_s: float) -> Sequence[Heard]:  # noqa: ARG002
        """What they said since."""
        heard = tuple(self._heard)
        self._heard.clear()
        return heard

    def ask_to_stop(self) -> None:
        """Have none left."""

    def close(self) -> None:
        """Hold nothing."""


class _InstantLane:
    """What one of them does: it tells of each file as a worker tells that has written outputs."""

    def __init__(self, worker: str, heard: deque[Heard]) -> None:
        self._worker = worker
        self._heard = heard
        self._teller = Teller(self._say)
        self._stores: dict[str, Store] = {}

    def _say(self, message: Message) -> None:
        self._heard.append(Said(worker=self._worker, line=line_of(message)))

    def do(self, order: Message) -> None:
        """Do one thing."""
        match order:
            case {"run": run}:
                self._begin(run["roots"])
            case {"packet": number, "jobs": jobs}:
                self._teller.expect({job["media"]["relative_path"]: job["job"] for job in jobs})
                for document in jobs:
                    job = job_from(document, self._stores)
                    path = "" if job.base is None else job.base.path
                    outputs = (f"{path}.srt", f"{path}.json")
                    outcome = FileDone(
                        media=job.media, outputs=outputs, duration_ms=100, language="English"
                    )
                    self._teller.finish(job, outcome)
                self._say({"event": "packet", "packet": number})
            case _:
                self._say({"event": "resting"})

    def _begin(self, roots: Sequence[str]) -> None:
        lane = new_lane_name()
        self._stores = {root: Store(root, lane=lane) for root in roots}
        for store in self._stores.values():
            Path(store.part.own_folder).mkdir(parents=True)
        self._teller.open({root: ToldFile(store.part) for root, store in self._stores.items()})
        self._say(
            {
                "event": "ready",
                "lane": lane,
                "fingerprint": FakeEngine().fingerprint,
                "number_format": "",
                "sandbox": "off",
            }
        )


def drive(source: Path, target: Path) -> dict[str, float]:
    """One batch in this process: its files, its memory at the highest, its CPU time."""
    options = Options(
        engine=EngineOptions(engine="fake"),
        split=SplitOptions(vad="energy"),
        output=OutputOptions(formats=("srt", "json"), output_dir=str(target)),
    )
    result = Batch(
        jobs_for_folders([str(source)], output=options.output, walk=Walk()),
        engine=FakeEngine(),
        options=options,
        observer=Unwatched(),
        clock=system_clock(),
        stop=StopRequest(),
        executor=InstantWorkers(),
    ).run()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Not that of getrusage, which begins with what the process held that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak_kb,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    done = sum(isinstance(outcome, FileDone) for outcome in result.outcomes)
    return {
        "done": done,
        "peak_mb": round(peak_kb / 1024, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
    }


def main() -> int:
    """Few, then many; 1 where many take too much."""
    asked = _arguments()
    if asked.target is not None:
        print(json.dumps(drive(Path(asked.source), Path(asked.target))), flush=True)
        return 0
    with tempfile.TemporaryDirectory(prefix="qasr-driver-") as temporary:
        base = Path(asked.keep or temporary)
        few, many = (
            in_a_process(base, count, is_one_folder=asked.one_folder)
            for count in (asked.few, asked.files)
        )
    grown_mb = round(many["peak_mb"] - few["peak_mb"], 1)
    print(json.dumps({"grown_mb": grown_mb}), flush=True)
    return int(grown_mb > MAX_GROWTH_MB)


def in_a_process(base: Path, count: int, *, is_one_folder: bool) -> dict[str, float]:
    """A batch over so many files in a process of its own; what it says of itself, printed, too.

    Raises:
        RuntimeError: not every file is done.
        subprocess.CalledProcessError: it did not end with 0.
    """
    source, target = base / f"in{count}", base / f"out{count}"
    for number in range(count):
        folder = source if is_one_folder else source / f"{number // _A_FOLDER:04}"
        if number % _A_FOLDER == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}.wav").write_bytes(number.to_bytes(4, "little"))
    command = [sys.executable, "-m", "tools.driver_memory"]
    command += ["--source", str(source), "--target", str(target)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(ended.stdout)
    print(json.dumps({"files": count, **found}), flush=True)
    if found["done"] != count:
        raise RuntimeError(f"{found['done']} of {count} are done")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--one-folder", action="store_true", help="not a hundred a folder")
    parser.add_argument("--keep", help="folder that stays")
    parser.add_argument("--source", help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
