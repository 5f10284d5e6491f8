"""One system of `bench_engine`, in a process of its own, so that its peak memory is its own.

Reads one job a line on standard input, writes one answer a line on standard output (JSON). Speaks
to the official package too, which lives in another environment; so qasr is imported only where it
is what runs.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

# It is run by its path, also by interpreters of other environments.
sys.path.insert(0, str(Path(__file__).parent.parent))

from tools.bench.jobs import Job, noise
from tools.bench.peer_systems import Library, Official
from tools.bench.qasr_system import Qasr

SYSTEMS: dict[str, Callable[[Job], Any]] = {"qasr": Qasr, "generate": Library, "official": Official}


def _peak_mb() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main() -> None:
    """Load, say so, then work until standard input ends."""
    began_s = time.perf_counter()
    given: Job = json.loads(sys.argv[1])
    torch.set_num_threads(given["threads"])
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries print
    system = SYSTEMS[given["system"]](given)

    def say(**answer: object) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say(load_s=time.perf_counter() - began_s)
    for line in sys.stdin:
        job = json.loads(line)
        sounds = [noise(clip_s, seed) for seed, clip_s in enumerate(job["clip_s"])]
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        count = getattr(system, job["what"])(job, sounds)
        _settle()
        say(
            wall_s=time.perf_counter() - wall_s,
            cpu_s=time.process_time() - cpu_s,
            count=count,
            stages=system.stages(),
            peak_mb=_peak_mb(),
        )


if __name__ == "__main__":
    main()
