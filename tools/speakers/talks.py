"""Conversations put together from utterances, with the truth of who speaks when."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.speakers.corpus import RATE_HZ, SAME, Pcm


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One utterance: who spoke it, and when, in seconds."""

    start_s: float
    end_s: float
    speaker: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Talk:
    """A conversation and its truth."""

    name: str
    pcm: Pcm
    truth: tuple[Spoken, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in it."""
        return tuple(sorted({spoken.speaker for spoken in self.truth}))


def talks(
    voices: Mapping[str, Sequence[Pcm]],
    *,
    seeds: range,
    length_s: float,
    interrupted: float = 0.2,
) -> Iterator[Talk]:
    """A talk of two to five people for each seed, the same ones every time."""
    for seed in seeds:
        chance = random.Random(1000 + seed)  # noqa: S311  # seeded, for a test
        # One woman in two languages is one voice to some listeners.
        people = [name for name in sorted(voices) if name != SAME[seed % 2]]
        few = min(2 + seed % 4, len(people))
        speakers = chance.sample(people, few)
        yield talk(voices, speakers, seed=seed, length_s=length_s, interrupted=interrupted)


def talk(
    voices: Mapping[str, Sequence[Pcm]],
    speakers: Sequence[str],
    *,
    seed: int,
    length_s: float,
    interrupted: float = 0.2,
    noise_db: float = -56.0,
) -> Talk:
    """Turns of one to four utterances with short pauses; some begin before the last one ends."""
    chance = random.Random(seed)  # noqa: S311  # seeded, for a test
    sound = np.zeros(round((length_s + 12) * RATE_HZ), np.float32)
    gains = {name: 10 ** (chance.uniform(-6, 0) / 20) for name in speakers}
    pools: dict[str, list[Pcm]] = {name: [] for name in speakers}
    truth: list[Spoken] = []
    at_s, last = 0.5, None
    while at_s < length_s - 2:
        last = chance.choice([name for name in speakers if name != last] or list(speakers))
        for _ in range(chance.choice([1, 1, 2, 2, 3, 4])):
            if not pools[last]:
                pools[last] = chance.sample(list(voices[last]), len(voices[last]))
            piece = pools[last].pop()
            spoken_s = len(piece) / RATE_HZ
            if at_s + spoken_s > length_s:
                break
            first = round(at_s * RATE_HZ)
            sound[first : first + len(piece)] += piece * gains[last]
            truth.append(Spoken(start_s=at_s, end_s=at_s + spoken_s, speaker=last))
            at_s += spoken_s + chance.uniform(0.08, 0.35)
        at_s += chance.uniform(0.1, 0.8)
        if truth and chance.random() < interrupted:
            at_s = max(truth[-1].start_s + 0.2, truth[-1].end_s - chance.uniform(0.3, 1.2))
    sound = sound[: round(length_s * RATE_HZ)]
    noise = np.random.default_rng(seed).standard_normal(len(sound)).astype(np.float32)
    pcm = np.clip(sound + noise * np.float32(10 ** (noise_db / 20)), -1, 1)
    return Talk(name=f"talk{seed:02d}", pcm=pcm, truth=tuple(truth))
