"""NVIDIA's device nodes, which a setuid helper makes that cannot work behind the walls.

Where no daemon of NVIDIA's keeps them, the first CUDA program after the machine's start has
`nvidia-modprobe` make them. `no_new_privs`, which the filter needs, takes its rights; then CUDA
fails with 999, torch sees no device, and the CPU would do the work in silence.
Source: apptainer/singularity#1441; Linux, Documentation/userspace-api/no_new_privs.rst
"""

import contextlib
import os
import sys

PCI_FOLDER = "/sys/bus/pci/devices"
DEVICE_FOLDER = "/dev"
_VENDOR = "0x10de"
_DISPLAY = "0x03"  # the class of graphics and compute boards; NVIDIA makes sound and bridges, too
_NODES = ("nvidiactl", "nvidia-uvm")
_TIME_LIMIT_S = 10.0
# The nodes of the first GPU and of the driver's control; of unified memory, which CUDA wants.
# Source: the manual page of nvidia-modprobe.
_HELP = ("-c0", "-u")
_ASK_DRIVER = "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0)"


def has_gpu() -> bool:
    """Whether a GPU of NVIDIA is in this machine, whatever the driver says."""
    with contextlib.suppress(OSError):
        for device in os.listdir(PCI_FOLDER):
            folder = os.path.join(PCI_FOLDER, device)
            if _read(folder, "vendor") == _VENDOR and _read(folder, "class").startswith(_DISPLAY):
                return True
    return False


def missing_nodes() -> tuple[str, ...]:
    """The nodes that CUDA needs and that are not there."""
    paths = (os.path.join(DEVICE_FOLDER, name) for name in _NODES)
    return tuple(path for path in paths if not os.path.exists(path))


def make_nodes() -> None:
    """Have the driver make what is missing, as any CUDA program would; before the walls stand."""
    if not missing_nodes() or not has_gpu():
        return
    import shutil
    import subprocess

    helper = shutil.which("nvidia-modprobe")
    command = [sys.executable, "-I", "-c", _ASK_DRIVER] if helper is None else [helper, *_HELP]
    # Where that does not help, the doctor says what is missing.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603  # NVIDIA's own program, fixed arguments
            command,
            check=False,
            timeout=_TIME_LIMIT_S,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _read(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="ascii") as file:
            return file.read(64).strip()
    except (OSError, UnicodeDecodeError):
        return ""
