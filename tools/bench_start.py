"""What does `qasr transcribe` of one short file take, its start included?

    python -m tools.bench_start --weights DIR [--against TREE] [--threads 1] [--rounds 3] [--first]

One clip of 30 s, whose answer has 75 words in 120 tokens that are aligned, on checkpoints of the
0.6B shape whose answer is planted (`tools/bench/planted_answer.py`); page cache warm. In each round
every tree has its turn with the packed weights that earlier runs kept, then a process whose models
are loaded hears the file for the second time. With one thread all are pinned to one core. --first
also runs without packed weights, which are removed before. --against names another checkout, which
runs in this environment; it may be given several times. Ends with one line of JSON; medians over
rounds, of seconds:

    wall_s           from the start of the process to its end
    subtitle_s       from its start until the subtitle stands there
    cpu_s            of the process and its children
    loaded_s         what the file takes where models are loaded, wall time
    start_ratio      (subtitle_s - 1.5) / loaded_s, of rounds
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import imageio_ffmpeg

from qasr_cli.checkpoints import kept_weights
from tools.bench.environment import environment_of
from tools.bench.evenly_timed import LOADED
from tools.bench.planted_answer import planted_recogniser
from tools.bench.shapes import checkpoint_of
from tools.measure_memory import MEETING

ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = ROOT / "tools" / "bench" / "evenly_timed.py"
_CLIP_S = 30
_ALLOWED_S = 1.5  # what a start may take beside half as much again as the work


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one process took, in seconds."""

    wall_s: float
    subtitle_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file, and the models that hear it."""

    sound: Path
    recogniser: Path
    aligner: Path
    threads: int

    def whole(self, tree: Path) -> Cost:
        """A process of a tree, from its start to its end.

        Raises:
            RuntimeError: it fails, or the answer is not the planted one.
        """
        with tempfile.TemporaryDirectory() as folder:
            models = ("-m", str(self.recogniser), "--aligner", str(self.aligner))
            outputs = Path(folder, "outputs")
            how = ("--threads", str(self.threads), "-o", str(outputs), "--no-progress", "-q")
            mark = Path(folder, "began")
            mark.touch()
            began_cpu_s, began_s = _children_cpu_s(), time.perf_counter()
            self._run(tree, "transcribe", str(self.sound), *models, *how)
            ended_s = time.perf_counter()
            (subtitle,) = outputs.iterdir()
            return Cost(
                wall_s=ended_s - began_s,
                subtitle_s=subtitle.stat().st_mtime - mark.stat().st_mtime,
                cpu_s=_children_cpu_s() - began_cpu_s,
            )

    def loaded_s(self, tree: Path) -> float:
        """What the file takes in a process that has its models, wall time."""
        models = (str(self.recogniser), str(self.aligner), str(self.threads))
        took: dict[str, float] = json.loads(self._run(tree, LOADED, str(self.sound), *models))
        return took["wall_s"]

    def forget(self) -> None:
        """Remove the packed weights that earlier runs kept."""
        for folder in (self.recogniser, self.aligner):
            kept_weights.clear(folder)

    def _run(self, tree: Path, *arguments: str) -> str:
        pinned = ("taskset", "-c", "0") if self.threads == 1 else ()
        done = subprocess.run(
            [*pinned, sys.executable, str(_PROGRAM), *arguments],
            env=environment_of(tree),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or done.stderr.strip():
            raise RuntimeError(f"{tree}: {done.returncode}: {done.stderr.strip()[-500:]}")
        return done.stdout


def measure(task: Task, trees: Sequence[Path], rounds: int, *, is_first: bool) -> dict[str, Any]:
    """The figures of the line of JSON; what each process took is printed."""
    costs: dict[str, list[Cost]] = {str(tree): [] for tree in trees}
    firsts: list[Cost] = []
    loaded_s: list[float] = []
    task.whole(trees[0])  # packed weights are there now, and files in memory
    for _ in range(rounds):
        for tree in trees:
            costs[str(tree)].append(task.whole(tree))
            print(f"  {tree}: {costs[str(tree)][-1]}", flush=True)
        loaded_s.append(task.loaded_s(trees[0]))
        print(f"  loaded: {loaded_s[-1]:.2f} s", flush=True)
        if is_first:
            task.forget()
            firsts.append(task.whole(trees[0]))
            print(f"  without packed weights: {firsts[-1]}", flush=True)
    ours = costs[str(trees[0])]
    ratios = [(c.subtitle_s - _ALLOWED_S) / s for c, s in zip(ours, loaded_s, strict=True)]
    figures: dict[str, Any] = {name: _medians(some) for name, some in costs.items()}
    if firsts:
        figures["first"] = _medians(firsts)
    for name, others in list(costs.items())[1:]:
        pairs = list(zip(ours, others, strict=True))
        figures[name]["ours_takes_of_wall"] = round(
            median(a.wall_s / b.wall_s for a, b in pairs), 2
        )
        figures[name]["ours_takes_of_cpu"] = round(median(a.cpu_s / b.cpu_s for a, b in pairs), 2)
    return figures | {
        "loaded_s": round(median(loaded_s), 2),
        "start_ratio": round(median(ratios), 2),
    }


def _medians(costs: Sequence[Cost]) -> dict[str, float]:
    each = [asdict(cost) for cost in costs]
    return {name: round(median(one[name] for one in each), 2) for name in each[0]}


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_one_clip(target: Path) -> None:
    """Half a minute of the bundled meeting without its pauses: one clip."""
    pauses = "silenceremove=stop_periods=-1:stop_duration=0.15:stop_threshold=-35dB"
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin"),
            *("-stream_loop", "-1", "-i", str(MEETING), "-af", pauses, "-t", str(_CLIP_S)),
            *("-ar", "16000", "-ac", "1", str(target)),
        ],
        check=True,
    )


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", metavar="DIR", type=Path, required=True)
    parser.add_argument("--against", metavar="TREE", type=Path, action="append", default=[])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", action="store_true", help="also without packed weights")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "one.wav")
        write_one_clip(sound)
        task = Task(
            sound=sound,
            recogniser=planted_recogniser("0.6b", given.weights),
            aligner=checkpoint_of("0.6b", "aligner", given.weights),
            threads=given.threads,
        )
        trees = [ROOT, *given.against]
        figures = measure(task, trees, given.rounds, is_first=given.first)
    print(json.dumps({"threads": given.threads, **figures}))


if __name__ == "__main__":
    main()
