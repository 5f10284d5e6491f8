"""How much main memory is left, as far as the system says. No torch."""

_MEMINFO = "/proc/meminfo"


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
