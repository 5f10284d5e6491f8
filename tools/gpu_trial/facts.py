"""What this machine is: GPU, driver, torch, memory; and what `qasr doctor` makes of it."""

import glob
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable

from tools.gpu_trial.settings import Found, Notes, Settings

_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "soundfile", "triton", "pytest")
_SMI = "name,driver_version,memory.total,memory.used,compute_cap,power.limit,persistence_mode"
_DOCTOR_S = 45
_COPIED_NUMBERS = 1 << 29
_MATRIX_SIDE = 8192


def run(settings: Settings, notes: Notes) -> None:
    """Note them, what may fail last."""
    notes.add(
        python=platform.python_version(),
        system=platform.platform(),
        cpu_count=os.cpu_count(),
        packages={name: _version(name) for name in _PACKAGES},
        nodes=sorted(glob.glob("/dev/nvidia*")),  # before CUDA makes more
        nvidia_smi=_smi(),
    )
    # Confined first: only the first CUDA program after a boot shows what the walls keep from it.
    notes.add(doctor_confined=_doctor(settings), nodes_after=sorted(glob.glob("/dev/nvidia*")))
    notes.add(doctor_free=_doctor(settings, "--no-sandbox"))
    notes.add(torch=_torch())
    if settings.is_cuda:
        notes.add(gpu=_gpu(settings.device), reached=_reached(settings.device))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _smi() -> list[str] | str:
    command = ["nvidia-smi", f"--query-gpu={_SMI}", "--format=csv"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout or done.stderr).splitlines()


def _doctor(settings: Settings, *extra: str) -> Found:
    """Its JSON, exit code and seconds."""
    command = [sys.executable, "-m", "qasr_cli", "doctor", "--json", "-m", "demo"]
    command += ["--device", "auto" if settings.is_cuda else "cpu", *extra]
    began_s = time.monotonic()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_DOCTOR_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {_DOCTOR_S} s"}
    found: Found = {"code": done.returncode, "wall_s": round(time.monotonic() - began_s, 1)}
    try:
        found["checks"] = [
            {key: value for key, value in check.items() if value}
            for check in json.loads(done.stdout)["checks"]
        ]
    except (ValueError, KeyError):
        found["error"] = (done.stderr or done.stdout)[-2000:]
    return found


def _torch() -> Found:
    import torch

    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "has_cuda": torch.cuda.is_available(),
        "architectures": torch.cuda.get_arch_list(),
        "threads": torch.get_num_threads(),
    }


def _gpu(device: str) -> Found:
    import torch

    properties = torch.cuda.get_device_properties(torch.device(device))
    free_bytes, total_bytes = torch.cuda.mem_get_info(torch.device(device))
    return {
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "processor_count": properties.multi_processor_count,
        "total_bytes": total_bytes,
        "free_bytes": free_bytes,
        "has_bfloat16": torch.cuda.is_bf16_supported(including_emulation=False),
    }


def _reached(device: str) -> Found:
    """Bytes a second of a copy, operations a second of a product: what the speeds are held to."""
    import torch

    source = torch.ones(_COPIED_NUMBERS, dtype=torch.bfloat16, device=device)
    copy = torch.empty_like(source)
    matrix = torch.randn(_MATRIX_SIDE, _MATRIX_SIDE, dtype=torch.bfloat16, device=device)

    def took_s(work: Callable[[], object]) -> float:
        times_s = []
        for _ in range(6):
            torch.cuda.synchronize(device)
            began_s = time.perf_counter()
            work()
            torch.cuda.synchronize(device)
            times_s.append(time.perf_counter() - began_s)
        return min(times_s)

    return {
        "bytes_a_s": round(2 * source.nbytes / took_s(lambda: copy.copy_(source))),
        "flop_a_s": round(2 * _MATRIX_SIDE**3 / took_s(lambda: matrix @ matrix)),
    }
