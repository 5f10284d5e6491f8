"""Which engines there are. Holds import strings, so that naming an engine loads nothing."""

from importlib import import_module
from typing import Any, cast

from qasr_cli.engines.base import Engine
from qasr_cli.options import EngineOptions

_ENGINES = {
    "qwen": "qasr_cli.engines.qwen.engine:QwenEngine",
    "fake": "qasr_cli.engines.fake:FakeEngine",
}
_NUMBER_FORMATS = {"qwen": "qasr_cli.engines.qwen.engine:number_format"}


def build_engine(options: EngineOptions) -> Engine:
    """The engine that `options.engine` names; its models are found, and not yet loaded.

    Raises:
        ModelMissing: a checkpoint is not on this machine.
        ModelLoadError: a checkpoint's `qasr.json` cannot be read.
    """
    return cast("Engine", _named(_ENGINES[options.engine]).from_options(options))


def number_format(options: EngineOptions) -> str:
    """In which numbers an engine would compute on this machine; "" where it has no choice.

    Raises:
        ModelMissing, ModelLoadError: as of `build_engine`.
    """
    named = _NUMBER_FORMATS.get(options.engine)
    return "" if named is None else str(_named(named)(options))


def _named(name: str) -> Any:  # noqa: ANN401  # whatever an import string stands for
    module_name, _, name_there = name.partition(":")
    return getattr(import_module(module_name), name_there)
