"""The steps of a trial in order of worth, and each in a process that costs only itself."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.gpu_trial import child
from tools.gpu_trial.settings import Found, Settings

ROOT = Path(__file__).resolve().parents[2]
_STDERR_CHARACTERS = 2000
_STATES = {child.OK: "ok", child.SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        work: module of this folder, and a word for it after a colon.
        limit_s: what it may take; about twice what it should take on an H100.
        kept_s: what steps before leave for it.
    """

    name: str
    work: str
    limit_s: float
    kept_s: float = 0.0


def steps_of(shapes: tuple[str, ...], *, is_quick: bool, is_cuda: bool) -> Iterator[Step]:
    """Yield what a trial does, the most worth first."""
    yield Step(name="facts", work="facts", limit_s=75)
    yield Step(name="demo pair", work="demo_pair", limit_s=75)
    if not is_quick:
        yield Step(name="gpu tests", work="marked_tests", limit_s=60)
    for shape in shapes:
        yield Step(name=f"weights {shape}", work=f"weights:{shape}", limit_s=60)
        for kind in ("captured", "eager", "generate") if is_cuda else ("eager", "generate"):
            yield Step(name=f"{kind} {shape}", work=f"speed:{shape},{kind}", limit_s=80)
    if not is_quick:
        if is_cuda:
            yield Step(name="8 GB", work=f"small_gpu:{shapes[0]}", limit_s=60, kept_s=35)
        yield Step(name="kernels", work=f"kernels:{shapes[0]}", limit_s=60, kept_s=30)


def seconds_kept(steps: Sequence[Step]) -> Iterator[float]:
    """Yield for each step what it leaves to those behind it."""
    for index in range(len(steps)):
        yield sum(step.kept_s for step in steps[index + 1 :])


def run_step(step: Step, settings: Settings, *, left_s: float) -> Found:
    """What came of a step: its state, seconds, what it found, and its error where there is one."""
    limit_s = min(step.limit_s, left_s)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "found.json"
        log = Path(folder) / "stderr"
        state = _state_of(_command(step, settings, path, limit_s), limit_s, log)
        found = child.found_in(path)
        said = log.read_text(encoding="utf-8", errors="replace")[-_STDERR_CHARACTERS:]
    outcome: Found = {
        "name": step.name,
        "state": state,
        "wall_s": round(time.monotonic() - began_s, 1),
        "error": found.pop("error", None),
        "found": found,
    }
    if state not in _STATES.values():
        outcome["stderr"] = said.splitlines()
    return outcome


def _command(step: Step, settings: Settings, path: Path, limit_s: float) -> list[str]:
    start = [sys.executable, "-m", "tools.gpu_trial.child"]
    return [*start, step.work, settings.to_json(), str(path), str(limit_s)]


def _state_of(command: list[str], limit_s: float, log: Path) -> str:
    """How a process ended, with all that it started."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return f"stopped after {limit_s:.0f} s"
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and left nobody behind
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return _STATES.get(code, "failed" if code == child.FAILED else f"ended with {code}")
