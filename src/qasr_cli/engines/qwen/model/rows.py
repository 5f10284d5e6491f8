"""Positions that something is written in or attends to: rows of a cache, and others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch


def held_count_for(lengths: Sequence[int], *, bucket: int, capacity: int) -> int:
    """Positions that rows of these lengths are laid out for: the longest's, in whole buckets."""
    longest = max(lengths)
    return min(longest + -longest % bucket, capacity)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FreshRows:
    """Rows behind the others, for whole sequences.

    Attributes:
        numbers: of the rows.
        lengths: positions of each.
        of_positions: the row of each position, one sequence after the other.
    """

    numbers: range
    lengths: Sequence[int]
    of_positions: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Before:
    """The first positions of a sequence, read before the others.

    Attributes:
        length: how many there are.
        layers: their keys and values in every layer, shape (length, key heads, dim).
    """

    length: int
    layers: Sequence[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaggedRows:
    """Rows for an attention that takes them whatever their lengths: each key head by itself.

    Attributes:
        query_ends: where the one query of each begins and ends: 0, 1, 2 ...
        key_ends: where its memory begins and ends.
        used_counts: positions that it holds.
    """

    query_ends: torch.Tensor
    key_ends: torch.Tensor
    used_counts: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slots:
    """Where one more position of each of some rows of a cache goes, and what it attends to.

    Attributes:
        rows, places: shape (rows,).
        longest: positions of every row that are looked at.
        is_hidden: which of these are hidden from each row, shape (rows, 1, 1, longest); None
            where none is, or where `ragged` tells.
        ragged: the same for an attention that takes rows of any lengths; else None.
        first_row: number in the cache of the first of these rows; where each has one position, the
            others follow it.
    """

    rows: torch.Tensor
    places: torch.Tensor
    longest: int
    is_hidden: torch.Tensor | None
    ragged: RaggedRows | None
    first_row: int = 0

    def of_rows(self, rows: slice) -> "Slots":
        """Those of some neighbours, where each row has one position; not where `ragged` tells."""
        is_hidden = None if self.is_hidden is None else self.is_hidden[rows]
        return replace(
            self,
            rows=self.rows[rows],
            places=self.places[rows],
            is_hidden=is_hidden,
            first_row=rows.start,
        )


def slots_ahead(lengths: Sequence[int], position_count: int, *, held_count: int) -> Slots:
    """So many positions behind each row of these lengths, one row's after the other's.

    Args:
        held_count: positions that every row is laid out for; all of them are looked at.
    """
    numbers = torch.arange(held_count)
    places = (torch.tensor(lengths)[:, None] + numbers[:position_count]).flatten()
    return Slots(
        rows=torch.arange(len(lengths)).repeat_interleave(position_count),
        places=places,
        longest=held_count,
        is_hidden=(numbers > places[:, None])[:, None, None],
        ragged=None,
    )
