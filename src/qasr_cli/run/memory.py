"""How much memory is left, as far as the system says."""

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


def free_bytes_on(device: str) -> int | None:
    """Memory left on "cpu", "cuda:0" ...; None where nobody says. Asks torch for a GPU only."""
    if not device.startswith("cuda"):
        return available_bytes()
    from qasr_cli.engines import hardware

    gpus = hardware.gpus()
    index = int(device.partition(":")[2] or 0)
    return gpus[index].free_bytes if index < len(gpus) else None
