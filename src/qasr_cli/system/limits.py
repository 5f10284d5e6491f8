"""What a process may use of the machine, and what it has used."""

import contextlib
import sys
from collections.abc import Mapping

try:
    import resource
except ImportError:
    _IS_KNOWN = ARE_SET = False
else:
    _IS_KNOWN = True
    ARE_SET = hasattr(resource, "prlimit")


def limit(pid: int, *, memory_bytes: int, cpu_s: int, written_bytes: int) -> None:
    """Limit memory, processor time and file size of a process that just started; no core dump.

    From outside, since `preexec_fn` is not safe beside threads. Only Linux has such a call;
    elsewhere (not `ARE_SET`) the time limits of whoever reads have to do.
    """
    if not ARE_SET:
        return
    limits: Mapping[int, int] = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: written_bytes,
        resource.RLIMIT_CORE: 0,
    }
    with contextlib.suppress(OSError):  # it may have ended already; a sandbox may forbid it
        for kind, wanted in limits.items():
            _, hard = resource.prlimit(pid, kind)
            allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.prlimit(pid, kind, (allowed, allowed))


def peak_memory_bytes() -> int | None:
    """Most main memory that this process ever held; None where the system does not say."""
    if not _IS_KNOWN:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, KiB elsewhere
