"""Where one voice follows another at once: nearer than the windows stand apart.

A window in which two people speak sounds like both. How much like each tells how much of it is
whose; neighbouring windows overlap, so two of them say where the second person begins.
"""

import numpy as np
import numpy.typing as npt

from qasr_cli.voices.vectors import Labels, Vectors

Stretches = npt.NDArray[np.int64]

# Half a window: both together lean the other way over twice the time of one of them.
_REACH_MS = 750


def with_edges(
    stretches: Stretches,
    is_told: npt.NDArray[np.bool_],
    vectors: Vectors,
    labels: Labels,
    means: Vectors,
) -> Stretches:
    """The stretches, with the edges between different voices where these change.

    Args:
        stretches: start and end of each in ms, in order, not overlapping.
        is_told: which of them have a vector.
        vectors, labels: of those, in order.
        means: of each voice, of length 1.
    """
    moved = stretches.copy()
    told = np.flatnonzero(is_told)
    likeness = vectors @ means.T
    for place in np.flatnonzero(labels[:-1] != labels[1:]).tolist():
        left, right = int(told[place]), int(told[place + 1])
        if right != left + 1 or stretches[left, 1] != stretches[right, 0]:
            continue  # a pause, or a stretch that nobody knows, is between them
        before, after = int(labels[place]), int(labels[place + 1])
        leans = likeness[:, after] - likeness[:, before]
        least, most = leans[labels == before].mean(), leans[labels == after].mean()
        if most <= least:
            continue
        shares = np.clip((leans[[place, place + 1]] - least) / (most - least), 0.0, 1.0)
        edge_ms = round(float(stretches[left, 1] + (1.0 - shares.sum()) * _REACH_MS))
        edge_ms = min(max(edge_ms, int(moved[left, 0]) + 1), int(stretches[right, 1]) - 1)
        moved[left, 1] = moved[right, 0] = edge_ms
    return moved
