"""Whole processes beside each other, start included: qasr, and programs that were not made here.

A peer is a command line, run as it is for one clip and once more for many. In it stand for

    {clips}    the paths of the clips, WAV files of 16 kHz, each an argument
    {count}    how many they are
    {seconds}  of each
    {tokens}   that an answer to each should have, where the command can be told
    {threads}  that it may use
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tools.bench.environment import as_the_program, environment_of
from tools.bench.jobs import SAMPLE_RATE_HZ, job_of, noise

ALONE, TOGETHER = 1, 4
_FULL_SCALE = 32767
_CLIPS = "{clips}"
_WORKER = Path(__file__).parent.parent / "bench_worker.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program that hears clips."""

    name: str
    command: str

    def arguments(self, clips: Sequence[Path], clip_s: int, threads: int) -> list[str]:
        """Its command line for these clips."""
        (tokens, *_) = job_of("recognise", 1, clip_s, 1)["tokens"]
        known = {"count": len(clips), "seconds": clip_s, "tokens": tokens, "threads": threads}
        arguments: list[str] = []
        for word in shlex.split(self.command):
            if word == _CLIPS:
                arguments += map(str, clips)
                continue
            for name, value in known.items():
                word = word.replace(f"{{{name}}}", str(value))  # noqa: PLW2901
            arguments.append(word)
        return arguments


def peer_from(text: str) -> Peer:
    """What `--peer NAME=COMMAND` names.

    Raises:
        ValueError: there is no name, or no command.
    """
    name, _, command = text.partition("=")
    if not name or not command.strip():
        raise ValueError(f"--peer {text}: takes NAME=COMMAND")
    return Peer(name=name, command=command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds that a whole process took for a second of sound."""

    wall_s: float
    cpu_s: float


Run = Callable[[Sequence[Path]], Cost]


def compare(
    peers: Sequence[Peer], settings: dict[str, Any], *, clip_s: int, rounds: int
) -> dict[str, Any]:
    """Figures for the line of JSON; what each process took is printed."""
    threads = settings["threads"]

    def ours(clips: Sequence[Path]) -> Cost:
        job = job_of("recognise", len(clips), clip_s, len(clips))
        command = [sys.executable, *as_the_program(str(_WORKER)), json.dumps(settings)]
        return _cost(command, clip_s * len(clips), stdin=json.dumps(job) + "\n")

    runs: dict[str, Run] = {"qasr": ours}
    for peer in peers:
        runs[peer.name] = lambda clips, peer=peer: _cost(  # type: ignore[misc]  # mypy and defaults
            peer.arguments(clips, clip_s, threads), clip_s * len(clips)
        )
    costs: dict[tuple[str, int], list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        clips = list(_clips(Path(folder), TOGETHER, clip_s))
        ours(clips[:ALONE])  # what is kept from start to start is there now
        for _ in range(rounds):
            for count in (ALONE, TOGETHER):
                for name, run in runs.items():
                    cost = run(clips[:count])
                    costs.setdefault((name, count), []).append(cost)
                    took = f"{1e3 * cost.wall_s:7.1f} ms ({1e3 * cost.cpu_s:.1f} ms of CPU)"
                    print(f"  {name:16} {count} x {clip_s} s  {took} a second", flush=True)
    return {name: _figures(costs, name) for name in runs}


def _figures(costs: dict[tuple[str, int], list[Cost]], name: str) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for title, count in (("alone", ALONE), ("together", TOGETHER)):
        ours, theirs = costs["qasr", count], costs[name, count]
        figures[title] = {
            "wall_ms": round(1e3 * median(cost.wall_s for cost in theirs), 1),
            "cpu_ms": round(1e3 * median(cost.cpu_s for cost in theirs), 1),
            "qasr_is_times_as_fast": _ratio([c.wall_s for c in theirs], [c.wall_s for c in ours]),
            "by_cpu_time": _ratio([c.cpu_s for c in theirs], [c.cpu_s for c in ours]),
        }
    return figures


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    ratio = median(a / b for a, b in zip(theirs, ours, strict=True))
    return float(f"{ratio:.3g}")  # of a peer that is much faster, too


def _cost(command: Sequence[str], sound_s: float, *, stdin: str = "") -> Cost:
    """What a process costs, from its start to its end, children included.

    Raises:
        RuntimeError: it fails.
    """
    before, began_s = os.times(), time.perf_counter()
    done = subprocess.run(
        command, input=stdin, env=environment_of(), capture_output=True, text=True, check=False
    )
    after, ended_s = os.times(), time.perf_counter()
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr.strip()[-500:]}")
    cpu_s = sum(
        getattr(after, name) - getattr(before, name)
        for name in ("children_user", "children_system")
    )
    return Cost(wall_s=(ended_s - began_s) / sound_s, cpu_s=cpu_s / sound_s)


def _clips(folder: Path, count: int, clip_s: int) -> Iterator[Path]:
    for seed in range(count):
        path = folder / f"clip-{seed}.wav"
        samples = np.clip(noise(clip_s, seed), -1, 1) * _FULL_SCALE
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(samples.astype("<i2").tobytes())
        yield path
