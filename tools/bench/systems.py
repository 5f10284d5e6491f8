"""The systems that `bench_engine` compares, each in a process of its own."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.device import has_fbgemm, placement
from tests.engines.original_layout import write_original
from tools.bench.environment import as_the_program, environment_of
from tools.bench.jobs import job_of
from tools.bench.shapes import ROLES

# Clips at once: of 4, 8, 16, 32 (and 64, qasr) the best of each on an Intel Xeon with AMX (0.6b, 2
# threads).
AT_ONCE = {"qasr": 64, "qasr int8": 32, "qasr int4": 32, "generate": 32, "official": 16}
QUICK_AT_ONCE = 8
FEW_BITS = ("int8", "int4")
# Clips that are aligned, and at once: no system gains from more.
ALIGNED, ALIGNED_AT_ONCE = 8, 4
OFFICIAL = "qwen-asr==0.0.6"
_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to run the worker of a system: its interpreter, and what the worker is told.

    Attributes:
        tree: a checkout whose worker and package run; None = this one.
        cores: the only ones it may run on; None = all.
    """

    python: str
    settings: dict[str, Any]
    tree: Path | None = None
    cores: str | None = None


class Worker:
    """The process of a system, loaded. Leave the context to end it.

    Attributes:
        load_s: what its start took.
    """

    def __init__(self, name: str, start: Start) -> None:
        self._name = name
        tree = start.tree or _ROOT
        pinned = () if start.cores is None else ("taskset", "-c", start.cores)
        script = str(tree / "tools" / "bench_worker.py")
        is_ours = start.settings["system"] == "qasr"
        worker = as_the_program(script) if is_ours else [script]
        self._process = subprocess.Popen(
            [*pinned, start.python, *worker, json.dumps(start.settings)],
            # Before the installed package, which is this checkout's.
            env=environment_of(start.tree),
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
        """The worker's answer to a job."""
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


def few_bits_of(given: argparse.Namespace) -> list[str]:
    """The ways of `--quantize` that are asked for and can run here."""
    if given.device != "cpu" or not has_fbgemm():
        return []
    return [name for name in FEW_BITS if getattr(given, name)]


def all_systems(
    given: argparse.Namespace, folders: dict[Role, Path], folder: Path
) -> Iterator[System]:
    """Yield the systems that can run here."""
    settings = settings_of(given, folders)

    def system(name: str, python: str = sys.executable, **own: object) -> System:
        best = QUICK_AT_ONCE if given.quick else AT_ONCE.get(name, AT_ONCE["generate"])
        at_once = given.batch_size or best
        return System(
            name=name, start=Start(python=python, settings=settings | own), at_once=at_once
        )

    yield system("qasr", system="qasr")
    for name in few_bits_of(given):
        yield system(f"qasr {name}", system="qasr", quantize=name, dtype="auto")
    if placement(given.device, given.dtype).device.type == "cuda":
        yield system("qasr graphs", system="qasr", cuda_graphs=True)
    yield system("generate", system="generate")
    if given.static or given.device == "cuda":
        yield system("generate static", system="generate", static=True)
    python, reason = official_python(given)
    if python is None:
        print(f"official: skipped: {reason}", flush=True)
        return
    originals = _in_original_layout(folders, folder / f"{given.shape}-original")
    yield system("official", python, system="official", **originals)


def settings_of(given: argparse.Namespace, folders: dict[Role, Path]) -> dict[str, Any]:
    """What the workers of all systems are told alike."""
    place = placement(given.device, given.dtype)
    return {role: str(folders[role]) for role in ROLES} | {
        "device": given.device,
        "dtype": given.dtype,
        "quantize": "none",
        "cuda_graphs": False,
        "threads": given.threads,
        "kept": given.kept,
        "static": False,
        "dtype_resolved": str(place.dtype).removeprefix("torch."),
        "device_resolved": str(place.device),
    }


def _in_original_layout(folders: dict[Role, Path], target: Path) -> dict[str, str]:
    """The checkpoints in the layout that the official package reads, written once."""
    for role in ROLES:
        if not (target / role).exists():
            write_original(folders[role], target / role, role)
    return {f"{role}_original": str(target / role) for role in ROLES}


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
