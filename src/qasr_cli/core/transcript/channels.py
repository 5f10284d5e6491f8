"""What was heard on the channels of one recording -> one transcript, a speaker a channel. Pure.

What one speaker says in another's microphone is heard twice; it is kept where it is louder.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from qasr_cli.core.text import split_words
from qasr_cli.core.transcript.turns import Said, Turn, conversation, in_order, turns_of
from qasr_cli.core.types import Transcript

LEVEL_MS = 100

# How far apart two channels may time one word: twice the aligner's usual error, and an echo.
_SAME_MS = 400
# How much of a channel's words is not as loud as its speaker can be said to be.
_LOUD_SHARE = 0.9
# 10 dB below that is a voice from afar: microphones on two people pick each other up at -15 dB or
# less, and nobody lowers the voice so far inside a conversation.
_FAINT_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """What was heard on one channel.

    Attributes:
        transcript: its segments name the speaker.
        levels: mean square of its samples, one for every `LEVEL_MS`.
    """

    transcript: Transcript
    levels: Sequence[float]


def merged(left: Track, right: Track) -> Transcript:
    """One transcript of two channels, their sentences in order of time.

    A long sentence into which the other speaker breaks goes on after that. No word overlaps
    another: where people speak at once, the later start holds.
    """
    turns = in_order(_without_doubles(left, right))
    return conversation((left.transcript, right.transcript), turns)


# --- what was heard on both channels ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """A channel as it is compared with the other.

    Attributes:
        words: of all turns.
        own_level: how loud its own speaker is.
    """

    turns: tuple[Turn, ...]
    words: tuple[Said, ...]
    levels: Sequence[float]
    own_level: float

    @classmethod
    def of(cls, track: Track) -> Self:
        turns = turns_of(track.transcript)
        words = tuple(word for turn in turns for word in turn.words)
        heard = sorted(_level(track.levels, word.start_ms, word.end_ms) for word in words)
        own_level = heard[int(_LOUD_SHARE * (len(heard) - 1))] if heard else 0.0
        return cls(turns=turns, words=words, levels=track.levels, own_level=own_level)

    def level(self, start_ms: int, end_ms: int) -> float:
        """The mean over a stretch of time."""
        return _level(self.levels, start_ms, end_ms)

    def speaks_around(self, word: Said) -> bool:
        """Whether a word of this channel may be the same sound as one of the other."""
        index = bisect_left(self.words, word.end_ms + _SAME_MS, key=_start_ms) - 1
        return index >= 0 and self.words[index].end_ms > word.start_ms - _SAME_MS


def _without_doubles(left: Track, right: Track) -> list[Turn]:
    """The turns of both channels without what is only the other's voice from afar."""
    sides = (_Side.of(left), _Side.of(right))
    doubles: tuple[set[Said], set[Said]] = (set(), set())
    for pair in _pairs(*(side.words for side in sides)):
        start_ms, end_ms = min(w.start_ms for w in pair), max(w.end_ms for w in pair)
        heard = [side.level(start_ms, end_ms) for side in sides]
        quieter = 0 if heard[0] < heard[1] else 1
        doubles[quieter].add(pair[quieter])
    return [
        kept
        for own, other in ((0, 1), (1, 0))
        for turn in sides[own].turns
        for kept in _own_words(turn, doubles[own], sides[own], sides[other])
    ]


def _pairs(left: Sequence[Said], right: Sequence[Said]) -> Iterator[tuple[Said, Said]]:
    """The same word at the same time on both channels; each word in at most one pair."""
    places: dict[str, list[Said]] = {}
    for word in right:
        places.setdefault(_folded(word), []).append(word)
    for word in left:
        same = places.get(_folded(word), [])
        first = bisect_left(same, word.start_ms - _SAME_MS, key=lambda other: other.start_ms)
        near = same[first : bisect_left(same, word.start_ms + _SAME_MS + 1, key=_start_ms)]
        if near:
            found = min(near, key=lambda other: abs(other.start_ms - word.start_ms))
            same.remove(found)
            yield word, found


def _start_ms(word: Said) -> int:
    return word.start_ms


def _folded(word: Said) -> str:
    return "".join(split_words(word.text)).casefold()


def _level(levels: Sequence[float], start_ms: int, end_ms: int) -> float:
    inside = levels[start_ms // LEVEL_MS : end_ms // LEVEL_MS + 1]
    return sum(inside) / len(inside) if inside else 0.0


def _own_words(turn: Turn, doubles: set[Said], own: _Side, other: _Side) -> Iterator[Turn]:
    """The turn without doubles, and without what else in it is the other's voice, heard wrong.

    That is quieter than the other channel while the other speaks, and stands among doubles or is
    far quieter than the own speaker.
    """
    has_doubles = not doubles.isdisjoint(turn.words)

    def is_own(word: Said) -> bool:
        if word in doubles:
            return False
        level = own.level(word.start_ms, word.end_ms)
        is_quieter = level < other.level(word.start_ms, word.end_ms)
        is_faint = level < _FAINT_SHARE * own.own_level
        return not (is_quieter and (has_doubles or is_faint) and other.speaks_around(word))

    if words := tuple(filter(is_own, turn.words)):
        yield replace(turn, words=words)
