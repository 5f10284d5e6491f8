"""From what hears several voices at once to one voice at a time."""

from collections.abc import Sequence

import numpy as np

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices, VoiceActivity
from qasr_cli.voices.activity import voices_at_work
from qasr_cli.voices.recording import VoiceCount, Voices
from qasr_cli.voices.vectors import vectors_from_bytes

ANY = VoiceCount()


def activity_of(*stretches: tuple[int, int, Sequence[int]]) -> VoiceActivity:
    """Stretches from and to a millisecond, with how likely each of three voices is."""
    return VoiceActivity(
        voice_count=3,
        stretches_ms=np.array([stretch[:2] for stretch in stretches], "<i4").tobytes(),
        likelihoods=np.array([stretch[2] for stretch in stretches], np.uint8).tobytes(),
    )


def turns_of(found: Voices) -> list[tuple[int, int, int]]:
    """Its turns in short."""
    return [(turn.start_ms, turn.end_ms, turn.voice) for turn in found.turns]


def test_nobody() -> None:
    """Where nobody speaks there are no voices."""
    assert voices_at_work(VoiceActivity(voice_count=3), ANY) == Voices()


def test_voices_are_numbered_as_they_come() -> None:
    """Whatever number the model has for a voice, the first who speaks is the first."""
    found = voices_at_work(
        activity_of((0, 1000, (0, 0, 200)), (2000, 3000, (200, 0, 0)), (4000, 4500, (0, 0, 200))),
        ANY,
    )

    assert turns_of(found) == [(0, 1000, 0), (2000, 3000, 1), (4000, 4500, 0)]
    assert found.speech_ms == (1500, 1000)


def test_a_short_pause_parts_no_turn() -> None:
    """One voice before and behind a breath has one turn; half a second is no breath."""
    found = voices_at_work(
        activity_of((0, 1000, (200, 0, 0)), (1400, 2000, (190, 0, 0)), (2500, 3000, (200, 0, 0))),
        ANY,
    )

    assert turns_of(found) == [(0, 2000, 0), (2500, 3000, 0)]


def test_where_several_speak_it_is_the_likeliest_ones_turn() -> None:
    """In overlap each moment is one voice's; of equals who spoke before."""
    found = voices_at_work(
        activity_of(
            (0, 1000, (200, 0, 0)),
            (1000, 1500, (200, 210, 0)),
            (1500, 2000, (0, 220, 0)),
            (2000, 2500, (220, 220, 0)),
            (2500, 3000, (220, 0, 0)),
        ),
        ANY,
    )

    assert turns_of(found) == [(0, 1000, 0), (1000, 2500, 1), (2500, 3000, 0)]


def test_a_flicker_is_no_turn() -> None:
    """What is too short for a word is its longer neighbour's; alone it stays."""
    found = voices_at_work(
        activity_of(
            (0, 1000, (200, 0, 0)),
            (1000, 1050, (0, 0, 255)),
            (1050, 1400, (0, 200, 0)),
            (5000, 5050, (0, 0, 255)),
        ),
        ANY,
    )

    assert turns_of(found) == [(0, 1050, 0), (1050, 1400, 1), (5000, 5050, 2)]


def test_the_one_who_speaks_least_is_taken_for_the_likeliest_other() -> None:
    """Of more voices than told the weakest goes, stretch by stretch to who else was thought of."""
    activity = activity_of(
        (0, 4000, (250, 0, 0)),
        (5000, 8000, (0, 250, 0)),
        (9000, 9500, (10, 30, 250)),
        (9900, 10_400, (40, 30, 250)),
    )

    assert turns_of(voices_at_work(activity, ANY))[2] == (9000, 10_400, 2)
    two = voices_at_work(activity, VoiceCount(least=2, most=2))
    assert turns_of(two)[2:] == [(9000, 9500, 1), (9900, 10_400, 0)]
    one = voices_at_work(activity, VoiceCount(least=1, most=1))
    assert {turn.voice for turn in one.turns} == {0}


def test_where_nobody_else_was_thought_of_the_neighbour_speaks() -> None:
    """A stretch in which all others are impossible goes to who speaks next to it."""
    activity = activity_of(
        (0, 4000, (250, 0, 0)), (5000, 9000, (0, 250, 0)), (9100, 9500, (0, 0, 250))
    )

    assert turns_of(voices_at_work(activity, VoiceCount(most=2)))[1] == (5000, 9500, 1)


def test_fewer_voices_cannot_be_made_more() -> None:
    """Who told three, where two are heard, gets two."""
    activity = activity_of((0, 4000, (250, 0, 0)), (5000, 9000, (0, 250, 0)))

    assert len(voices_at_work(activity, VoiceCount(least=3, most=3)).speech_ms) == 2


def test_a_voice_sounds_as_what_is_its_own() -> None:
    """Its vector is the mean of the windows that are for the most part its own; without any, none.

    A window that two voices share, and one too short for a vector, count for nobody.
    """
    axes = np.eye(VECTOR_SIZE, dtype=np.float32)
    windows = [
        ((0, 1000), axes[0]),
        ((1000, 2000), axes[1]),
        ((2500, 3500), axes[2]),  # half in the pause, half the second's
        ((3500, 3900), 0 * axes[0]),
        ((4000, 5000), axes[3]),
    ]
    heard = HeardVoices.of(
        (stretch for stretch, _ in windows),
        np.array([vector for _, vector in windows]).astype("<f2").tobytes(),
    )
    activity = activity_of(
        (0, 2000, (250, 0, 0)), (3000, 5200, (0, 250, 0)), (8000, 9000, (0, 0, 250))
    )

    found = vectors_from_bytes(voices_at_work(activity, ANY, [heard]).vectors)

    np.testing.assert_allclose(found[0, :3], [0.5**0.5, 0.5**0.5, 0], atol=1e-3)
    np.testing.assert_allclose(found[1, :4], [0, 0, 0, 1], atol=1e-3)
    assert not found[2].any()
