"""Main memory: what is left, and what this process holds, as far as the system says. No torch."""

import os

_MEMINFO = "/proc/meminfo"
_PAGES_OF_PROCESS = "/proc/self/statm"


def available_bytes() -> int | None:
    """Main memory that programs can still take; None where the system does not say."""
    try:
        with open(_MEMINFO, encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def process_bytes() -> int | None:
    """Main memory that this process holds; None where the system does not say."""
    try:
        with open(_PAGES_OF_PROCESS, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):  # no Linux
        return None
