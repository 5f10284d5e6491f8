"""Who speaks when in one recording: the vectors of its clips to turns.

Cost is linear in the length: more than 7 minutes of speech are parted block by block, and the
voices of the blocks are then joined.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices, VoiceTurn
from qasr_cli.voices.agglomerate import agglomerated
from qasr_cli.voices.edges import with_edges
from qasr_cli.voices.spectral import parted
from qasr_cli.voices.vectors import (
    Labels,
    Vectors,
    bytes_from_vectors,
    centroids,
    renumbered,
    unit,
    vectors_from_bytes,
)

# Fewer vectors have no spectrum worth the name.
_FEW = 13
_ALIKE_FEW = 0.4
# Means of two groups that are so alike are one person's: parts of one voice are above 0.75, two
# people below 0.5, one person in two languages at 0.63. Talks come out the same from 0.5 to 0.8
# (tools/bench_speakers.py).
_ALIKE_MEANS = 0.7
_ALIKE_BLOCKS = 0.6
# 6 and 7 minutes of speech, at a vector every 0.75 s. Memory grows with the square; more part long
# talks hardly better (BENCHMARKS.md).
_BLOCK_COUNT = 500
_MOST_AT_ONCE = 560
# Who speaks less than that is not told apart: a cough, a laugh, a door.
_LEAST_MS = 2000
# A longer pause ends a turn, whoever speaks next.
_PAUSE_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCount:
    """How many voices there are, as far as somebody told; neither more nor fewer.

    Attributes:
        alike: the cosine from which on two groups are one voice, while the count allows.
    """

    least: int = 1
    most: int = 10
    alike: float = _ALIKE_MEANS


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who speaks when.

    Attributes:
        turns: in order of time.
        vectors: of each voice, packed as in `HeardVoices`.
        speech_ms: how long each speaks.
        joined_ms: speech of voices too short to be told apart, given to others.
    """

    turns: tuple[VoiceTurn, ...] = ()
    vectors: bytes = b""
    speech_ms: tuple[int, ...] = ()
    joined_ms: int = 0


def voices_in(heard: Iterable[HeardVoices], count: VoiceCount) -> Voices:
    """Who speaks when in a recording, from what was heard in its clips, in any order."""
    clips = sorted(heard, key=lambda clip: clip.stretches[:1])
    stretches = np.array(
        [stretch for clip in clips for stretch in clip.stretches], np.int64
    ).reshape(-1, 2)
    known, is_told = _told(clips, len(stretches))
    if not is_told.any():
        return Voices()
    lengths_ms = (stretches[:, 1] - stretches[:, 0])[is_told].astype(np.float64)
    labels, joined_ms = _without_short(known, _labels(known, lengths_ms, count), lengths_ms, count)
    everybody = _nearest_in_time(stretches, is_told, labels)
    means = centroids(known, labels, lengths_ms)
    stretches = with_edges(stretches, is_told, known, labels, means)
    return Voices(
        turns=_turns(stretches, everybody),
        vectors=bytes_from_vectors(means),
        speech_ms=tuple(
            int((stretches[everybody == label, 1] - stretches[everybody == label, 0]).sum())
            for label in range(len(means))
        ),
        joined_ms=joined_ms,
    )


def _told(
    clips: Iterable[HeardVoices], stretch_count: int
) -> tuple[Vectors, npt.NDArray[np.bool_]]:
    """The vectors at length 1, without those of zeros, and which stretches have one.

    Clip by clip: those of hours take 8 MB each time that all of them are copied.
    """
    known = np.empty((stretch_count, VECTOR_SIZE), np.float32)
    is_told = np.zeros(stretch_count, np.bool_)
    first = told_count = 0
    for clip in clips:
        vectors = vectors_from_bytes(clip.vectors)
        own = np.asarray(vectors.any(axis=1))
        is_told[first : first + len(own)] = own
        first += len(own)
        known[told_count : told_count + int(own.sum())] = unit(vectors[own])
        told_count += int(own.sum())
    return known[:told_count], is_told


def _labels(vectors: Vectors, weights: npt.NDArray[np.float64], count: VoiceCount) -> Labels:
    if len(vectors) <= _MOST_AT_ONCE:
        return _labels_at_once(vectors, weights, count)
    block_count = -(-len(vectors) // _BLOCK_COUNT)
    blocks = np.array_split(np.arange(len(vectors)), block_count)
    within = replace(count, least=1)
    parts = [_labels_at_once(vectors[block], weights[block], within) for block in blocks]
    means = np.concatenate(
        [
            centroids(vectors[block], part, weights[block])
            for block, part in zip(blocks, parts, strict=True)
        ]
    )
    joined = agglomerated(means, alike=_ALIKE_BLOCKS, least=count.least, most=count.most)
    offsets = np.cumsum([0, *(int(part.max()) + 1 for part in parts)])[:-1]
    return renumbered(
        np.concatenate([joined[part + offset] for part, offset in zip(parts, offsets, strict=True)])
    )


def _labels_at_once(
    vectors: Vectors, weights: npt.NDArray[np.float64], count: VoiceCount
) -> Labels:
    most = min(count.most, len(vectors))
    least = min(count.least, most)
    if len(vectors) < max(_FEW, most + 1):
        return agglomerated(vectors, alike=_ALIKE_FEW, least=least, most=most)
    labels = parted(vectors, least=least, most=most)
    means = centroids(vectors, labels, weights)
    return renumbered(agglomerated(means, alike=count.alike, least=least)[labels])


def _without_short(
    vectors: Vectors, labels: Labels, lengths_ms: npt.NDArray[np.float64], count: VoiceCount
) -> tuple[Labels, int]:
    """The labels with short voices given to who is most alike, and how long those spoke."""
    spoken_ms = np.bincount(labels, lengths_ms)
    by_length = np.argsort(-spoken_ms, kind="stable")
    kept = [
        label
        for rank, label in enumerate(by_length.tolist())
        if spoken_ms[label] >= _LEAST_MS or rank < max(1, count.least)
    ]
    gone = ~np.isin(labels, kept)
    if not gone.any():
        return labels, 0
    means = centroids(vectors, labels, lengths_ms)[kept]
    result = labels.copy()
    result[gone] = np.asarray(kept)[(vectors[gone] @ means.T).argmax(axis=1)]
    return renumbered(result), int(lengths_ms[gone].sum())


def _nearest_in_time(
    stretches: npt.NDArray[np.int64], is_told: npt.NDArray[np.bool_], labels: Labels
) -> Labels:
    """A label for every stretch: one without a voice of its own has that of its neighbour."""
    told = np.flatnonzero(is_told)
    everybody = np.empty(len(stretches), np.int64)
    everybody[told] = labels
    for index in np.flatnonzero(~is_told):
        after = int(np.searchsorted(told, index))
        sides = [told[place] for place in (after - 1, after) if 0 <= place < len(told)]
        nearest = min(sides, key=lambda side: _gap_ms(stretches, int(side), int(index)))
        everybody[index] = everybody[nearest]
    return everybody


def _gap_ms(stretches: npt.NDArray[np.int64], left: int, right: int) -> int:
    first, second = sorted((left, right))
    return int(stretches[second, 0] - stretches[first, 1])


def _turns(stretches: npt.NDArray[np.int64], labels: Labels) -> tuple[VoiceTurn, ...]:
    turns: list[VoiceTurn] = []
    for (start_ms, end_ms), label in zip(stretches.tolist(), labels.tolist(), strict=True):
        before = turns[-1] if turns else None
        if before and before.voice == label and start_ms - before.end_ms < _PAUSE_MS:
            turns[-1] = VoiceTurn(start_ms=before.start_ms, end_ms=end_ms, voice=label)
        else:
            turns.append(VoiceTurn(start_ms=start_ms, end_ms=end_ms, voice=label))
    return tuple(turns)
