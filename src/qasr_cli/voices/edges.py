"""Where one voice follows another at once: nearer than the windows stand apart.

A window in which two people speak sounds like both. How much like each tells how much of it is
whose; neighbouring windows overlap, so two of them say where the second person begins.
"""

import numpy as np
import numpy.typing as npt

from qasr_cli.voices.heard import Stretches
from qasr_cli.voices.vectors import Labels, Vectors

# Half a window: both together lean the other way over twice the time of one of them.
_REACH_MS = 750


def with_edges(
    stretches: Stretches, is_told: npt.NDArray[np.bool_], likeness: Vectors, labels: Labels
) -> Stretches:
    """The stretches, with the edges between different voices where these change.

    Args:
        stretches: start and end of each in ms, in order, not overlapping.
        is_told: which of them have a vector.
        likeness: of those, in order, to each voice, shape (vectors, voices).
        labels: whose those are.
    """
    moved = stretches.copy()
    told = np.flatnonzero(is_told)
    changes = labels[:-1] != labels[1:]
    references = _References(likeness, labels, changes)
    for place in np.flatnonzero(changes).tolist():
        left, right = int(told[place]), int(told[place + 1])
        if right != left + 1 or stretches[left, 1] != stretches[right, 0]:
            continue  # a pause, or a stretch that nobody knows, is between them
        before, after = int(labels[place]), int(labels[place + 1])
        least, most = -references.lead(before, after), references.lead(after, before)
        if most <= least:
            continue
        leans = likeness[[place, place + 1], after] - likeness[[place, place + 1], before]
        shares = np.clip((leans - least) / (most - least), 0.0, 1.0)
        edge_ms = round(float(stretches[left, 1] + (1.0 - shares.sum()) * _REACH_MS))
        edge_ms = min(max(edge_ms, int(moved[left, 0]) + 1), int(stretches[right, 1]) - 1)
        moved[left, 1] = moved[right, 0] = edge_ms
    return moved


class _References:
    """How a voice sounds when nobody else is in the window: beside windows of its own alone."""

    def __init__(self, likeness: Vectors, labels: Labels, changes: npt.NDArray[np.bool_]) -> None:
        is_alone = np.ones(len(labels), np.bool_)
        is_alone[:-1] &= ~changes
        is_alone[1:] &= ~changes
        self._means = np.empty((likeness.shape[1], likeness.shape[1]), np.float64)
        for voice in range(len(self._means)):
            own = labels == voice
            alone = own & is_alone
            self._means[voice] = likeness[alone if alone.any() else own].mean(axis=0)

    def lead(self, voice: int, other: int) -> float:
        """How much more like its own voice it is than like another."""
        return float(self._means[voice, voice] - self._means[voice, other])
