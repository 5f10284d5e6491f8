"""What a model chose, and how probable that was, in one number: a GPU is asked for both at once."""

import torch

_SHIFT = 32
_CHOICES = (1 << _SHIFT) - 1
_MILLION = 1_000_000


def packed(scores: torch.Tensor, choices: torch.Tensor) -> torch.Tensor:
    """The choices, each with what the softmax of its scores gives it in the upper half.

    Args:
        scores: of all choices, shape (rows, choices).
        choices: the best one of each row.
    """
    shares = torch.softmax(scores, dim=-1, dtype=torch.float32)
    share = shares.gather(-1, choices[:, None])[:, 0]
    return choices + ((share * _MILLION).round().long() << _SHIFT)


def choices_in(numbers: torch.Tensor) -> torch.Tensor:
    """The choices alone."""
    return numbers & _CHOICES


def choice_in(number: int) -> int:
    """The choice alone, also of a number that was never packed; a negative one stays."""
    return number & _CHOICES if number >= 0 else number


def probability_in(number: int) -> float:
    """How probable the choice was, to a millionth."""
    return (number >> _SHIFT) / _MILLION
