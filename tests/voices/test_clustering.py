"""Which vectors are of one voice."""

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices
from qasr_cli.voices.agglomerate import agglomerated
from qasr_cli.voices.recording import VoiceCount, Voices, voices_in
from qasr_cli.voices.spectral import parted
from qasr_cli.voices.vectors import bytes_from_vectors, renumbered, unit, vectors_from_bytes

STEP_MS = 750


def people(count: int) -> npt.NDArray[np.float32]:
    """Directions that have little in common."""
    drawn = np.random.default_rng(1).standard_normal((count, VECTOR_SIZE)).astype(np.float32)
    return unit(drawn)


def heard(turns: list[int], *, spread: float = 0.03, clip_count: int = 20) -> list[HeardVoices]:
    """Windows of these people, clip by clip; -1 is a stretch too short to tell."""
    chance = np.random.default_rng(2)
    known = people(8)
    vectors = np.array(
        [
            np.zeros(VECTOR_SIZE)
            if who < 0
            else known[who] + spread * chance.standard_normal(VECTOR_SIZE)
            for who in turns
        ],
        np.float32,
    )
    packed = unit(vectors)
    return [
        HeardVoices.of(
            (
                (STEP_MS * i, STEP_MS * (i + 1))
                for i in range(first, min(first + clip_count, len(turns)))
            ),
            bytes_from_vectors(packed[first : first + clip_count]),
        )
        for first in range(0, len(turns), clip_count)
    ]


def who_of(found: Voices, count: int) -> list[int]:
    """The voice in the middle of each stretch."""
    return [
        next(t.voice for t in found.turns if t.start_ms <= STEP_MS * i + 300 < t.end_ms)
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_people_are_told_apart(count: int) -> None:
    """As many voices as speak, numbered in the order in which they come."""
    turns = [(i // 8) % count for i in range(40 * count)]

    found = voices_in(heard(turns), VoiceCount())

    assert len(found.speech_ms) == count
    assert who_of(found, len(turns)) == renumbered(np.array(turns)).tolist()
    assert sum(found.speech_ms) == STEP_MS * len(turns)


def test_the_order_of_clips_is_of_no_account() -> None:
    """Clips come back in any order, and batches differ."""
    clips = heard([(i // 8) % 3 for i in range(120)])

    assert voices_in(clips, VoiceCount()) == voices_in(clips[::-1], VoiceCount())


@pytest.mark.parametrize("told", [1, 2, 4])
def test_told_counts_are_obeyed(told: int) -> None:
    """Whoever knows how many speak is right."""
    turns = [(i // 8) % 3 for i in range(120)]

    found = voices_in(heard(turns), VoiceCount(least=told, most=told))

    assert len(found.speech_ms) == told


def test_a_few_windows_are_enough() -> None:
    """A recording of some seconds has no spectrum, and two voices all the same."""
    found = voices_in(heard([0, 0, 0, 0, 1, 1, 1, 1]), VoiceCount())

    assert who_of(found, 8) == [0] * 4 + [1] * 4


def test_a_voice_of_a_moment_is_somebody_elses() -> None:
    """A cough takes no number; it is said how long that was."""
    turns = [0] * 30 + [5] + [1] * 30

    found = voices_in(heard(turns), VoiceCount())

    assert len(found.speech_ms) == 2
    assert voices_in(heard([0] * 8 + [5] + [0] * 2), VoiceCount()).joined_ms == STEP_MS


def test_a_stretch_too_short_to_tell_is_its_neighbours() -> None:
    """By time, not by sound: it has none."""
    turns = [0] * 10 + [-1] + [1] * 10 + [-1]

    found = voices_in(heard(turns), VoiceCount())

    who = who_of(found, len(turns))
    assert who[10] in (0, 1)
    assert who[-1] == 1
    assert voices_in(heard([-1, -1]), VoiceCount()) == Voices()
    assert voices_in([], VoiceCount()) == Voices()


def test_a_pause_ends_a_turn() -> None:
    """Whoever speaks next; and speech begins a little earlier, and ends later, than it is found."""
    told = bytes_from_vectors(people(1)[[0] * 5])
    stretches = [(10, 750), (750, 1500), (1700, 2450), (2450, 3100), (3130, 4000)]

    (found,) = [voices_in([HeardVoices.of(stretches, told)], VoiceCount())]

    turns = [(turn.start_ms, turn.end_ms) for turn in found.turns]
    assert turns == [(5, 1530), (1670, 4000)]
    assert sum(found.speech_ms) == sum(end_ms - start_ms for start_ms, end_ms in stretches)


def test_a_long_recording_is_done_in_blocks() -> None:
    """Voices are found block by block and joined, and who speaks late is found too."""
    turns = [(i // 10) % 3 for i in range(2400)] + [3] * 100

    found = voices_in(heard(turns), VoiceCount())

    assert who_of(found, len(turns)) == turns
    told = voices_in(heard(turns), VoiceCount(least=2, most=2))
    assert len(told.speech_ms) == 2


def test_a_block_is_parted_in_few_copies() -> None:
    """Who is near whom, and what is computed of it: a table each, whatever is on the way."""
    count = 600
    clips = heard([(i // 10) % 3 for i in range(count)])
    vectors = vectors_from_bytes(b"".join(clip.vectors for clip in clips))
    parted(vectors[:50], least=1, most=10)

    tracemalloc.start()
    labels = parted(vectors, least=1, most=10)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert int(labels.max()) == 2
    assert peak_bytes < 2.5 * 8 * count**2


def test_what_must_be_apart_is_never_joined() -> None:
    """Two voices of one file are two people, however alike they are."""
    one = people(1)[0]
    vectors = np.array([one, one, one, one])

    labels = agglomerated(vectors, alike=0.6, apart=[0, 0, 1, 1])

    assert labels[0] != labels[1]
    assert labels[2] != labels[3]
    assert set(labels.tolist()) == {0, 1}


def test_vectors_are_packed_and_read() -> None:
    """What is kept in a spool is what was heard, to the bit."""
    packed = bytes_from_vectors(people(3))

    assert bytes_from_vectors(vectors_from_bytes(packed)) == packed
