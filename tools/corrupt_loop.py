"""Damage the state of a finished folder at random, run again, and see that nobody's work is lost.

    python -m tools.corrupt_loop [--count 200] [--seed 0]

A folder is done once; a subtitle in it is then edited by hand. For each seed one to three files in
its `.qasr` are damaged: bytes flipped, JSON values of other types, nesting, lines cut, repeated,
swapped with another file, emptied, made a folder, a FIFO or a link. The next run may do work again,
but it must end by itself with a code of its own and no traceback, and then every output must be
what it would be without the damage: what was edited stands there, what was unfinished is done.
After one more run the same holds. Only where a folder of qasr's own is no folder, or its lock or
journal no file, may it end with 3, in one line that names it. Ends with 1 when anything of that
fails, and says the seed.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from qasr_cli.api import many as _loaded_for_all_copies  # noqa: F401
from qasr_cli.cli import main as command_line
from tools.damage import MUTATIONS, SOMEBODYS, files_of_state
from tools.kill_loop import RECORDINGS, Kill, outputs_of, run_and_kill
from tools.write_order import CAREFUL_RENAMES

NAMES = ("announcement.wav", "nested/day-1/note.wav")
EDITED = SOMEBODYS
BROKEN = "broken.wav"  # a recording that fails for good, so that the journal says so
UNFINISHED = "interview.wav"  # of which a killed run left a spool and a crash mark
CODES = (0, 1)  # 1: the broken recording
IN_THE_WAY_CODE = 3
GIVE_UP_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended; `code` None = it did not."""

    code: int | None
    said: str


def command_of(folder: Path) -> list[str]:
    """One batch with the fake engine."""
    return [
        *(sys.executable, "-m", "qasr_cli", "batch", str(folder), "--quiet", "-f", "srt,json"),
        *("--engine", "fake", "--vad", "energy"),
    ]


def run(folder: Path) -> Ran:
    """How a batch ended, in a copy of this process, which has loaded all that it needs."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _run_here(folder, said.fileno())
        code = _code_of(child)
        said.seek(0)
        return Ran(code=code, said=said.read().decode(errors="replace").strip())


def _run_here(folder: Path, said: int) -> NoReturn:
    code = 70
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor, stream in ((0, nowhere), (1, nowhere), (2, said)):
            os.dup2(stream, descriptor)
        code = command_line.run(command_of(folder)[3:])
        sys.stderr.flush()
    finally:
        os._exit(code)


def _code_of(child: int) -> int | None:
    """How it ended; None where it had to be ended."""
    give_up_s = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_s:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


class CorruptLoop:
    """A folder that was done, and copies of it that are damaged."""

    def __init__(self, top: Path) -> None:
        self._folder = top / "in"  # always the same, so that qasr knows its files again
        self._template = top / "template"
        _prepare(self._folder)
        shutil.copytree(self._folder, self._template)
        self._before = outputs_of(self._folder)
        run(self._folder)
        self._expected = outputs_of(self._folder)

    def trial(self, seed: int) -> list[str]:
        """What is wrong after the damage of this seed, two lines at most; [] when nothing is."""
        rng = random.Random(seed)  # noqa: S311  # damage, not secrets
        shutil.rmtree(self._folder)
        shutil.copytree(self._template, self._folder)
        done = ", ".join(self._damage(rng))
        wrong = [self._wrong(run(self._folder)) for _ in ("the next run", "one more")]
        return [f"{done}: run {n}: {line}" for n, lines in enumerate(wrong, 1) for line in lines]

    def _damage(self, rng: random.Random) -> list[str]:
        done = []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            files = files_of_state(self._folder / ".qasr")
            if files:
                path, mutation = rng.choice(files), rng.choice(MUTATIONS)
                mutation(path, rng)
                done.append(f"{mutation.__name__} {path.relative_to(self._folder)}")
        return done

    def _wrong(self, ran: Ran) -> list[str]:
        found = outputs_of(self._folder)
        stands_in_the_way = (
            ran.code == IN_THE_WAY_CODE
            and len(ran.said.splitlines()) == 1
            and any(place in ran.said for place in _wrong_places(self._folder / ".qasr"))
        )
        wanted = self._before if stands_in_the_way else self._expected
        differ = sorted(n for n in wanted.keys() | found.keys() if found.get(n) != wanted.get(n))
        checks = {
            f"did not end in {GIVE_UP_S:.0f} s": ran.code is None,
            f"ended with {ran.code}: {ran.said[-800:]}": ran.code not in (*CODES, None)
            and not stands_in_the_way,
            f"a traceback: {ran.said[-800:]}": "Traceback" in ran.said,
            f"lost, replaced or new: {differ}; {ran.said[-800:]}": differ,
        }
        return [complaint for complaint, is_wrong in checks.items() if is_wrong]


def _wrong_places(state: Path) -> list[str]:
    """Where something that is no folder stands in place of one, or no file in place of one."""
    inner = ("", "results", "results/nested", "results/nested/day-1", "spool", "begun")
    folders = [state / name for name in inner if os.path.lexists(state / name)]
    files = [state / name for name in ("lock", "journal.jsonl") if os.path.lexists(state / name)]
    wrong = [path for path in folders if not path.is_dir()]
    wrong += [path for path in files if path.is_symlink() or not path.is_file()]
    return list(map(str, wrong))


def _prepare(folder: Path) -> None:
    """Files that are done, an edited subtitle, a failure, and a file that a run left unfinished."""
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(RECORDINGS / name, folder / name)
    (folder / BROKEN).write_bytes(b"RIFF" + bytes(60))
    run(folder)
    subtitle = folder / EDITED
    subtitle.write_bytes(subtitle.read_bytes() + b"edited by hand\n")
    shutil.copy2(RECORDINGS / UNFINISHED, folder / UNFINISHED)
    if shutil.which("strace") is not None:
        # Before its first output: then all of it is spooled, and the journal names its outputs.
        run_and_kill(command_of(folder), folder, Kill(calls=CAREFUL_RENAMES, when=1))


def main() -> int:
    """Run the loop; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the first")
    given = parser.parse_args()
    bad_count = 0
    with tempfile.TemporaryDirectory(prefix="qasr-corrupt-") as top:
        loop = CorruptLoop(Path(top))
        for seed in range(given.seed, given.seed + given.count):
            complaints = loop.trial(seed)
            bad_count += bool(complaints)
            for complaint in complaints:
                print(f"seed {seed}: {complaint}", flush=True)
    print(f"{given.count} folders damaged, {bad_count} of them with something wrong afterwards")
    return 1 if bad_count else 0


if __name__ == "__main__":
    sys.exit(main())
