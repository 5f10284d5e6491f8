"""A model that is loaded when it is first needed, and perhaps unloaded between uses."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

from qasr_cli.engines.qwen.device import free_memory
from qasr_cli.engines.qwen.loading.begun import begun

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
        self._loading: Future[Model] | None = None
        self._lock = Lock()

    @property
    def stays(self) -> bool:
        """Whether it is kept between uses."""
        return self._keep_loaded

    @property
    def is_ready(self) -> bool:
        """Whether nobody has to wait for it."""
        loading = self._loading
        return self._model is not None or (loading is not None and loading.done())

    def load(self) -> None:
        """Load it now, unless it is loaded; of several threads one does."""
        with self._lock:
            loading, self._loading = self._loading, None
            if self._model is None:
                self._model = self._load() if loading is None else loading.result()

    def begin_loading(self) -> None:
        """Load it in a thread of its own, beside other work; who needs it waits, and is told."""
        if self._model is not None:
            return
        self._loading = begun(self._load, "qasr-second-model")

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
                self.unload()

    def keep_no_longer(self) -> None:
        """Have it unloaded after each use from now on."""
        self._keep_loaded = False

    def unload(self) -> None:
        """Give its memory back, if it is loaded; the next use loads it again."""
        if self._model is not None:
            self._model = None
            free_memory()
