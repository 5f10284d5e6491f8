"""How many GPUs there are to use, without asking torch, which takes seconds."""

import os
import re

from qasr_cli.sandbox import nvidia

_NODE = re.compile(r"nvidia\d+")


def usable_gpu_count() -> int:
    """GPUs of NVIDIA that this process may use, as far as the system says; 0 where it has none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",")]
        # CUDA takes those before the first that is none.
        wrong = (place for place, name in enumerate(names) if not name or name.startswith("-"))
        return next(wrong, len(names))
    try:
        nodes = os.listdir(nvidia.DEVICE_FOLDER)
    except OSError:
        return 0
    # A container sees all boards of the machine, and the nodes of those that it was given.
    return sum(_NODE.fullmatch(name) is not None for name in nodes)
