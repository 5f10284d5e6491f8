"""Whether this machine has what a run needs. Looks only; loads no model, changes nothing."""

import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from qasr_cli import __version__
from qasr_cli.checkpoints import catalog, layout, locate, manifest
from qasr_cli.checkpoints.catalog import Model, Role
from qasr_cli.engines.memory import available_bytes
from qasr_cli.errors import DeviceUnavailable, ModelLoadError, ModelMissing, UsageError
from qasr_cli.machine.check import Check
from qasr_cli.machine.cores import usable_core_count
from qasr_cli.machine.language_checks import check_languages
from qasr_cli.machine.sandbox_checks import check_walls
from qasr_cli.machine.serve_trial import ServeTrial
from qasr_cli.offline import SETTINGS
from qasr_cli.sandbox import nvidia

if TYPE_CHECKING:
    import torch

# The first transformers with the native Qwen3-ASR classes that qasr is written for.
_MIN_TRANSFORMERS = (5, 23)
_TORCH = "torch"
_DEVICE = "device"
_ROLES: tuple[Role, ...] = ("recogniser", "aligner")


def check_all(
    *, model: str, device: str, model_dir: str | None, serve_trial: ServeTrial
) -> tuple[Check, ...]:
    """Look at everything a run with this model on this device needs.

    Args:
        serve_trial: begun before the walls stood around this process.

    Raises:
        UsageError: `model` or `device` is nothing that could exist.
    """
    aligner = locate.default_aligner(model)
    models = [_described(model, "recogniser", model_dir), _described(aligner, "aligner", model_dir)]
    return (
        Check(name="qasr", state="ok", detail=__version__),
        Check(name="python", state="ok", detail=f"{platform.python_version()} {sys.executable}"),
        _transformers(),
        *_torch(device, [entry for entry in models if entry is not None]),
        _processors(),
        _ffmpeg(),
        _checkpoint(model, "recogniser", model_dir),
        _checkpoint(aligner, "aligner", model_dir),
        *check_languages(),
        _network(),
        *check_walls(serve_trial.findings()),
        _writable("temporary", tempfile.gettempdir(), "set TMPDIR to a folder that is"),
        _writable("current", os.curdir, "give outputs a place with --output-dir"),
    )


def can_compute(checks: Iterable[Check]) -> bool:
    """Whether torch and the device are there, so that a self-test can be tried."""
    return not any(check.state == "fail" and check.name in (_TORCH, _DEVICE) for check in checks)


def has_models(checks: Iterable[Check]) -> bool:
    """Whether the models that were looked for are here."""
    return not any(check.state == "fail" and check.name in _ROLES for check in checks)


def check_memory(
    name: str, models: Iterable[Model], *, free_bytes: int | None, bytes_per_parameter: int
) -> Check:
    """Compare free memory, None = not known, with what the models need side by side."""
    models = tuple(models)
    needed_bytes = catalog.memory_bytes(models, bytes_per_parameter=bytes_per_parameter)
    names = " and ".join(dict.fromkeys(model.name for model in models))
    free = "unknown" if free_bytes is None else _gigabytes(free_bytes)
    detail = f"{names}: about {_gigabytes(needed_bytes)} needed, {free} free"
    if free_bytes is None or free_bytes < needed_bytes:
        remedy = "if memory runs out: --model 0.6b, --no-align, or a smaller --batch-size"
        return Check(name=name, state="warn", detail=detail, remedy=remedy)
    return Check(name=name, state="ok", detail=detail)


def check_gpu_memory(
    name: str, models: Iterable[Model], *, free_bytes: int | None, dtype: "torch.dtype"
) -> Check:
    """What the models would do with the free memory of a GPU, None = not known."""
    from qasr_cli.engines.qwen.memory_plan import published_need, residence

    models = tuple(models)
    need = published_need(models, dtype)
    names = " and ".join(dict.fromkeys(model.name for model in models))
    needed = f"at least {_gigabytes(need.least_bytes)}"
    if need.aligner_bytes:
        needed += f", both stay from {_gigabytes(need.both_bytes)}"
    free = "unknown" if free_bytes is None else _gigabytes(free_bytes)
    plan = residence(free_bytes or 0, need)
    if not plan.row_count:
        detail = f"{names}: {needed}; {free} free"
        remedy = "if memory runs out: --model 0.6b, --no-align, or --allow-cpu-fallback"
        return Check(name=name, state="warn", detail=detail, remedy=remedy)
    how = "stay" if plan.both_stay else "take turns"
    detail = f"{names}: {how}, {plan.row_count} clips at once; {free} free ({needed})"
    return Check(name=name, state="ok", detail=detail)


def resolve_device(device: str) -> str:
    """What "auto" stands for on this machine; any other device as it is.

    Raises:
        UsageError: no such word.
        DeviceUnavailable: this machine lacks it.
    """
    from qasr_cli.engines.qwen.device import placement

    return str(placement(device, "auto").device)


def _transformers() -> Check:
    version = metadata.version("transformers")
    release = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if release < _MIN_TRANSFORMERS:
        return Check(
            name="transformers",
            state="fail",
            detail=version,
            remedy="pip install 'transformers>=5.23'",
        )
    return Check(name="transformers", state="ok", detail=version)


def _torch(device: str, models: list[Model]) -> Iterator[Check]:
    try:
        from qasr_cli.engines import hardware
        from qasr_cli.engines.kernels import kernels_of_cpu
    except (ImportError, OSError) as error:  # OSError: a shared library that does not load
        detail = f"cannot be loaded: {error}"
        yield Check(name=_TORCH, state="fail", detail=detail, remedy="install torch again")
        return
    threads = f"{hardware.torch_version()}, {hardware.thread_count()} threads"
    yield Check(name=_TORCH, state="ok", detail=threads)
    yield Check(name="kernels", state="ok", detail=kernels_of_cpu())
    gpus = hardware.gpus()
    for index, gpu in enumerate(gpus):
        free = "unknown" if gpu.free_bytes is None else _gigabytes(gpu.free_bytes)
        detail = f"{gpu.name}, {free} of {_gigabytes(gpu.total_bytes)} free, {gpu.architecture}"
        yield Check(name=f"cuda:{index}", state="ok", detail=detail)
    if not gpus:
        yield _no_cuda()
    try:
        chosen = resolve_device(device)
    except DeviceUnavailable as error:
        here = ", ".join(error.possible) or "cpu"
        detail = f"{error.device}: {error.reason}"
        yield Check(name=_DEVICE, state="fail", detail=detail, remedy=f"--device takes: {here}")
        return
    name = f"{_DEVICE} {chosen}"
    if chosen.startswith("cuda"):
        from qasr_cli.engines.qwen.device import placement
        from qasr_cli.machine.cuda_checks import check_gpu_work

        free_bytes = gpus[int(chosen.partition(":")[2] or 0)].free_bytes
        dtype = placement(chosen, "auto").dtype
        yield check_gpu_memory(name, models, free_bytes=free_bytes, dtype=dtype)
        yield check_gpu_work(chosen)
        return
    yield check_memory(
        name, models, free_bytes=available_bytes(), bytes_per_parameter=_bytes_per_parameter()
    )


def _bytes_per_parameter() -> int:
    """Of weights in main memory: float32 has float16 ones where kernels multiply with them."""
    from qasr_cli.engines.qwen.device import has_fbgemm, multiplies_bfloat16

    is_half = has_fbgemm() or multiplies_bfloat16()
    return catalog.BFLOAT16_BYTES if is_half else catalog.FLOAT32_BYTES


def _no_cuda() -> Check:
    from qasr_cli.engines.qwen.device import lack_of_cuda
    from qasr_cli.machine.cuda_checks import cuda_state

    detail = "torch sees no CUDA device"
    if not nvidia.has_gpu():
        return Check(name="cuda", state="ok", detail=detail)
    return Check(
        name="cuda", state="warn", detail=f"{detail}; {cuda_state()}", remedy=lack_of_cuda()
    )


def _processors() -> Check:
    detail = f"{usable_core_count()} usable, {platform.machine()}"
    return Check(name="processors", state="ok", detail=detail)


def _ffmpeg() -> Check:
    from qasr_cli.media.decoding.ffmpeg import ffmpeg_path, ffmpeg_version, input_arguments

    try:
        binary = ffmpeg_path()
        detail = f"{ffmpeg_version(binary)} {binary}"
        reads_descriptors = "fd:" in input_arguments(binary, 0, verbosity="error")
    except UsageError as error:
        return Check(name="ffmpeg", state="fail", detail=str(error))
    if not reads_descriptors:
        remedy = "set QASR_FFMPEG to ffmpeg 6.0 or later, which can be confined more closely"
        return Check(name="ffmpeg", state="warn", detail=f"{detail}, no fd:", remedy=remedy)
    return Check(name="ffmpeg", state="ok", detail=detail)


def _checkpoint(name: str, role: Role, model_dir: str | None) -> Check:
    try:
        path = locate.find(name, role=role, model_dir=model_dir)
    except (ModelMissing, ModelLoadError) as error:
        return Check(name=role, state="fail", detail=str(error))
    revision = manifest.revision_of(path)
    detail = f"{name}, {path}" + (f" at {revision[:12]}" if revision else "")
    return Check(name=role, state="ok", detail=detail)


def _described(name: str, role: Role, model_dir: str | None) -> Model | None:
    """What the catalog says, or the size of the folder; None when there is neither."""
    known = catalog.lookup(name, role)
    if known is not None:
        return known
    try:
        path = locate.find(name, role=role, model_dir=model_dir)
    except (ModelMissing, ModelLoadError):
        return None
    size_bytes = sum(shard.stat().st_size for shard in layout.shards_of(path))
    return Model(
        name=name, role=role, repositories=(), parameter_count=size_bytes // catalog.BFLOAT16_BYTES
    )


def _network() -> Check:
    unset = [name for name, value in SETTINGS.items() if os.environ.get(name) != value]
    if unset:
        detail = f"not shut off for every library: {', '.join(unset)}; start qasr by its command"
        return Check(name="network", state="warn", detail=detail)
    detail = f"used by `qasr models pull` alone; {', '.join(SETTINGS)} are set"
    return Check(name="network", state="ok", detail=detail)


def _writable(name: str, folder: str, remedy: str) -> Check:
    where = os.path.abspath(folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"qasr")
            file.flush()
    except OSError as error:
        detail = f"{where} cannot be written: {error.strerror}"
        return Check(name=f"{name} folder", state="warn", detail=detail, remedy=remedy)
    return Check(name=f"{name} folder", state="ok", detail=f"{where} can be written")


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
