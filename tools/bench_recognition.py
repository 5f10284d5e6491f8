"""Is recognition faster than that of another checkout, with one clip and with many?

    python -m tools.bench_recognition --weights DIR --against TREE [--clips 1 4] [--threads 1]
        [--rounds 3] [--kept 0.995] [--quantize int8] [--shape 0.6b]

Clips of 30 s, 120 tokens each, random weights; every process is loaded when its clock starts, and
hears one clip of 2 s first. Each round runs all trees in turn, this one first. With one thread all
are pinned to one core. --against may be given several times; other trees run in this environment.
Ends with one line of JSON; by tree and number of clips, medians over rounds:

    wall_s, cpu_s    of all clips
    stages           CPU seconds of this tree's parts, as its own worker tells them
    times_as_fast    how often as fast this tree is, by wall time, of rounds
    times_as_fast_cpu  the same by CPU time
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.jobs import job_of
from tools.bench.shapes import ROLES, checkpoint_of
from tools.bench.systems import Start, Worker, settings_of

_CLIP_S = 30
_CLIP_COUNTS = (1, 4)
_WARM_UP = {"what": "recognise", "clip_s": [2], "tokens": [4], "words": [4], "batch": 1}

Answers = dict[tuple[str, int], list[dict[str, Any]]]


def measure(
    starts: dict[str, Start], clip_counts: Sequence[int], rounds: int
) -> dict[str, dict[int, dict[str, Any]]]:
    """The figures of the line of JSON, by tree; what each process took is printed."""
    answers: Answers = {(name, count): [] for name in starts for count in clip_counts}
    for _ in range(rounds):
        for name, start in starts.items():
            with Worker(name, start) as worker:
                worker.work(_WARM_UP)
                for count in clip_counts:
                    answer = worker.work(job_of("recognise", count, _CLIP_S, count))
                    answers[name, count].append(answer)
                    took = f"{answer['wall_s']:.2f} s ({answer['cpu_s']:.2f} s of CPU)"
                    stages = {stage: round(s, 2) for stage, s in answer["stages"].items()}
                    print(f"  {name}: {count} clips: {took} {stages}", flush=True)
    ours = next(iter(starts))
    return {
        name: {count: _figures(answers[name, count], answers[ours, count]) for count in clip_counts}
        for name in starts
    }


def _figures(of_tree: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of one tree, and how often as fast this one was in the same rounds."""
    pairs = list(zip(of_tree, ours, strict=True))
    last = of_tree[-1]
    return {
        "wall_s": round(median(one["wall_s"] for one in of_tree), 2),
        "cpu_s": round(median(one["cpu_s"] for one in of_tree), 2),
        "stages": {stage: round(seconds, 2) for stage, seconds in last["stages"].items()},
        "times_as_fast": round(median(a["wall_s"] / b["wall_s"] for a, b in pairs), 3),
        "times_as_fast_cpu": round(median(a["cpu_s"] / b["cpu_s"] for a, b in pairs), 3),
    }


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=("demo", "0.6b", "1.7b"), default="0.6b")
    parser.add_argument("--weights", metavar="DIR", type=Path, required=True)
    parser.add_argument("--against", metavar="TREE", type=Path, action="append", default=[])
    parser.add_argument("--clips", type=int, nargs="+", default=_CLIP_COUNTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kept", type=float, default=0.995, help="share of proposals that hold")
    parser.add_argument("--quantize", choices=("none", "int8", "int4"), default="none")
    given = parser.parse_args()
    given.device, given.dtype = "cpu", "auto"
    folders = {role: checkpoint_of(given.shape, role, given.weights) for role in ROLES}
    settings = settings_of(given, folders) | {"system": "qasr", "quantize": given.quantize}
    cores = "0" if given.threads == 1 else None
    trees = {"ours": None} | {str(tree): tree.resolve() for tree in given.against}
    starts = {
        name: Start(python=sys.executable, settings=settings, tree=tree, cores=cores)
        for name, tree in trees.items()
    }
    figures = measure(starts, given.clips, given.rounds)
    print(json.dumps({"threads": given.threads, "kept": given.kept, **figures}))


if __name__ == "__main__":
    main()
