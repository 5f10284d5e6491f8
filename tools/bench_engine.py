"""How fast are the models, beside their peers and beside what this machine can do?

    python -m tools.bench_engine [--shape demo|0.6b|1.7b] [--device cpu|cuda] [--quick]

Clips of 30 s (--quick: 10 s), 4 tokens and 2.5 words a second, random weights of the true shapes;
every system takes one batch of clips, as large as suits it best, stops every answer at the same
number of tokens, and lives in a process of its own, one at a time. One round runs all systems in
turn; ratios are medians over rounds of wall time within one round, so that what else the machine
does falls on all alike. What the machine can do is measured right before and after qasr's turn.
Ends with one line of JSON.

Systems: qasr, qasr --quantize int8 (CPU), qasr --cuda-graphs (CUDA), transformers' own `generate`
(--static: with a static cache and compiled), and the official qwen-asr package. That one pins
another transformers, so it gets an environment of its own beside ours, made with
--install-official DIR, or named by --official PYTHON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.device import Placement, has_fbgemm, placement
from qasr_cli.engines.qwen.model.linear import packing_for
from tests.engines.original_layout import write_original
from tools.bench_shapes import PLACES_A_S, checkpoint_of, work_of

ROLES: tuple[Role, ...] = ("recogniser", "aligner")
CLIP_S = 30
QUICK_CLIP_S = 10  # every stage costs nearly as much a second of sound as in clips of 30 s
TOKENS_A_S = 4
WORDS_A_S = 2.5
PROMPT_TOKENS = 18  # around the sound
QUICK_S = 420.0  # --quick begins no round that would end later
ROUNDS = 5
# Clips at once: of 4, 8, 16, 32 (and 64, qasr) the best of each on an Intel Xeon with AMX (0.6b, 2
# threads).
AT_ONCE = {"qasr": 64, "qasr int8": 32, "generate": 32, "official": 16}
QUICK_AT_ONCE = 8
# Clips that are aligned, and at once: no system gains from more.
ALIGNED, ALIGNED_AT_ONCE = 8, 4
OFFICIAL = "qwen-asr==0.0.6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to run the worker of a system: its interpreter, and what the worker is told."""

    python: str
    settings: dict[str, Any]


class Worker:
    """The process of a system, loaded. Leave the context to end it.

    Attributes:
        load_s: what its start took.
    """

    def __init__(self, name: str, start: Start) -> None:
        self._name = name
        self._process = subprocess.Popen(
            [
                start.python,
                str(Path(__file__).with_name("bench_worker.py")),
                json.dumps(start.settings),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.load_s: float = self._listen()["load_s"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def work(self, job: dict[str, Any]) -> dict[str, Any]:
        """What it says of a job."""
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        return self._listen()

    def _listen(self) -> dict[str, Any]:
        """Its next answer.

        Raises:
            RuntimeError: it ended instead.
        """
        line = "" if self._process.stdout is None else self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(slots=True, kw_only=True, eq=False)
class System:
    """What the processes of a system answered: one answer a round, by kind of work.

    Attributes:
        at_once: clips that it recognises at once.
    """

    name: str
    start: Start
    at_once: int
    load_s: float = 0.0
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def cost(self, *kinds: str, clock: str = "wall_s") -> list[float]:
        """Seconds that a second of sound took, in each round; "cpu_s" counts all threads."""
        return [
            sum(answer[clock] / answer["audio_s"] for answer in some)
            for some in zip(*(self.answers[kind] for kind in kinds), strict=True)
        ]


# Seconds that pass; of `time.process_time`, seconds that all threads of this process computed.
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall_s": time.perf_counter, "cpu_s": time.process_time}


# --- the machine ------------------------------------------------------------------------------


def middle_of(work: Callable[[], object], clock: Clock, times: int = 15) -> float:
    """Seconds that some work takes, in the median."""
    taken_s = []
    for _ in range(times):
        began_s = clock()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken_s.append(clock() - began_s)
    return median(taken_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What it reaches, for a moment.

    Attributes:
        bytes_a_s: read from memory.
        flop_a_s: of a product of large matrices in the working number format, laid out for it.
    """

    bytes_a_s: float
    flop_a_s: float

    @classmethod
    def measured(cls, place: Placement, clock: Clock) -> Self:
        """Streaming bandwidth and matrix rate."""
        numbers = torch.ones(1 << 27, device=place.device)
        large = torch.randn(2048, 2048, device=place.device, dtype=place.dtype)
        product = packing_for(place).product(large)
        product(large)
        return cls(
            bytes_a_s=numbers.nbytes / middle_of(numbers.sum, clock),
            flop_a_s=2 * 2048**3 / middle_of(lambda: product(large), clock),
        )

    def mean(self, other: "Machine") -> "Machine":
        """Between two moments."""
        return Machine(
            bytes_a_s=(self.bytes_a_s + other.bytes_a_s) / 2,
            flop_a_s=(self.flop_a_s + other.flop_a_s) / 2,
        )


def least_cost(
    machine: Machine, folders: dict[Role, Path], rows: int, clip_s: int, number_bytes: int
) -> dict[str, float]:
    """Seconds that a second of sound takes at least on that machine, by kind of work."""
    config = {role: json.loads((folders[role] / "config.json").read_bytes()) for role in ROLES}
    prompt = clip_s * PLACES_A_S + PROMPT_TOKENS
    hear = work_of(
        config["recogniser"],
        clip_s=clip_s,
        prompt_tokens=prompt,
        head_size=config["recogniser"]["text_config"]["vocab_size"],
        number_bytes=number_bytes,
    )
    words = round(clip_s * WORDS_A_S)
    timing = work_of(
        config["aligner"],
        clip_s=clip_s,
        prompt_tokens=clip_s * PLACES_A_S + 2 + 3 * words,
        head_size=0,
        number_bytes=number_bytes,
    )
    recognise = rows * (hear.encode + hear.read) / machine.flop_a_s
    for number in range(clip_s * TOKENS_A_S):
        compute_s = rows * hear.write / machine.flop_a_s
        read_bytes = hear.weight_bytes + rows * (prompt + number) * hear.cache_bytes
        recognise += max(compute_s, read_bytes / machine.bytes_a_s)
    return {
        "recognise": recognise / (rows * clip_s),
        "align": (timing.encode + timing.read) / machine.flop_a_s / clip_s,
    }


# --- the systems ------------------------------------------------------------------------------


def install_official(folder: Path) -> str:
    """An environment in which the official package should be; its interpreter."""
    python = str(folder / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # The same torch for both; what the package pins comes before it.
    (site / "ours.pth").write_text(str(Path(torch.__file__).parent.parent), encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", "-q", OFFICIAL], check=False)
    return python


def official_python(given: argparse.Namespace) -> tuple[str | None, str]:
    """An interpreter that has the official package, or None and the reason."""
    python = given.official
    if given.install_official is not None:
        python = install_official(Path(given.install_official))
    if python is None:
        return None, "neither --official nor --install-official is given"
    done = subprocess.run(
        [python, "-c", "import qwen_asr"], capture_output=True, text=True, check=False
    )
    last_line = done.stderr.strip().rpartition("\n")[2]
    return (python, "") if done.returncode == 0 else (None, f"it cannot be imported: {last_line}")


def all_systems(
    given: argparse.Namespace, folders: dict[Role, Path], folder: Path
) -> Iterator[System]:
    """Those that can run here."""
    place = placement(given.device, given.dtype)
    settings: dict[str, Any] = {role: str(folders[role]) for role in ROLES} | {
        "device": given.device,
        "dtype": given.dtype,
        "quantize": "none",
        "cuda_graphs": False,
        "threads": given.threads,
        "static": False,
        "dtype_resolved": str(place.dtype).removeprefix("torch."),
        "device_resolved": str(place.device),
    }

    def system(name: str, python: str = sys.executable, **own: object) -> System:
        best = QUICK_AT_ONCE if given.quick else AT_ONCE.get(name, AT_ONCE["generate"])
        at_once = given.batch_size or best
        return System(
            name=name, start=Start(python=python, settings=settings | own), at_once=at_once
        )

    yield system("qasr", system="qasr")
    if given.int8 and given.device == "cpu" and has_fbgemm():
        yield system("qasr int8", system="qasr", quantize="int8", dtype="auto")
    if place.device.type == "cuda":
        yield system("qasr graphs", system="qasr", cuda_graphs=True)
    yield system("generate", system="generate")
    if given.static or given.device == "cuda":
        yield system("generate static", system="generate", static=True)
    python, reason = official_python(given)
    if python is None:
        print(f"official: skipped: {reason}", flush=True)
        return
    for role in ROLES:
        original = folder / f"{given.shape}-original" / role
        if not original.exists():
            write_original(folders[role], original, role)
        settings[f"{role}_original"] = str(original)
    yield system("official", python, system="official")


def run_jobs(system: System, clip_s: int) -> None:
    """One round of one system, in a process that ends with it: memory holds one system only."""
    jobs = {
        "recognise": job_of("recognise", system.at_once, clip_s, system.at_once),
        "align": job_of("align", ALIGNED, clip_s, ALIGNED_AT_ONCE),
    }
    warm_up = {"clip_s": [2], "tokens": [4], "words": [4], "batch": 1}
    with Worker(system.name, system.start) as worker:
        system.load_s = worker.load_s
        for kind, job in jobs.items():
            worker.work(warm_up | {"what": kind})
            answer = worker.work(job) | {"audio_s": sum(job["clip_s"])}
            system.answers.setdefault(kind, []).append(answer)
            took = f"{answer['wall_s']:7.1f} s ({answer['cpu_s']:.1f} s of CPU)"
            print(f"  {system.name:16} {kind:10} {took}", flush=True)


# --- the program ------------------------------------------------------------------------------


def ratio(system: System | None, to: System, *kinds: str, clock: str = "wall_s") -> float | None:
    """How many times as fast as another one it is; the median of rounds."""
    if system is None:
        return None
    pairs = zip(system.cost(*kinds, clock=clock), to.cost(*kinds, clock=clock), strict=True)
    return round(median(theirs_s / ours_s for ours_s, theirs_s in pairs), 2)


Ideal = dict[str, list[dict[str, float]]]  # by clock, one a round: `least_cost`


def share(system: System, ideal: Ideal, *kinds: str, clock: str = "wall_s") -> float:
    """How much of what the machine could do in a round it reached; the median of rounds."""
    pairs = zip(ideal[clock], system.cost(*kinds, clock=clock), strict=True)
    return round(median(sum(least[kind] for kind in kinds) / cost for least, cost in pairs), 2)


def report(systems: dict[str, System], ideal: Ideal) -> dict[str, Any]:
    """Print a table; the figures of the line of JSON."""
    for system in systems.values():
        both = median(system.cost("recognise", "align"))
        cpu_ms = 1e3 * median(system.cost("recognise", "align", clock="cpu_s"))
        hear = median(system.cost("recognise"))
        print(
            f"{system.name:16} recognise {1 / hear:6.2f} x  "
            f"align {1 / median(system.cost('align')):6.2f} x  both {1 / both:6.2f} x  "
            f"{cpu_ms:6.1f} CPU ms/audio s  {TOKENS_A_S / hear:6.1f} tokens/s  "
            f"peak {system.answers['align'][-1]['peak_mb']:6.0f} MB  start {system.load_s:4.1f} s"
        )
        for kind, answers in system.answers.items():
            for stage in answers[0]["stages"]:
                us = 1e6 * median(a["stages"][stage] / a["audio_s"] for a in answers)
                print(f"    {kind:10} {stage:8} {us:9.0f} us/audio s")
    ours, generate = systems["qasr"], systems["generate"]
    kinds = ("recognise", "align")
    figures: dict[str, Any] = {
        "rtfx": round(1 / median(ours.cost(*kinds)), 2),
        "rtfx_recognise": round(1 / median(ours.cost("recognise")), 2),
        "vs_generate": ratio(ours, generate, *kinds),
        "vs_generate_recognise": ratio(ours, generate, "recognise"),
        "vs_generate_cpu_time": ratio(ours, generate, *kinds, clock="cpu_s"),
        "vs_generate_recognise_cpu_time": ratio(ours, generate, "recognise", clock="cpu_s"),
        "vs_official": None,
        "roofline": share(ours, ideal, *kinds),
        "roofline_recognise": share(ours, ideal, "recognise"),
        "roofline_cpu_time": share(ours, ideal, *kinds, clock="cpu_s"),
        "roofline_recognise_cpu_time": share(ours, ideal, "recognise", clock="cpu_s"),
    }
    quick = systems.get("qasr int8")
    if quick is not None:
        figures["vs_generate_int8"] = ratio(quick, generate, *kinds)
        figures["vs_generate_recognise_int8"] = ratio(quick, generate, "recognise")
        for name, some in (("", kinds), ("_recognise", ("recognise",))):
            key = f"vs_generate{name}_int8_cpu_time"
            figures[key] = ratio(quick, generate, *some, clock="cpu_s")
    if "official" in systems:
        figures["vs_official"] = ratio(ours, systems["official"], *kinds)
        figures["vs_official_cpu_time"] = ratio(ours, systems["official"], *kinds, clock="cpu_s")
        figures["vs_official_int8"] = ratio(quick, systems["official"], *kinds)
    if "generate static" in systems:
        figures["vs_generate_static"] = ratio(ours, systems["generate static"], *kinds)
    return figures


def bench(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all systems round after round."""
    folders = {role: checkpoint_of(given.shape, role, folder) for role in ROLES}
    place = placement(given.device, given.dtype)
    torch.set_num_threads(given.threads)
    clip_s = QUICK_CLIP_S if given.quick else CLIP_S
    systems = {system.name: system for system in all_systems(given, folders, folder)}
    ideal: Ideal = {name: [] for name in CLOCKS}
    began_s = time.perf_counter()
    for _ in range(given.rounds):
        round_began_s = time.perf_counter()
        for system in list(systems.values()):
            before = {name: Machine.measured(place, clock) for name, clock in CLOCKS.items()}
            try:
                run_jobs(system, clip_s)
            except RuntimeError as error:
                if system.name != "official":
                    raise
                print(f"official: skipped: {error}", flush=True)
                del systems[system.name]
            if system.name == "qasr":
                for name, clock in CLOCKS.items():
                    machine = before[name].mean(Machine.measured(place, clock))
                    print(
                        f"  {name}: {machine.bytes_a_s / 1e9:.1f} GB/s, "
                        f"{machine.flop_a_s / 1e9:.0f} GFLOP/s"
                    )
                    least = least_cost(
                        machine,
                        folders,
                        system.at_once,
                        clip_s,
                        place.dtype.itemsize,
                    )
                    ideal[name].append(least)
        now_s = time.perf_counter()
        if given.quick and now_s - began_s + (now_s - round_began_s) > QUICK_S:
            break
    return report(systems, ideal)


def job_of(kind: str, clip_count: int, clip_s: int, at_once: int) -> dict[str, Any]:
    """What every system has to do."""
    return {
        "what": kind,
        "clip_s": [clip_s] * clip_count,
        "tokens": [clip_s * TOKENS_A_S] * clip_count,
        "words": [round(clip_s * WORDS_A_S)] * clip_count,
        "batch": at_once,
    }


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=("demo", "0.6b", "1.7b"), default="demo")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch-size", type=int, help="clips at once; each system's own best")
    parser.add_argument("--int8", action="store_true", help="qasr --quantize int8, too (CPU)")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="few rounds: under ten minutes")
    parser.add_argument("--static", action="store_true", help="generate with a static cache too")
    parser.add_argument("--official", metavar="PYTHON", help="an interpreter that has qwen-asr")
    parser.add_argument("--install-official", metavar="DIR", help="make an environment for it")
    parser.add_argument("--weights", metavar="DIR", help="keep the random checkpoints here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = bench(given, Path(given.weights or folder))
    how = {
        "shape": given.shape,
        "device": given.device,
        "threads": given.threads,
        "batch": given.batch_size or AT_ONCE,
    }
    print(json.dumps(how | figures))


if __name__ == "__main__":
    main()
