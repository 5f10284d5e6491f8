"""How much memory is free on the device of the models, and how much they hold."""

import sys

from qasr_cli.engines.memory import available_bytes, process_bytes


def free_bytes_on(device: str) -> int | None:
    """Memory left on "cpu", "cuda:0" ...; None where nobody says. Asks torch for a GPU only."""
    if not device.startswith("cuda"):
        return available_bytes()
    from qasr_cli.engines import hardware

    gpus = hardware.gpus()
    index = int(device.partition(":")[2] or 0)
    return gpus[index].free_bytes if index < len(gpus) else None


def used_bytes(*, has_models: bool) -> int | None:
    """Memory that this process holds, that of GPUs too; None where nobody says.

    Args:
        has_models: whether they are loaded: until then torch may be on its way in.
    """
    used = process_bytes()
    if used is None or not has_models or "torch" not in sys.modules:
        return used
    from qasr_cli.engines import hardware

    return used + hardware.reserved_bytes()
