"""Who speaks when in one recording: the vectors of its clips to turns.

Cost is linear in the length: more than 7 minutes of speech are parted block by block, and the
voices of the blocks are then joined.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import HeardVoices, VoiceTurn
from qasr_cli.voices.agglomerate import agglomerated
from qasr_cli.voices.edges import with_edges
from qasr_cli.voices.heard import HeardVectors, Stretches
from qasr_cli.voices.spectral import parted
from qasr_cli.voices.vectors import Labels, Vectors, bytes_from_vectors, centroids, renumbered

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
# Speech is found a little late and lost a little early. Source: silero-vad's default.
_PAD_MS = 30


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
    vectors = HeardVectors(heard)
    if not len(vectors):
        return Voices()
    labels, joined_ms = _without_short(vectors, _labels(vectors, count), count)
    everybody = _nearest_in_time(vectors.stretches, vectors.is_told, labels)
    means = vectors.means(labels)
    likeness = vectors.likeness(means)
    stretches = with_edges(vectors.stretches, vectors.is_told, likeness, labels)
    return Voices(
        turns=_turns(stretches, everybody),
        vectors=bytes_from_vectors(means),
        speech_ms=tuple(
            int((stretches[everybody == label, 1] - stretches[everybody == label, 0]).sum())
            for label in range(len(means))
        ),
        joined_ms=joined_ms,
    )


def _labels(vectors: HeardVectors, count: VoiceCount) -> Labels:
    if len(vectors) <= _MOST_AT_ONCE:
        return _labels_at_once(vectors.between(0, len(vectors)), vectors.lengths_ms, count)
    block_count = -(-len(vectors) // _BLOCK_COUNT)
    within = replace(count, least=1)
    parts, means = [], []
    for block in np.array_split(np.arange(len(vectors)), block_count):
        own, weights = vectors.between(int(block[0]), int(block[-1]) + 1), vectors.lengths_ms[block]
        parts.append(_labels_at_once(own, weights, within))
        means.append(centroids(own, parts[-1], weights))
    joined = agglomerated(
        np.concatenate(means), alike=_ALIKE_BLOCKS, least=count.least, most=count.most
    )
    offsets = np.cumsum([0, *(len(each) for each in means)])[:-1]
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


def _without_short(vectors: HeardVectors, labels: Labels, count: VoiceCount) -> tuple[Labels, int]:
    """The labels with short voices given to who is most alike, and how long those spoke."""
    spoken_ms = np.bincount(labels, vectors.lengths_ms)
    by_length = np.argsort(-spoken_ms, kind="stable")
    kept = [
        label
        for rank, label in enumerate(by_length.tolist())
        if spoken_ms[label] >= _LEAST_MS or rank < max(1, count.least)
    ]
    gone = ~np.isin(labels, kept)
    if not gone.any():
        return labels, 0
    likeness = vectors.likeness(vectors.means(labels)[kept])
    result = labels.copy()
    result[gone] = np.asarray(kept)[likeness[gone].argmax(axis=1)]
    return renumbered(result), int(vectors.lengths_ms[gone].sum())


def _nearest_in_time(
    stretches: Stretches, is_told: npt.NDArray[np.bool_], labels: Labels
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


def _gap_ms(stretches: Stretches, left: int, right: int) -> int:
    first, second = sorted((left, right))
    return int(stretches[second, 0] - stretches[first, 1])


def _turns(stretches: Stretches, labels: Labels) -> tuple[VoiceTurn, ...]:
    """The turns in order of time; each ends where its speaker pauses, whoever speaks next."""
    turns: list[VoiceTurn] = []
    for (start_ms, end_ms), label in zip(_padded(stretches).tolist(), labels.tolist(), strict=True):
        before = turns[-1] if turns else None
        if before and before.voice == label and start_ms == before.end_ms:
            turns[-1] = VoiceTurn(start_ms=before.start_ms, end_ms=end_ms, voice=label)
        else:
            turns.append(VoiceTurn(start_ms=start_ms, end_ms=end_ms, voice=label))
    return tuple(turns)


def _padded(stretches: Stretches) -> Stretches:
    """The stretches, a little longer where they begin or end at a pause, into half of it at most.

    The last has its own end, since nobody here knows where the recording has its.
    """
    padded = stretches.copy()
    pauses_ms = np.diff(stretches.reshape(-1), prepend=0)[::2]
    pads_ms = np.minimum(_PAD_MS, pauses_ms // 2)
    padded[:, 0] -= pads_ms
    padded[:-1, 1] += pads_ms[1:]
    return padded
