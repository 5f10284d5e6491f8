"""Voices whose names are known: which speaker of a recording is which of these people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.voices.heard import HeardVectors
from qasr_cli.voices.recording import VoiceCount, Voices, voices_in
from qasr_cli.voices.vectors import Vectors, bytes_from_vectors, unit, vectors_from_bytes

# The same person is above 0.8 in two recordings, two people are below 0.45.
_ALIKE = 0.6
# Where two of the people that are known come so close to each other, nobody is named.
_AHEAD = 0.1
# The mean would be nobody's where a second voice has more than this share of the speech. In
# seconds of one voice two may be heard: these are more alike than two people ever are.
_MOST_OF_OTHERS = 0.2
_TWO_PEOPLE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How a person sounds, from recordings of them alone.

    Attributes:
        vector: packed as in `HeardVoices`.
        speech_ms: how long they speak.
        is_mixed: somebody else speaks in it, too.
    """

    vector: bytes
    speech_ms: int
    is_mixed: bool


def sample_of(heard: Sequence[HeardVoices]) -> Sample:
    """How the person sounds who speaks in some clips; nobody where no voice can be told."""
    found = voices_in(heard, VoiceCount())
    speech_ms = sum(found.speech_ms)
    vectors = HeardVectors(heard)
    if not len(vectors):
        return Sample(vector=b"", speech_ms=0, is_mixed=False)
    mean = vectors.means(np.zeros(len(vectors), np.int64))
    return Sample(
        vector=bytes_from_vectors(mean),
        speech_ms=speech_ms,
        is_mixed=_is_mixed(found),
    )


def _is_mixed(found: Voices) -> bool:
    means = unit(vectors_from_bytes(found.vectors))
    longest = int(np.argmax(found.speech_ms))
    others_ms = sum(
        spoken_ms
        for spoken_ms, likeness in zip(found.speech_ms, means @ means[longest], strict=True)
        if likeness < _TWO_PEOPLE
    )
    return others_ms > _MOST_OF_OTHERS * sum(found.speech_ms)


def matched(voices: Sequence[bytes], people: Sequence[bytes], *, is_once: bool) -> list[int | None]:
    """For each voice, which of the people it is; None where it is none of them for sure.

    Args:
        is_once: no two voices are one person; else who was taken for two people is one again.
    """
    if not voices or not people:
        return [None] * len(voices)
    likeness = _unit(voices) @ _unit(people).T
    found: list[int | None] = [_sure(row.tolist()) for row in likeness]
    if not is_once:
        return found
    taken = {
        person: max(
            (voice for voice, other in enumerate(found) if other == person),
            key=lambda voice: (likeness[voice, person], -voice),
        )
        for person in set(found) - {None}
    }
    return [
        person if person is not None and taken[person] == voice else None
        for voice, person in enumerate(found)
    ]


def too_alike(people: Sequence[bytes]) -> list[tuple[int, int]]:
    """The pairs of people of whom neither would ever be named."""
    if not people:
        return []
    vectors = _unit(people)
    likeness = np.triu(vectors @ vectors.T, 1)
    return [(int(one), int(other)) for one, other in np.argwhere(likeness > 1 - _AHEAD)]


def _sure(likeness: Sequence[float]) -> int | None:
    best, *others = sorted(range(len(likeness)), key=lambda person: -likeness[person])
    runner_up = likeness[others[0]] if others else -1.0
    is_sure = likeness[best] >= _ALIKE and likeness[best] - runner_up >= _AHEAD
    return best if is_sure else None


def _unit(packed: Iterable[bytes]) -> Vectors:
    return unit(vectors_from_bytes(b"".join(packed)))
