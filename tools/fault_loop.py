"""Fail every write, fsync, rename and link of a batch in turn, and see that no file is harmed.

    python -m tools.fault_loop [--errors ENOSPC,EIO,EROFS]

A folder that was done once is done again with other settings, while its disk refuses the n-th call,
for n = 1, 2, ... until a run makes fewer calls (through `strace -e inject`). Each time the run must
end with a code of its own, every output must be the old one or the new one, whole, and as its mark
says, no temporary may be left, and one more run must bring what an undisturbed one brings. Needs
strace.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.kill_loop import (
    batch_command,
    belied_marks,
    complaints_after,
    outputs_of,
    prepare,
)
from tools.write_order import CAREFUL_RENAMES, LINKS, RENAMES, SYNCS, WRITES

NAMES = ("nested/day-1/note.wav",)
OLD_SETTINGS = ("--max-line-width", "20", "--no-align")
CALLS = (WRITES, SYNCS, RENAMES, CAREFUL_RENAMES, LINKS)
ERRORS = ("ENOSPC", "EIO", "EROFS")
CODES = (0, 1, 3)
GIVE_UP_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The n-th of these system calls fails."""

    calls: str
    error: str
    when: int

    def __str__(self) -> str:
        return f"{self.error} at {self.calls.replace('?', '')} number {self.when}"


class FaultLoop:
    """A folder with finished outputs, and the outputs that a new run should give."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._template = top / "template"
        prepare(self._template, NAMES)
        subprocess.run([*batch_command(self._template, "fake"), *OLD_SETTINGS], check=True)
        self._old = outputs_of(self._template)
        after = self._copy()
        subprocess.run(batch_command(after, "fake"), check=True)
        self._new = outputs_of(after)

    def trial(self, fault: Fault) -> list[str] | None:
        """What is wrong after a fault; None when the run did not get so far."""
        folder = self._copy()
        log = self._top / "strace.log"
        # The main thread alone: ffmpeg and the models' threads write no files.
        code = subprocess.run(
            [
                *("strace", "-qq", "-o", str(log), "-e", f"trace={fault.calls}"),
                *("-e", f"inject={fault.calls}:error={fault.error}:when={fault.when}"),
                *batch_command(folder, "fake"),
            ],
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
            capture_output=True,
            timeout=GIVE_UP_S,
        ).returncode
        if "(INJECTED)" not in log.read_text():
            return None
        found = outputs_of(folder)
        harmed = [n for n in self._old if found.get(n) not in (self._old[n], self._new[n])]
        left = [path.name for path in folder.rglob("*") if path.suffix in {".tmp", ".swap"}]
        complaints = [f"ended with {code}"] if code not in CODES else []
        complaints += [f"harmed: {harmed}"] if harmed else []
        complaints += [f"left: {left}"] if left else []
        if code == 0 and (belied := belied_marks(folder)):
            complaints.append(f"ended with 0, and not as marked: {belied}")
        again = batch_command(folder, "fake")
        return complaints + complaints_after(again, folder, self._new, done={})

    def _copy(self) -> Path:
        folder = self._top / "in"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._template, folder)
        return folder


def main() -> int:
    """Run the loop; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", default=",".join(ERRORS))
    given = parser.parse_args()
    fault_count = bad_count = 0
    with tempfile.TemporaryDirectory(prefix="qasr-fault-") as top:
        loop = FaultLoop(Path(top))
        for calls, error in itertools.product(CALLS, given.errors.split(",")):
            for when in itertools.count(1):
                fault = Fault(calls=calls, error=error, when=when)
                complaints = loop.trial(fault)
                if complaints is None:
                    break
                fault_count += 1
                bad_count += bool(complaints)
                for complaint in complaints:
                    print(f"{fault}: {complaint}", flush=True)
            print(f"a run makes {when - 1} calls of {calls}; {error} tried at each", flush=True)
    print(f"{fault_count} faults, {bad_count} of them with something wrong afterwards")
    return 1 if bad_count else 0


if __name__ == "__main__":
    sys.exit(main())
