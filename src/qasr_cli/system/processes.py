"""Other processes: whether one still runs, and how children are started and ended."""

import contextlib
import ctypes
import os
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

# A child can be given descriptors by their numbers; else it has its three standard streams alone.
PASSES_DESCRIPTORS = hasattr(os, "fork")
# Ctrl-C in a terminal does not reach a child that was started with it; elsewhere a session of its
# own (`start_new_session`) does that.
OWN_GROUP = 0 if hasattr(os, "setsid") else 0x200  # CREATE_NEW_PROCESS_GROUP of Windows
_STDIN = 0
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def host_name() -> str:
    """What this machine calls itself among those that share a disk."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


def is_gone(pid: int) -> bool:
    """Whether a process of this machine is known to be gone."""
    if not hasattr(os, "killpg"):
        return False  # such a system ends it by what only asks elsewhere
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass  # somebody else's, or no process can have that number
    return False


def die_with_parent(parent: int) -> None:
    """Have the system end this process when the one that started it ends, however that does.

    Only Linux knows this; elsewhere a child has to see that nobody writes to its pipe any more.

    Args:
        parent: the number of that process, which may be gone already.
    """
    try:
        control = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError, TypeError):
        return
    if control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0 and os.getppid() != parent:
        os._exit(1)  # it went before the system was asked


def end_session(process: "subprocess.Popen[bytes]") -> None:
    """End a child that leads a session, and all that it has started; it is still to be reaped."""
    if not hasattr(os, "killpg"):
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def number_in_child(descriptor: int) -> int:
    """Under which number a child has the descriptor that it is to read."""
    return descriptor if PASSES_DESCRIPTORS else _STDIN


def passed(descriptors: Sequence[int]) -> tuple[int, ...]:
    """What to hand on by number; the first one becomes standard input where that is not done."""
    return tuple(descriptors) if PASSES_DESCRIPTORS else ()
