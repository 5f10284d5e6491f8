"""Vectors of voices as arrays; whatever is drawn from them is the same for equal inputs."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VECTOR_SIZE

Vectors = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

_TINY = np.float32(1e-9)


def vectors_from_bytes(packed: bytes) -> Vectors:
    """A vector a row, as `HeardVoices` packs them."""
    return np.frombuffer(packed, "<f2").reshape(-1, VECTOR_SIZE).astype(np.float32)


def bytes_from_vectors(vectors: Vectors) -> bytes:
    """The same, packed."""
    return np.asarray(vectors).astype("<f2").tobytes()


def unit(vectors: Vectors) -> Vectors:
    """The vectors at length 1; one of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), np.float32)


def centroids(vectors: Vectors, labels: Labels, weights: npt.NDArray[np.float64]) -> Vectors:
    """The mean direction of each label from 0 on."""
    return unit(weighted_sums(vectors, labels, weights, count=int(labels.max()) + 1))


def weighted_sums(
    vectors: Vectors, labels: Labels, weights: npt.NDArray[np.float64], *, count: int
) -> Vectors:
    """The sum of the vectors of each of `count` labels, each as often as its weight says."""
    shares = np.zeros((count, len(labels)), np.float32)
    shares[labels, np.arange(len(labels))] = weights
    return np.asarray(shares @ np.asarray(vectors, np.float32))


def renumbered(labels: Labels) -> Labels:
    """The same parts, numbered from 0 in the order in which they come."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse], np.int64)


def labels_of_groups(groups: Sequence[Sequence[int]], count: int) -> Labels:
    """The label of each of `count` members, in the order in which they come."""
    labels = np.zeros(count, np.int64)
    for label, group in enumerate(groups):
        labels[list(group)] = label
    return renumbered(labels)
