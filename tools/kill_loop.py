"""Kill batches at every moment, run them again, and compare with a run that nobody disturbed.

    python -m tools.kill_loop [--runs 200] [--engine fake|demo] [--seed 0]

In turn at the next call that opens or writes an output under its own name, journal line, write,
fsync, rename or link, and removal of a run (through `strace -e inject`) and at a random moment, so
that few runs try every kind too. No output may be torn then, and what is marked as done must be
there. After one more run every output must be what it would have been, byte for byte; no file that
was done when the run was killed may be done again; no temporary, no spool may be left. What killing
cannot show, such as a missing fsync, is looked for in the order of the calls of a run that nobody
kills (`tools.write_order`). Ends with 1 when anything of that fails. Needs strace.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.write_order import (
    CAREFUL_RENAMES,
    LINKS,
    OPENS,
    REMOVALS,
    RENAMES,
    SYNCS,
    WRITES,
    calls_of_run,
    complaints_of_order,
)

RECORDINGS = Path(__file__).resolve().parent.parent / "examples" / "recordings"
NAMES = ("announcement.wav", "interview.wav", "chinese.flac", "nested/day-1/note.wav")
ENGINES = {"fake": ("--engine", "fake"), "demo": ("--model", "demo", "--dtype", "float32")}
POLL_S = 0.01
GIVE_UP_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A moment: the n-th system call of a kind, or so many seconds after the run took its lock.

    Attributes:
        calls: of the main thread, as strace names them; None for a moment in time.
        on: only calls on these files count; None = on any.
    """

    calls: str | None
    when: float
    on: Literal["journal", "outputs"] | None = None

    def __str__(self) -> str:
        if self.calls is None:
            return f"{self.when:.2f} s after its start"
        return f"{self.on or 'any'} {self.calls.replace('?', '')} number {self.when:g}"


def batch_command(folder: Path, engine: str) -> list[str]:
    """The run that is killed."""
    return [
        *(sys.executable, "-m", "qasr_cli", "batch", str(folder), "--quiet", "-f", "srt,json"),
        *("--max-crashes", "0", *ENGINES[engine]),
    ]


def prepare(folder: Path, names: Sequence[str]) -> None:
    """Copy the recordings into a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(RECORDINGS / name, folder / name)


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Output -> content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for suffix in ("srt", "json")
        for path in folder.rglob(f"[!.]*.{suffix}")
        if ".qasr" not in path.parts and path.name != "processing_report.json"
    }


def marks_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Finished output -> what would differ if it had been written again."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (folder / ".qasr" / "results").rglob("*.json")
    }


def marked_outputs(folder: Path) -> dict[str, str]:
    """Output -> the sha256 of its content, as the marks of finished files say."""
    results = (folder / ".qasr" / "results").rglob("*.json")
    marks = (json.loads(result.read_bytes())["mark"] for result in results)
    return {output["path"]: output["sha256"] for mark in marks for output in mark["outputs"]}


def belied_marks(folder: Path) -> list[str]:
    """Outputs that are marked as done, and are not there as marked."""
    found = outputs_of(folder)
    return sorted(
        name
        for name, sha256 in marked_outputs(folder).items()
        if hashlib.sha256(found.get(name, b"not there")).hexdigest() != sha256
    )


def run_and_kill(command: list[str], folder: Path, kill: Kill, outputs: Iterable[str] = ()) -> bool:
    """Whether the run was killed before it ended by itself.

    Args:
        outputs: their paths below the folder.
    """
    if kill.calls is None:
        return _killed_later(command, folder, kill.when)
    names = {"journal": (".qasr/journal.jsonl",), "outputs": outputs, None: ()}[kill.on]
    paths = [part for name in names for part in ("-P", str(folder / name))]
    inject = f"inject={kill.calls}:signal=KILL:when={kill.when:g}"
    # The main thread alone: ffmpeg writes, too, and no other thread does.
    ran = subprocess.run(
        [
            *("strace", "-qq", "-o", os.devnull),
            *("-e", f"trace={kill.calls}", *paths, "-e", inject),
            *command,
        ],
        check=False,
        stderr=subprocess.DEVNULL,
        timeout=GIVE_UP_S,
    )
    return ran.returncode != 0


def _killed_later(command: list[str], folder: Path, delay_s: float) -> bool:
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (folder / ".qasr" / "lock").exists():
            time.sleep(POLL_S)
        time.sleep(delay_s)
        process.kill()
        return process.wait() == -signal.SIGKILL


def complaints_after(
    command: list[str], folder: Path, expected: dict[str, bytes], done: dict[str, tuple[int, int]]
) -> list[str]:
    """What is wrong after one more run, which must leave `done` alone; [] when nothing is."""
    again = subprocess.run(command, check=False, stderr=subprocess.DEVNULL, timeout=GIVE_UP_S)
    found = outputs_of(folder)
    wrong = sorted(n for n in found.keys() | expected.keys() if found.get(n) != expected.get(n))
    redone = sorted(name for name, mark in done.items() if marks_of(folder).get(name) != mark)
    left = [
        p.name
        for p in folder.rglob("*")
        if p.suffix in {".tmp", ".swap"} or p.parent.name == "spool"
    ]
    checks = {
        f"the next run ended with {again.returncode}": again.returncode != 0,
        f"not as undisturbed: {wrong}": wrong,
        f"done twice: {redone}": redone,
        f"not as its mark says: {(belied := belied_marks(folder))}": belied,
        f"not marked: {(unmarked := sorted(found.keys() - marked_outputs(folder)))}": unmarked,
        f"left: {left}": left,
    }
    return [complaint for complaint, is_wrong in checks.items() if is_wrong]


def trial(kill: Kill, engine: str, names: Sequence[str], expected: dict[str, bytes]) -> bool | None:
    """Whether all is well after a kill and one more run; None when the run ended before it."""
    with tempfile.TemporaryDirectory(prefix="qasr-kill-") as top:
        folder = Path(top) / "in"
        prepare(folder, names)
        command = batch_command(folder, engine)
        if not run_and_kill(command, folder, kill, expected):
            return None
        torn = [name for name, data in outputs_of(folder).items() if data != expected[name]]
        complaints = [f"torn: {torn}"] if torn else []
        if belied := belied_marks(folder):
            complaints.append(f"marked, and not there: {belied}")
        complaints += complaints_after(command, folder, expected, marks_of(folder))
    for complaint in complaints:
        print(f"killed at {kill}: {complaint}", flush=True)
    return not complaints


def order_complaints(engine: str, names: Sequence[str], expected: dict[str, bytes]) -> list[str]:
    """What a power cut could harm, seen in a run that nobody kills."""
    with tempfile.TemporaryDirectory(prefix="qasr-kill-") as top:
        folder = Path(top) / "in"
        prepare(folder, names)
        calls = calls_of_run(batch_command(folder, engine), Path(top) / "strace.log")
        return complaints_of_order(calls, folder, expected.keys())


def undisturbed(engine: str, names: Sequence[str]) -> tuple[dict[str, bytes], float]:
    """The outputs to expect, and the wall seconds that they take."""
    with tempfile.TemporaryDirectory(prefix="qasr-kill-") as top:
        folder = Path(top) / "in"
        prepare(folder, names)
        began_s = time.monotonic()
        subprocess.run(batch_command(folder, engine), check=True)
        return outputs_of(folder), time.monotonic() - began_s


def kinds_of_moments(wall_s: float, seed: int) -> list[Iterator[Kill]]:
    """For each kind of call all its moments from the first; and random ones without end."""
    rng = random.Random(seed)  # noqa: S311  # moments, not secrets
    return [
        _every_call(WRITES, on="outputs"),
        _every_call(OPENS, on="outputs"),
        _every_call(WRITES, on="journal"),
        _every_call(WRITES),
        _every_call(SYNCS),
        _every_call(RENAMES),
        _every_call(CAREFUL_RENAMES),
        _every_call(LINKS),
        _every_call(REMOVALS),
        (Kill(calls=None, when=rng.uniform(0, wall_s)) for _ in itertools.count()),
    ]


def _every_call(calls: str, *, on: Literal["journal", "outputs"] | None = None) -> Iterator[Kill]:
    return (Kill(calls=calls, when=n, on=on) for n in itertools.count(1))


def main() -> int:
    """Run the loop; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--engine", choices=ENGINES, default="fake")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    expected, wall_s = undisturbed(given.engine, NAMES)
    disorder = order_complaints(given.engine, NAMES, expected)
    for complaint in disorder:
        print(f"a power cut could harm: {complaint}", flush=True)
    kinds = deque(kinds_of_moments(wall_s, given.seed))
    killed_count = bad_count = 0
    while killed_count < given.runs:
        kill = next(kinds[0])
        outcome = trial(kill, given.engine, NAMES, expected)
        if outcome is not None:
            killed_count += 1
            bad_count += not outcome
            print(f"{killed_count} killed, {bad_count} wrong; last: {kill}", flush=True)
            kinds.rotate(-1)
        elif kill.calls is not None:
            print(f"a run ended before {kill}", flush=True)
            kinds.popleft()
    print(f"{killed_count} runs killed, {bad_count} of them with something wrong afterwards")
    return 1 if bad_count or disorder else 0


if __name__ == "__main__":
    sys.exit(main())
