"""Many vectors parted at the gap in the spectrum of who is near whom.

What counts as near follows from the recording itself, so one setting fits a studio and a
telephone. Source: von Luxburg, "A Tutorial on Spectral Clustering" (2007), the unnormalised
Laplacian and the eigengap; each row keeps its nearest neighbours alone.
"""

import numpy as np
import numpy.typing as npt

from qasr_cli.voices.vectors import Labels, Vectors, renumbered

# Of all the others, so many are the neighbours of one; but so many at least.
_NEAR_SHARE = 0.012
_LEAST_NEAR = 6
_TRIES = 10
_MOST_ROUNDS = 300
_SEED = 20_260_000

_Points = npt.NDArray[np.float64]


def parted(vectors: Vectors, *, least: int, most: int) -> Labels:
    """As many groups as the gap says, between `least` and `most`, in the order in which they come.

    Args:
        vectors: of length 1; more than `most` of them.
    """
    values, axes = np.linalg.eigh(_laplacian(vectors))
    gaps = np.diff(values[least - 1 : most + 1])
    count = least + int(np.argmax(gaps))
    return renumbered(_k_means(axes[:, :count], count))


def _laplacian(vectors: Vectors) -> _Points:
    """In few copies: of 500 vectors each takes 2 MB, and numpy's spectrum takes four more."""
    near = np.asarray(vectors, np.float64) @ np.asarray(vectors, np.float64).T
    count = len(near)
    kept_count = min(count, max(_LEAST_NEAR, count - int((1 - _NEAR_SHARE) * count)))
    for row in near:
        row[np.argsort(row, kind="stable")[: count - kept_count]] = 0.0
    for index in range(count):  # both sides of the diagonal become the mean of the two
        mean = (near[index, index:] + near[index:, index]) / 2
        near[index, index:] = near[index:, index] = mean
    np.fill_diagonal(near, 0.0)
    degrees = np.array([np.abs(row).sum() for row in near])
    np.subtract(0.0, near, out=near)
    np.fill_diagonal(near, degrees)
    return near


# --- k-means ----------------------------------------------------------------------------------


def _k_means(points: _Points, count: int) -> Labels:
    """The best of some tries that begin far apart; the same for equal points."""
    chance = np.random.default_rng(_SEED)
    best, least_error = np.zeros(len(points), np.int64), np.inf
    for _ in range(_TRIES):
        labels, error = _settled(points, _seeds(points, count, chance))
        if error < least_error * (1 - 1e-9):
            best, least_error = labels, error
    return best


def _seeds(points: _Points, count: int, chance: np.random.Generator) -> _Points:
    """Points to begin with, each likelier the farther it is from those before (k-means++)."""
    chosen = [points[chance.integers(len(points))]]
    for _ in range(count - 1):
        distances = _distances(points, np.array(chosen)).min(axis=1)
        total = distances.sum()
        shares = distances / total if total > 0 else None
        chosen.append(points[chance.choice(len(points), p=shares)])
    return np.array(chosen)


def _settled(points: _Points, means: _Points) -> tuple[Labels, float]:
    labels = np.full(len(points), -1, np.int64)
    for _ in range(_MOST_ROUNDS):
        distances = _distances(points, means)
        nearest = distances.argmin(axis=1)
        if np.array_equal(nearest, labels):
            break
        labels = nearest
        for label in range(len(means)):
            own = points[labels == label]
            # A group that lost all its points begins again where the worst fit is.
            worst = points[distances.min(axis=1).argmax()]
            means[label] = own.mean(axis=0) if len(own) else worst
    return labels, float(_distances(points, means).min(axis=1).sum())


def _distances(points: _Points, means: _Points) -> _Points:
    return np.asarray(np.square(points[:, np.newaxis] - means[np.newaxis]).sum(axis=2))
