"""Do the words of which the demo pair is least sure hold most of its errors?

    python -m tools.measure_confidence

Sentences that no training has seen, spoken by voices of espeak-ng and flite that none has heard, in
noise. Two sets without a common sentence: by the first the mean was chosen that makes a word's
probability of its tokens', the second is what counts. Ends with 1 where the least sure tenth of its
words holds less than half of the errors.

Needs espeak-ng with its shared library, and flite (Debian: `apt install espeak-ng flite`).
"""

import argparse
import hashlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.review import UNSURE
from qasr_cli.core.text import is_kept
from qasr_cli.core.transcript.clip_words import clip_words
from qasr_cli.core.types import Clip, ClipDone, HeardToken, Span, TextWord
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tools.demo_language import Language, random_sentence, words_of
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm
from tools.train_demo.sounds import coloured_noise
from tools.train_demo.speakers import Cast, draw_speaker

_CLIP_COUNT = 500
_LEAST_WRONG = 100
_WORST_SHARE = 0.1
_LEAST_SHARE = 0.5
_CHINESE_SHARE, _FLITE_SHARE = 0.25, 0.4
_NOISE_DB = (5, 30)  # below the speech
_PEAK = 0.5
_PAUSE_COUNT = SAMPLE_RATE_HZ // 4
_TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """A sentence as it was spoken into noise."""

    clip: Clip
    text: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A word that was heard.

    Attributes:
        is_right: it is the word that was said there.
        tokens: what its tokens were given.
    """

    is_right: bool
    word: TextWord
    tokens: tuple[float, ...]


Mean = Callable[[Judged], float]
# As the result has it, and what else it could have.
MEANS: dict[str, Mean] = {
    "probability": lambda judged: judged.word.probability or 0.0,
    "least token": lambda judged: min(judged.tokens),
    "product of tokens": lambda judged: math.prod(judged.tokens),
    "time_probability": lambda judged: judged.word.time_probability or 0.0,
    "probability x time_probability": lambda judged: (
        (judged.word.probability or 0.0) * (judged.word.time_probability or 0.0)
    ),
}


def said_in_noise(espeak: Espeak, *, set_number: int, clip_count: int) -> Iterator[Said]:
    """Clips of one set; sets of different numbers, 0 or 1, have no sentence in common."""
    rng = np.random.default_rng(set_number)
    index = 0
    while index < clip_count:
        language: Language = "Chinese" if rng.random() < _CHINESE_SHARE else "English"
        is_flite = language == "English" and rng.random() < _FLITE_SHARE
        cast = Cast.FLITE_HELD_OUT if is_flite else Cast.HELD_OUT
        text = random_sentence(rng, language, held_out=True)
        if hashlib.sha256(text.encode()).digest()[0] % 2 != set_number:
            continue
        speech = draw_speaker(rng, espeak, language, cast).say(text)
        if speech is None:
            continue
        pcm = _in_noise(rng, speech.pcm)
        span = Span(start_sample=0, end_sample=len(pcm))
        clip = Clip(clip_id=f"set{set_number}/{index}", span=span, language=None, pcm=pcm)
        yield Said(clip=clip, text=text, language=language)
        index += 1


def _in_noise(rng: np.random.Generator, speech: Pcm) -> Pcm:
    speech = speech * (_PEAK / np.abs(speech).max())
    level = np.sqrt(np.mean(speech**2)) * 10 ** (-rng.uniform(*_NOISE_DB) / 20)
    pcm = np.pad(speech, _PAUSE_COUNT)
    noisy: Pcm = np.clip(pcm + level * coloured_noise(rng, len(pcm)), -1, 1).astype(np.float32)
    return noisy


def judged(said: Sequence[Said]) -> tuple[list[Judged], int]:
    """All words that the demo pair hears in these clips, and how many that were said it leaves out.

    It hears in float32 on the CPU.
    """
    engine = build_engine(
        EngineOptions(model="demo", device="cpu", dtype="float32", confidence=True)
    )
    by_id = {each.clip.clip_id: each for each in said}
    found: list[Judged] = []
    left_out_count = 0
    for result in engine.run(each.clip for each in said):
        if not isinstance(result, ClipDone):
            raise TypeError(f"{result.clip_id} failed: {result.error}")
        truth = by_id[result.clip_id]
        outcome = ClipOutcome(span=truth.clip.span, result=result)
        words = clip_words(outcome).words
        heard = [_letters(result.text[word.char_start : word.char_end]) for word in words]
        expected = [word.lower() for word in words_of(truth.text, truth.language)]
        are_right = right_words(expected, heard)
        left_out_count += max(0, len(expected) - len(heard))
        found += (
            Judged(is_right=is_right, word=word, tokens=_tokens_of(word, result))
            for is_right, word in zip(are_right, words, strict=True)
        )
    return found, left_out_count


def _letters(text: str) -> str:
    return "".join(filter(is_kept, text)).lower()


def _tokens_of(word: TextWord, done: ClipDone) -> tuple[float, ...]:
    def is_in(token: HeardToken) -> bool:
        first, end = max(token.char_start, word.char_start), min(token.char_end, word.char_end)
        return any(map(is_kept, done.text[first:end]))

    return tuple(token.probability for token in done.tokens if is_in(token))


def right_words(said: Sequence[str], heard: Sequence[str]) -> list[bool]:
    """Which words that were heard were said, where both texts are laid side by side.

    With the fewest words inserted, left out and mistaken.

    >>> right_words(["my", "red", "cat"], ["my", "bed", "cat", "sat"])
    [True, False, True, False]
    """
    costs = [list(range(len(heard) + 1))]
    for row, expected in enumerate(said, start=1):
        costs.append([row])
        for column, word in enumerate(heard, start=1):
            costs[row].append(
                min(
                    costs[row - 1][column] + 1,
                    costs[row][column - 1] + 1,
                    costs[row - 1][column - 1] + (expected != word),
                )
            )
    are_right = [False] * len(heard)
    row, column = len(said), len(heard)
    while row and column:
        is_same = said[row - 1] == heard[column - 1]
        if costs[row][column] == costs[row - 1][column - 1] + (not is_same):
            row, column = row - 1, column - 1
            are_right[column] = is_same
        elif costs[row][column] == costs[row][column - 1] + 1:
            column -= 1
        else:
            row -= 1
    return are_right


def share_of_errors(words: Sequence[Judged], mean: Mean) -> float:
    """How much of all errors is in the least sure tenth of the words; of equals, a like share."""
    room = math.ceil(_WORST_SHARE * len(words))
    by_value: dict[float, list[bool]] = {}
    for word in words:
        by_value.setdefault(mean(word), []).append(word.is_right)
    held = 0.0
    for value in sorted(by_value):
        equals = by_value[value]
        taken = min(room, len(equals))
        held += equals.count(False) * taken / len(equals)
        room -= taken
    return held / sum(not word.is_right for word in words)


def main() -> int:
    """Measure both sets, print a table, judge the second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--clips", type=int, default=_CLIP_COUNT, help="sentences in each set")
    clip_count = parser.parse_args().clips
    espeak = Espeak()
    print("| set | words | wrong | left out |", *(f" {name} |" for name in MEANS), sep="")
    print(f"|{'---|' * (4 + len(MEANS))}")
    words: list[Judged] = []
    wrong, share = 0, 0.0
    for number, name in enumerate(("to choose by", "to measure by")):
        words, left_out = judged(
            list(said_in_noise(espeak, set_number=number, clip_count=clip_count))
        )
        wrong = sum(not word.is_right for word in words)
        shares = [share_of_errors(words, mean) for mean in MEANS.values()]
        cells = [name, f"{len(words):,}", wrong, left_out, *(f"{share:.0%}" for share in shares)]
        print("|", " | ".join(map(str, cells)), "|")
        share = shares[0]
    print(f"\nthe least sure tenth of the words holds {share:.0%} of {wrong} errors")
    unsure = [word for word in words if (word.word.probability or 0.0) < UNSURE]
    wrong_share = sum(not word.is_right for word in unsure) / max(1, len(unsure))
    print(f"of {len(unsure)} words below {UNSURE} {wrong_share:.0%} are wrong")
    return 0 if wrong >= _LEAST_WRONG and share >= _LEAST_SHARE else 1


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Help as it is written."""


if __name__ == "__main__":
    sys.exit(main())
