"""Vectors joined pair by pair, the most alike first: for few of them, and for means of many."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qasr_cli.voices.vectors import Labels, Vectors, labels_of_groups


def agglomerated(
    vectors: Vectors,
    *,
    alike: float,
    least: int = 1,
    most: int | None = None,
    apart: Sequence[int] | None = None,
) -> Labels:
    """Groups whose members are alike on average, numbered in the order in which they come.

    Args:
        vectors: of length 1.
        alike: the cosine from which on two groups are one, unless the counts say otherwise.
        least, most: so many groups there are, where there are enough vectors; `apart` goes first.
        apart: a number for each vector; equal ones are never in one group.
    """
    pairs = _Pairs(vectors, apart)
    while len(pairs.groups) > least:
        likeness = pairs.most_alike()
        is_wanted = most is not None and len(pairs.groups) > most
        if likeness == -np.inf or (likeness < alike and not is_wanted):
            break
        pairs.join()
    return labels_of_groups(list(pairs.groups.values()), len(vectors))


class _Pairs:
    """How alike each two groups are, with the best partner of each kept."""

    def __init__(self, vectors: Vectors, apart: Sequence[int] | None) -> None:
        count = len(vectors)
        self.groups = {index: [index] for index in range(count)}
        self._likeness = np.asarray(vectors, np.float64) @ np.asarray(vectors, np.float64).T
        if apart is not None:
            numbers = np.asarray(apart)
            self._likeness[numbers[:, np.newaxis] == numbers[np.newaxis]] = -np.inf
        np.fill_diagonal(self._likeness, -np.inf)
        self._partners = self._likeness.argmax(axis=1) if count else np.zeros(0, np.int64)
        self._best = self._likeness[np.arange(count), self._partners]

    def most_alike(self) -> float:
        """How alike the most alike two groups are; minus infinity where none may be joined."""
        return float(self._best.max())

    def join(self) -> None:
        """Make one of the two; of equals the first."""
        first = int(self._best.argmax())
        kept, gone = sorted((first, int(self._partners[first])))
        sizes = len(self.groups[kept]), len(self.groups[gone])
        joined = self._mean(kept, gone, sizes)
        self.groups[kept] += self.groups.pop(gone)
        self._set(gone, np.full(len(joined), -np.inf))
        self._set(kept, joined)
        self._best[gone] = -np.inf
        others = np.flatnonzero(np.isin(self._partners, (kept, gone)) | (joined > self._best))
        for index in (*others.tolist(), kept):
            if index in self.groups:
                self._partners[index] = self._likeness[index].argmax()
                self._best[index] = self._likeness[index, self._partners[index]]

    def _mean(self, kept: int, gone: int, sizes: tuple[int, int]) -> npt.NDArray[np.float64]:
        weighted = sizes[0] * self._likeness[kept] + sizes[1] * self._likeness[gone]
        joined = np.asarray(weighted / sum(sizes))
        joined[[kept, gone]] = -np.inf
        return joined

    def _set(self, index: int, values: npt.NDArray[np.float64]) -> None:
        self._likeness[index] = values
        self._likeness[:, index] = values
