"""Several processes for one batch: how many, on which devices, and what each of them runs."""

from dataclasses import replace

from qasr_cli.api.opening import open_engine
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.registry import number_format
from qasr_cli.errors import UsageError
from qasr_cli.machine.cores import usable_core_count
from qasr_cli.machine.gpus import usable_gpu_count
from qasr_cli.machine.quantizing import settled
from qasr_cli.options import EngineOptions, Options, RunOptions
from qasr_cli.run.executor.local import LocalExecutor, Place, command_of_worker
from qasr_cli.run.executor.worker import work


def has_workers(options: Options) -> bool:
    """Whether files are heard by other processes than this one.

    Raises:
        UsageError: options contradict.
    """
    return _devices(options.run, options.engine) != (None,)


def local_executor(options: Options, *, is_confined: bool = True) -> LocalExecutor:
    """What starts the workers of a run on this machine, and shares its cores out among them.

    Args:
        is_confined: the kernel refuses them the network.
    """
    devices = _devices(options.run, options.engine)
    core_count = options.engine.threads or usable_core_count()
    thread_count = max(1, core_count // len(devices))
    places = [Place(device=device, thread_count=thread_count) for device in devices]
    return LocalExecutor(places, command=command_of_worker(is_confined=is_confined))


def options_of_driver(options: Options) -> Options:
    """The options of the process that hands out: its engine is asked for names, and loads nothing.

    A named device would be looked for, with torch.
    """
    return replace(options, engine=replace(options.engine, device="auto", cuda_graphs=None))


def run_worker() -> int:
    """Be a worker until nobody hands out any more; the exit code."""
    Keeper.keeps_at_once = True  # a worker is ended without a word once its driver is done
    return work(open_engine, number_format=lambda options: number_format(settled(options.engine)))


def _devices(run: RunOptions, engine: EngineOptions) -> tuple[str | None, ...]:
    """The device of each worker; None = that of the engine's options."""
    if run.devices:
        return _named_devices(run, engine)
    if run.workers is None or run.workers == 1:
        return (None,)
    gpu_count = usable_gpu_count() if engine.device in {"auto", "cuda"} else 0
    count = max(1, gpu_count) if run.workers == "auto" else run.workers
    if gpu_count < 2:  # noqa: PLR2004  # with one there is nothing to choose
        return (None,) * count
    return tuple(f"cuda:{number % gpu_count}" for number in range(count))


def _named_devices(run: RunOptions, engine: EngineOptions) -> tuple[str, ...]:
    names = run.devices
    if engine.device != "auto":
        raise UsageError("--devices names the devices: leave out --device")
    count = len(names) if run.workers in {None, "auto"} else run.workers
    if not isinstance(count, int) or count < len(names):
        raise UsageError(
            f"--workers {run.workers} leaves some of the {len(names)} --devices without work"
        )
    return tuple(names[number % len(names)] for number in range(count))
