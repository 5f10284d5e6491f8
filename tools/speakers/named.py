"""Whether people who are known by 10 s of speech get their names in talks, and only they."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.voice_types import VECTOR_BYTES
from qasr_cli.voices.matching import matched
from qasr_cli.voices.recording import Voices
from tools.speakers.corpus import RATE_HZ, SAME, Pcm
from tools.speakers.score import voices_to_people
from tools.speakers.talks import Talk

_PAUSE_S = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Voices in talks, of people who are known and of strangers."""

    known_count: int
    unnamed_count: int
    wrong_count: int
    stranger_count: int
    taken_count: int

    def __str__(self) -> str:
        return (
            f"of {self.known_count} voices of people who are known {self.unnamed_count} have no "
            f"name and {self.wrong_count} another's; of {self.stranger_count} strangers' "
            f"{self.taken_count} have somebody's"
        )


def recording_of(pieces: Sequence[Pcm], *, length_s: float) -> Pcm:
    """Utterances one after the other until there is so much sound, but for the pauses."""
    pause = np.zeros(round(_PAUSE_S * RATE_HZ), np.float32)
    taken: list[Pcm] = [pause]
    spoken = 0
    for piece in pieces:
        if spoken >= length_s * RATE_HZ:
            break
        taken += [piece, pause]
        spoken += len(piece)
    return np.concatenate(taken)


def known_names(voices: Mapping[str, Sequence[Pcm]]) -> list[str]:
    """Who is known: all but the woman whom two packages have, so that she is a stranger."""
    return sorted(name for name in voices if name not in SAME)


def names(
    talks: Sequence[Talk],
    found: Sequence[Voices],
    people: Mapping[str, bytes],
    *,
    length_s: float,
) -> Names:
    """What came of naming the voices of some talks.

    Args:
        people: how those sound who are known.
    """
    known = sorted(people)
    told: list[tuple[str | None, str | None]] = []
    for talk, voices in zip(talks, found, strict=True):
        who = voices_to_people(talk.truth, voices.turns, length_s=length_s)
        vectors = [
            voices.vectors[voice * VECTOR_BYTES : (voice + 1) * VECTOR_BYTES]
            for voice in range(len(voices.speech_ms))
        ]
        given = matched(vectors, [people[name] for name in known], is_once=False)
        for voice, person in enumerate(given):
            told.append((who.get(voice), None if person is None else known[person]))
    mine = [(person, name) for person, name in told if person in people]
    strangers = [name for person, name in told if person not in people]
    return Names(
        known_count=len(mine),
        unnamed_count=sum(name is None for _, name in mine),
        wrong_count=sum(name is not None and name != person for person, name in mine),
        stranger_count=len(strangers),
        taken_count=sum(name is not None for name in strangers),
    )
