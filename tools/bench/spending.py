"""What a piece of work takes: processor time and memory, of a process of its own."""

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

# The kernel counts in kilobytes, that of macOS in bytes.
_RSS_BYTES = 1 if sys.platform == "darwin" else 1024
_MOST_CPU_S = 1200
_MOST_MEMORY_BYTES = 8_000_000_000


class Outcome(Enum):
    """How the work ended; the value is its exit code."""

    DONE = 0
    REFUSED = 3  # Python itself ends with 1 and 2
    BROKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What it took.

    Attributes:
        peak_mb: most resident memory at any moment, of the process or of its largest child.
    """

    outcome: Outcome
    cpu_s: float
    peak_mb: float


def spent_on(work: Callable[[], object], *, refusals: tuple[type[Exception], ...] = ()) -> Spent:
    """Do a piece of work in a fork of this process, which should be small and have one thread.

    Args:
        refusals: exceptions that are an answer; any other is a fault.
    """
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        os._exit(_outcome_of(work, refusals).value)
    _, status, used = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        print(f"ended after {_MOST_CPU_S} s", file=sys.stderr)
    known = [outcome for outcome in Outcome if outcome.value == code]
    return Spent(
        outcome=known[0] if known else Outcome.BROKEN,
        cpu_s=used.ru_utime + used.ru_stime,
        peak_mb=used.ru_maxrss * _RSS_BYTES / 1e6,
    )


def _outcome_of(work: Callable[[], object], refusals: tuple[type[Exception], ...]) -> Outcome:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
        work()
    except refusals:
        return Outcome.REFUSED
    except BaseException:  # noqa: BLE001  # nothing may come back into the other process
        traceback.print_exc()
        return Outcome.BROKEN
    return Outcome.DONE
