"""Whether one voice has one name over many recordings, and no two voices share one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from qasr_cli.core.voice_types import VECTOR_BYTES
from qasr_cli.voices.linking import linked
from qasr_cli.voices.recording import Voices
from tools.speakers.corpus import SAME
from tools.speakers.score import voices_to_people
from tools.speakers.talks import Talk

# As in `qasr_cli.run.same_speakers`: who speaks for less is compared with nobody.
_LEAST_MS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Pairs of voices in two recordings each."""

    same_count: int
    missed_count: int
    different_count: int
    false_count: int

    def __str__(self) -> str:
        return (
            f"of {self.same_count} pairs of one person {self.missed_count} are not linked, of "
            f"{self.different_count} of two people {self.false_count} are"
        )


def links(talks: Sequence[Talk], found: Sequence[Voices], *, length_s: float) -> Links:
    """What came of linking the voices of some talks."""
    vectors: list[list[bytes]] = []
    people: list[str] = []
    for talk, voices in zip(talks, found, strict=True):
        names = voices_to_people(talk.truth, voices.turns, length_s=length_s)
        own = []
        for voice, speech_ms in enumerate(voices.speech_ms):
            if speech_ms >= _LEAST_MS and voice in names:
                own.append(voices.vectors[voice * VECTOR_BYTES : (voice + 1) * VECTOR_BYTES])
                people.append(names[voice])
        vectors.append(own)
    numbers = linked(vectors)
    told = [(file, number) for file, own in enumerate(numbers) for number in own]
    pairs = [
        (people[one] == people[other], told[one][1] == told[other][1])
        for one, other in combinations(range(len(told)), 2)
        # One woman in two languages may be linked or not.
        if told[one][0] != told[other][0] and {people[one], people[other]} != set(SAME)
    ]
    same = [is_linked for is_one, is_linked in pairs if is_one]
    different = [is_linked for is_one, is_linked in pairs if not is_one]
    return Links(
        same_count=len(same),
        missed_count=same.count(False),
        different_count=len(different),
        false_count=different.count(True),
    )
