"""Where packed weights of a model may stand already, so that they need not be laid out again."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol

import torch

from qasr_cli.engines.qwen.model.eight_bits.quantized import EightBits
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits


class Shelf(Protocol):
    """Packed weights in the order in which a model asks for them."""

    @property
    def is_filled(self) -> bool:
        """Whether those in full stand there: nothing is laid out."""
        ...

    @property
    def has_four_bits(self) -> bool:
        """Whether those of 4 bits stand there, or can be kept."""
        ...

    def laid_out(self, shape: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
        """The next one."""
        ...

    def eight_bits(self, shape: tuple[int, int], lay_out: Callable[[], EightBits]) -> EightBits:
        """The next one of 8 bits; they stand among those in full."""
        ...

    def four_bits(self, shape: tuple[int, int], quantize: Callable[[], FourBits]) -> FourBits:
        """The next one of 4 bits; they are counted by themselves."""
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


def eight_bits(shape: tuple[int, int], lay_out: Callable[[], EightBits]) -> EightBits:
    """The next weight of 8 bits: from the shelf, or made."""
    shelf = _shelf.get()
    return lay_out() if shelf is None else shelf.eight_bits(shape, lay_out)


def four_bits(shape: tuple[int, int], quantize: Callable[[], FourBits]) -> FourBits:
    """The next weight of 4 bits: from the shelf, or made."""
    shelf = _shelf.get()
    return quantize() if shelf is None else shelf.four_bits(shape, quantize)


def has_four_bits() -> bool:
    """Whether weights of 4 bits stand there, or will next time, so that making them pays."""
    shelf = _shelf.get()
    return shelf is not None and shelf.has_four_bits


def is_filled() -> bool:
    """Whether packed weights need not be made, so that most of a checkpoint is not even read."""
    shelf = _shelf.get()
    return shelf is not None and shelf.is_filled
