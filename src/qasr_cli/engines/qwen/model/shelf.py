"""Where packed weights of a model may stand already, so that they need not be laid out again."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol

import torch


class Shelf(Protocol):
    """Packed weights in the order in which a model asks for them.

    Attributes:
        is_filled: they stand there; nothing is laid out.
    """

    is_filled: bool

    def laid_out(self, shape: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
        """The next one."""
        ...


_shelf: ContextVar[Shelf | None] = ContextVar("shelf", default=None)


@contextlib.contextmanager
def taking_from(shelf: Shelf | None) -> Iterator[None]:
    """A context in which a model takes its packed weights from a shelf."""
    token = _shelf.set(shelf)
    try:
        yield
    finally:
        _shelf.reset(token)


def laid_out(shape: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The next packed weight: from the shelf, or made."""
    shelf = _shelf.get()
    return lay_out() if shelf is None else shelf.laid_out(shape, lay_out)


def is_filled() -> bool:
    """Whether packed weights need not be made, so that most of a checkpoint is not even read."""
    shelf = _shelf.get()
    return shelf is not None and shelf.is_filled
