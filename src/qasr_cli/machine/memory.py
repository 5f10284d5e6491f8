"""How much memory is free on the device of the models."""

from qasr_cli.engines.memory import available_bytes


def free_bytes_on(device: str) -> int | None:
    """Memory left on "cpu", "cuda:0" ...; None where nobody says. Asks torch for a GPU only."""
    if not device.startswith("cuda"):
        return available_bytes()
    from qasr_cli.engines import hardware

    gpus = hardware.gpus()
    index = int(device.partition(":")[2] or 0)
    return gpus[index].free_bytes if index < len(gpus) else None
