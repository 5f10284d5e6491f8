"""A batch whose device was lost goes on in a new process: this one, executed anew.

What poisons a GPU poisons it for one process only, and a batch picks up its work where it was. So
nothing has to be carried over but when it began, and how often no file got done in between.
"""

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qasr_cli.errors import DeviceLost

if TYPE_CHECKING:
    from qasr_cli.run.batch import RunResult

# More than it takes to give up on a file that poisons the device each time.
MOST_IN_VAIN = 5
_COUNT = "QASR_RESTARTS_IN_VAIN"
_BEGUN_S = "QASR_BEGUN_S"  # on the monotonic clock, which all processes of a machine share


@dataclass(slots=True)
class _Wish:
    """Whether this process is to be executed anew at its end. One instance a process."""

    is_made: bool = False


_loaded_s = time.monotonic()


_wish = _Wish()


def ask_for_restart(result: "RunResult") -> bool:
    """Ask for a new process if the device was lost; whether the run goes on in one."""
    if not isinstance(result.stopped_by, DeviceLost) or not sys.executable:
        return False
    from qasr_cli.core.outcomes import FileDone

    got_on = any(isinstance(outcome, FileDone) for outcome in result.outcomes)
    count = 1 if got_on else int(os.environ.get(_COUNT, "0")) + 1
    if count > MOST_IN_VAIN:
        return False
    os.environ[_COUNT] = str(count)
    os.environ.setdefault(_BEGUN_S, str(_loaded_s))
    _wish.is_made = True
    return True


def begun_s() -> float:
    """When the first of the processes that do this run began, on the monotonic clock."""
    return float(os.environ.get(_BEGUN_S, _loaded_s))


def restart_if_asked() -> None:
    """Become the new process; returns only where none was asked for."""
    if _wish.is_made:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # the very command that runs
