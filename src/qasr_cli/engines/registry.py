"""Which engines there are. Holds import strings, so that naming an engine loads nothing."""

from importlib import import_module
from typing import cast

from qasr_cli.engines.base import Engine
from qasr_cli.options import EngineOptions

_ENGINES = {
    "qwen": "qasr_cli.engines.qwen.engine:QwenEngine",
    "fake": "qasr_cli.engines.fake:FakeEngine",
}


def build_engine(options: EngineOptions) -> Engine:
    """The engine that `options.engine` names; its models are found, and not yet loaded.

    Raises:
        ModelMissing: a checkpoint is not on this machine.
        ModelLoadError: a checkpoint's `qasr.json` cannot be read.
    """
    module_name, _, class_name = _ENGINES[options.engine].partition(":")
    engine_class = getattr(import_module(module_name), class_name)
    return cast("Engine", engine_class.from_options(options))
