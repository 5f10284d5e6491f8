"""Names of the engine's parts, now and at 778ee45, the last commit before it was made for a GPU."""

import functools
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_ENGINE = "qasr_cli.engines.qwen"
# Now -> at 778ee45, when all modules lay in one folder.
_OLD_NAMES = {
    "clip_window": "window",
    "decoding.cuda_graphs": "graphs",
    "decoding.steps": "steps",
    "loading.checkpoint": "checkpoint",
    "memory_plan": "residence",
    "model.cache": "cache",
    "model.encoder": "encoder",
    "model.language_model": "language_model",
    "model_loading": "pipeline",
}


@functools.cache
def is_old() -> bool:
    """Whether the package on the path is that of 778ee45."""
    return importlib.util.find_spec(f"{_ENGINE}.model") is None


def part(name: str) -> ModuleType:
    """A module of the engine by its name of today."""
    own = _OLD_NAMES.get(name, name) if is_old() else name
    return importlib.import_module(f"{_ENGINE}.{own}")


def has_part(name: str) -> bool:
    """Whether there is such a module."""
    own = _OLD_NAMES.get(name, name) if is_old() else name
    parent, _, _ = f"{_ENGINE}.{own}".rpartition(".")
    found = importlib.util.find_spec(parent) is not None
    return found and not isinstance(importlib.util.find_spec(f"{_ENGINE}.{own}"), _Absent)


def let_the_pretend_gpu_find_its_parts() -> None:
    """What it sets up and 778ee45 does not have is empty there; today all of it is there."""
    if is_old():
        sys.meta_path.append(_AbsentParts())


class _Absent(ModuleSpec):
    """Of a module that this source does not have."""


class _AbsentParts(MetaPathFinder, Loader):
    """Finds empty modules in the place of those that came later."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """An empty module or folder."""
        del path, target
        if not fullname.startswith(f"{_ENGINE}."):
            return None
        return _Absent(fullname, self, is_package=True)

    def exec_module(self, module: Any) -> None:  # noqa: ANN401  # names are set in it
        """Let everything that is asked for be there, and do nothing."""
        module.__getattr__ = _Nothing().__getattr__


class _Nothing:
    """Stands for anything of a module that is not there: has all parts, and does nothing."""

    def __getattr__(self, name: str) -> "_Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object) -> None:
        """Do nothing."""
