"""A model that is loaded when it is first needed, and perhaps unloaded between uses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from qasr_cli.engines.qwen.device import free_memory

Model = TypeVar("Model")


class LazyModel(Generic[Model]):
    """A model that is loaded when it is first used.

    Args:
        load: makes it.
        keep_loaded: False = it is unloaded after each use.
    """

    def __init__(self, load: Callable[[], Model], *, keep_loaded: bool) -> None:
        self._load = load
        self._keep_loaded = keep_loaded
        self._model: Model | None = None

    def load(self) -> None:
        """Load it now, unless it is loaded."""
        if self._model is None:
            self._model = self._load()

    @contextmanager
    def in_use(self) -> Iterator[Model]:
        """The loaded model, until the context ends; nothing may hold it afterwards."""
        self.load()
        if self._model is None:
            raise TypeError("a loader gave no model")
        try:
            yield self._model
        finally:
            if not self._keep_loaded:
                self._model = None
                free_memory()
