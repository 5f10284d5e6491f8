"""Other names for speakers, and two that are one."""

from dataclasses import replace

import pytest

from qasr_cli.core.speakers.names import merging, names_given, speakers_of, with_speakers
from qasr_cli.core.types import Cue, Transcript
from tests.core.speakers.test_diarized import talk

DEFAULTS = ("Speaker 1", "Speaker 2")


def spoken_by(*speakers: str | None) -> Transcript:
    """A sentence by each."""
    plain = talk(*("a b" for _ in speakers))
    segments = tuple(
        replace(segment, speaker=speaker)
        for segment, speaker in zip(plain.segments, speakers, strict=True)
    )
    return replace(plain, segments=segments)


def _who(transcript: Transcript) -> list[str | None]:
    return [segment.speaker for segment in transcript.segments]


def test_voices_are_named_in_their_order() -> None:
    """Numbers count where there are any; who has no name left keeps the number."""
    told = spoken_by("Speaker 2", "Speaker 1", "Speaker 10")

    names = names_given(told, ("Anna", "Ben"), defaults=DEFAULTS, is_diarized=True)

    assert _who(with_speakers(told, names)) == ["Ben", "Anna", "Speaker 10"]


def test_channels_are_named_by_their_side() -> None:
    """The right one keeps the second name where the left one says nothing."""
    told = spoken_by("Speaker 2")

    names = names_given(told, ("Anna", "Ben"), defaults=DEFAULTS, is_diarized=False)

    assert _who(with_speakers(told, names)) == ["Ben"]


def test_nobody_is_renamed_by_default() -> None:
    """What nobody asked for changes nothing, not even the object."""
    told = spoken_by("right 1", "left 2", "left 1")

    names = names_given(told, DEFAULTS, defaults=DEFAULTS, is_diarized=True)

    assert with_speakers(told, names) is told
    assert speakers_of(told) == ["left 1", "left 2", "right 1"]


def test_two_speakers_become_the_first_of_them() -> None:
    """By number or by name; subtitles that were cut by hand go along."""
    told = spoken_by("Anna", "Ben", "Carl", None)
    cues = (Cue(start_ms=0, end_ms=900, lines=("a b",), speaker="Carl"),)
    told = replace(told, cues=cues)

    merged = with_speakers(told, merging(told, [("2", "Carl")]))

    assert _who(merged) == ["Anna", "Ben", "Ben", None]
    assert [cue.speaker for cue in merged.cues or ()] == ["Ben"]
    chained = with_speakers(told, merging(told, [("1", "2"), ("2", "3")]))
    assert _who(chained) == ["Anna", "Anna", "Anna", None]


def test_who_is_not_there_is_said() -> None:
    """And who is."""
    with pytest.raises(ValueError, match="no speaker 3; there are 1 Anna, 2 Ben"):
        merging(spoken_by("Anna", "Ben"), [("1", "3")])
