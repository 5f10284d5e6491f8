"""How the voices in a recording sound, unpacked part by part: of three hours it would be 11 MB."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices
from qasr_cli.voices.vectors import Labels, Vectors, unit, vectors_from_bytes, weighted_sums

Stretches = npt.NDArray[np.int64]

_AT_ONCE = 250


class HeardVectors:
    """The stretches of a recording, and the vectors of those that have one.

    Args:
        heard: in its clips, in any order. Their bytes are kept, and not copied.

    Attributes:
        stretches: start and end of each in ms, in order of time, shape (stretches, 2).
        is_told: which of them have a vector; the others are too short to tell a voice.
        lengths_ms: of those that have one.
    """

    def __init__(self, heard: Iterable[HeardVoices]) -> None:
        self._clips = sorted(heard, key=lambda clip: clip.stretches[:1])
        packed = b"".join(clip.stretches_ms for clip in self._clips)
        self.stretches: Stretches = np.frombuffer(packed, "<i4").astype(np.int64).reshape(-1, 2)
        self._told = [_is_told(clip) for clip in self._clips]
        self._ends = np.cumsum([int(told.sum()) for told in self._told], dtype=np.int64)
        self.is_told = np.concatenate([np.zeros(0, np.bool_), *self._told])
        self.lengths_ms = (self.stretches[:, 1] - self.stretches[:, 0])[self.is_told].astype(float)

    def __len__(self) -> int:
        """How many stretches have a vector."""
        return len(self.lengths_ms)

    def between(self, first: int, stop: int) -> Vectors:
        """The vectors `[first, stop)` of those that have one, at length 1."""
        clip = int(np.searchsorted(self._ends, first, side="right"))
        offset = int(self._ends[clip - 1]) if clip else 0
        found, count = [np.zeros((0, VECTOR_SIZE), np.float32)], 0
        while count < stop - offset:
            own = vectors_from_bytes(self._clips[clip].vectors)[self._told[clip]]
            found.append(own)
            count += len(own)
            clip += 1
        return unit(np.concatenate(found)[first - offset : stop - offset])

    def parts(self) -> Iterator[tuple[slice, Vectors]]:
        """All of them, some at a time, and where they stand."""
        for first in range(0, len(self), _AT_ONCE):
            stop = min(first + _AT_ONCE, len(self))
            yield slice(first, stop), self.between(first, stop)

    def means(self, labels: Labels) -> Vectors:
        """The mean direction of each label from 0 on; one of -1 counts for nobody."""
        sums = np.zeros((int(labels.max()) + 1, VECTOR_SIZE), np.float32)
        for some, vectors in self.parts():
            is_somebody = labels[some] >= 0
            sums += weighted_sums(
                vectors[is_somebody],
                labels[some][is_somebody],
                self.lengths_ms[some][is_somebody],
                count=len(sums),
            )
        return unit(sums)

    def likeness(self, means: Vectors) -> Vectors:
        """How much each is like each of some voices, shape (vectors, voices)."""
        parts = [vectors @ means.T for _, vectors in self.parts()]
        return np.concatenate([np.zeros((0, len(means)), np.float32), *parts])


def _is_told(clip: HeardVoices) -> npt.NDArray[np.bool_]:
    halves = np.frombuffer(clip.vectors, "<f2").reshape(-1, VECTOR_SIZE)
    return np.asarray(halves.any(axis=1))
