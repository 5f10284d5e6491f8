"""What NVIDIA's driver says by itself, where torch says nothing; and how a GPU would work."""

import re
import subprocess
import sys

from qasr_cli import sandbox
from qasr_cli.machine.check import Check

DRIVER_FILE = "/proc/driver/nvidia/version"
_VERSION = re.compile(r"Kernel Module.*?\s(\d+(?:\.\d+)+)")
_TIME_LIMIT_S = 60.0
_ASK = "import ctypes, sys; sys.exit(min(ctypes.CDLL('libcuda.so.1').cuInit(0), 255))"
_NO_LIBRARY = 1  # Python's own for an exception
# The oldest driver for each generation of CUDA. Source: NVIDIA's "CUDA Compatibility", table 1.
_OLDEST_DRIVERS = {11: "450", 12: "525", 13: "580"}
# Of the published text models.
_PUBLISHED_HEADS = {"count": 16, "key_count": 8, "dim": 128}


def cuda_state() -> str:
    """The driver's version beside what this torch wants, and how CUDA starts here."""
    return f"{_driver()}; {_start()}"


def check_gpu_work(device: str) -> Check:
    """How a GPU would do the work, by trials of a few numbers: recorded or not, and attention."""
    from qasr_cli.engines.qwen.decoding.cuda_graphs import CudaRecorder
    from qasr_cli.engines.qwen.device import placement
    from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, lack_of_kernel

    place = placement(device, "auto")
    name = f"work {device}"
    try:
        lacks = (
            CudaRecorder(place.device).lack(),
            lack_of_kernel(place.device, place.dtype, HeadShape(**_PUBLISHED_HEADS)),
        )
    except RuntimeError as error:  # no memory, or the device is lost
        reason = str(error).partition("\n")[0]
        return Check(name=name, state="warn", detail=f"a trial failed: {reason}")
    graphs, attention = lacks
    detail = (
        f"steps {'recorded (--cuda-graphs)' if graphs is None else f'eager: {graphs}'}; "
        f"attention {'of all lengths at once' if attention is None else f'by length: {attention}'}"
    )
    return Check(name=name, state="ok" if graphs is None else "warn", detail=detail)


def driver_version() -> str | None:
    """The version of NVIDIA's kernel module; None where it is not loaded."""
    try:
        with open(DRIVER_FILE, encoding="utf-8", errors="replace") as file:
            found = _VERSION.search(file.read(4096))
    except OSError:
        return None
    return found[1] if found else None


def _driver() -> str:
    from qasr_cli.engines import hardware

    built_for = hardware.cuda_version()
    version = driver_version()
    shown = "no NVIDIA driver is loaded" if version is None else f"driver {version}"
    if built_for is None:
        return shown
    oldest = _OLDEST_DRIVERS.get(int(built_for.partition(".")[0]))
    wanted = "" if oldest is None else f", which wants driver {oldest} or later"
    return f"{shown}; torch is built for CUDA {built_for}{wanted}"


def _start() -> str:
    """How CUDA starts in a child, which has this process's walls around it."""
    walls = "behind the sandbox" if sandbox.state() is sandbox.State.ON else "without the sandbox"
    try:
        code = subprocess.run(  # noqa: S603  # our own Python
            [sys.executable, "-I", "-c", _ASK],
            check=False,
            timeout=_TIME_LIMIT_S,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ).returncode
    except (OSError, subprocess.SubprocessError) as error:
        return f"cuInit was not tried: {type(error).__name__}"
    if code == 0:
        return f"cuInit works {walls}"
    if code == _NO_LIBRARY:
        return "libcuda.so.1 is not there"
    # 255 stands for all that does not fit into an exit code, such as 999, "unknown".
    return f"cuInit fails {walls} ({'255 or more' if code == 255 else code})"  # noqa: PLR2004
