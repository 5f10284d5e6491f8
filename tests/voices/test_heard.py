"""The vectors of a recording, part by part."""

import tracemalloc

import numpy as np
import pytest

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices
from qasr_cli.voices.heard import HeardVectors
from qasr_cli.voices.recording import VoiceCount, voices_in
from qasr_cli.voices.vectors import Vectors, centroids, unit, vectors_from_bytes

STEP_MS = 750
CLIP_COUNT = 23
FLOAT32_BYTES = 4


def _drawn(count: int) -> Vectors:
    """Vectors of two voices that take long turns, as a spool has them; every ninth is none."""
    chance = np.random.default_rng(3)
    people = chance.standard_normal((2, VECTOR_SIZE))
    who = np.arange(count) // 400 % 2
    drawn = unit((people[who] + chance.standard_normal((count, VECTOR_SIZE))).astype(np.float32))
    drawn[4::9] = 0.0
    return vectors_from_bytes(drawn.astype("<f2").tobytes())


def _clips(vectors: Vectors) -> list[HeardVoices]:
    return [
        HeardVoices.of(
            ((STEP_MS * i, STEP_MS * i + STEP_MS) for i in range(first, first + len(some))),
            some.astype("<f2").tobytes(),
        )
        for first in range(0, len(vectors), CLIP_COUNT)
        for some in [vectors[first : first + CLIP_COUNT]]
    ]


@pytest.mark.parametrize(("first", "stop"), [(0, 0), (0, 1), (0, 89), (20, 21), (19, 64), (88, 89)])
def test_any_part_is_that_of_the_whole(first: int, stop: int) -> None:
    """Wherever clips begin, in whatever order they come; what has no voice is left out."""
    drawn = _drawn(100)
    told = unit(drawn[drawn.any(axis=1)])

    vectors = HeardVectors(_clips(drawn)[::-1])

    assert len(vectors) == len(told) == 89
    np.testing.assert_array_equal(vectors.between(first, stop), told[first:stop])
    np.testing.assert_array_equal(vectors.is_told, drawn.any(axis=1))
    np.testing.assert_array_equal(vectors.stretches[:, 0], STEP_MS * np.arange(100))


def test_means_and_likeness_are_those_of_all() -> None:
    """Of more vectors than are unpacked at once, and without those that count for nobody."""
    drawn = _drawn(2500)
    told = unit(drawn[drawn.any(axis=1)])
    labels = np.arange(len(told)) % 4 - 1
    known = labels >= 0
    expected = centroids(told[known], labels[known], np.full(int(known.sum()), float(STEP_MS)))

    vectors = HeardVectors(_clips(drawn))
    means = vectors.means(labels)

    np.testing.assert_allclose(means, expected, atol=1e-5)
    np.testing.assert_allclose(vectors.likeness(means), told @ expected.T, atol=1e-5)


def test_nothing_was_heard() -> None:
    """No clips, clips without speech, and speech without a voice have no vectors."""
    for clips in ([], [HeardVoices.of((), b"")], _clips(np.zeros((3, VECTOR_SIZE), np.float32))):
        assert len(HeardVectors(clips)) == 0
        assert not list(HeardVectors(clips).parts())


def test_a_long_recording_is_never_unpacked_as_a_whole() -> None:
    """Hours take what their vectors take packed, which is there before, and little besides."""
    counts, peaks_bytes = (2250, 4500), []  # four and eight whole blocks
    for count in counts:
        clips = _clips(_drawn(count))
        voices_in(clips[:40], VoiceCount())  # what is computed once in a process
        tracemalloc.start()
        found = voices_in(clips, VoiceCount())
        peaks_bytes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(found.speech_ms) == 2

    more_bytes = (peaks_bytes[1] - peaks_bytes[0]) / (counts[1] - counts[0])
    assert more_bytes < FLOAT32_BYTES * VECTOR_SIZE / 3
