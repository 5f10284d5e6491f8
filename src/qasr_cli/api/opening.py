"""An engine for Python programs: what runs in this process, and in workers, works with it."""

from dataclasses import replace
from functools import partial

from qasr_cli.engines.base import Engine
from qasr_cli.engines.registry import build_engine
from qasr_cli.machine.quantizing import settled
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.options import Options
from qasr_cli.run.healing import Healing

_DEFAULTS = Options()


def open_engine(options: Options = _DEFAULTS) -> Engine:
    """An engine for many recordings; the first one loads the models. `close()` it.

    Raises:
        ModelMissing, ModelLoadError: a checkpoint is absent or damaged.
        UsageError: there is no ffmpeg, or a model's name stands for nothing.
    """
    ffmpeg_path()
    chosen = settled(options.engine)
    on_cpu = partial(build_engine, replace(chosen, device="cpu", cuda_graphs=False))
    return Healing(build_engine(chosen), on_cpu=on_cpu if chosen.cpu_fallback else None)
