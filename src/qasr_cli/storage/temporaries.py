"""Files that are not whole yet: their names say whose they are, so nobody removes another's."""

import contextlib
import functools
import os
import re
import secrets
import zlib
from collections.abc import Callable

from qasr_cli.system import processes

# The name says whose it is: `Writer.owner`, of a run that holds a lock, or of a process and host.
_TEMPORARY = re.compile(r"\.qasr-(\w+)-[0-9a-f]{8}\.tmp")
_PROCESS = re.compile(r"p(\d+)h([0-9a-f]{8})")


def temporary_in(folder: str, owner: str) -> str:
    """A name that nothing has, for a file that is not whole yet."""
    # Short, so that only the real name can be too long.
    return os.path.join(folder, f".qasr-{owner}-{secrets.token_hex(4)}.tmp")


def owner_of_process() -> str:
    """Names this process among those of all hosts that share a disk."""
    return f"p{os.getpid()}h{_host()}"


def _host() -> str:
    return f"{zlib.crc32(processes.host_name().encode()):08x}"


def sweep_temporaries(folder: str, *, is_orphaned: Callable[[str], bool] = lambda _: False) -> None:
    """Remove temporaries that a killed run left in a folder; those of living ones stay.

    Args:
        is_orphaned: whether an owner that is no process is gone, as the holder of a lock knows.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return  # absent or denied: whoever writes there will say so
    for name in names:
        found = _TEMPORARY.fullmatch(name)
        if found is not None and (is_dead_process(found[1]) or is_orphaned(found[1])):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))


@functools.lru_cache(maxsize=1024)
def sweep_once(folder: str) -> None:
    """`sweep_temporaries` the first time that a process writes into a folder."""
    sweep_temporaries(folder)


def is_dead_process(owner: str) -> bool:
    """Whether an owner is a process of this host that is gone; of other hosts nobody knows."""
    found = _PROCESS.fullmatch(owner)
    if found is None or found[2] != _host():
        return False
    return processes.is_gone(int(found[1]))
