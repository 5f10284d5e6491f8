"""What was heard on the channels of one recording -> one transcript, a speaker a channel. Pure.

What one speaker says in another's microphone is heard twice; it is kept where it is louder.
"""

import heapq
import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from qasr_cli.core.text import split_words
from qasr_cli.core.transcript.assemble import needs_space, settled
from qasr_cli.core.types import Segment, TextWord, Transcript

LEVEL_MS = 100

# How far apart two channels may time one word: twice the aligner's usual error, and an echo.
_SAME_MS = 400
# How much of a channel's words is not as loud as its speaker can be said to be.
_LOUD_SHARE = 0.9
# 10 dB below that is a voice from afar: microphones on two people pick each other up at -15 dB or
# less, and nobody lowers the voice so far inside a conversation.
_FAINT_SHARE = 0.1
# A shorter overlap moves the words of the second speaker; a longer one parts those of the first.
_OVERLAP_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """What was heard on one channel.

    Attributes:
        transcript: its segments name the speaker.
        levels: mean square of its samples, one for every `LEVEL_MS`.
    """

    transcript: Transcript
    levels: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Said:
    """A word with the white space after it."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Turn:
    """Words of one speaker that stand together; never empty."""

    speaker: str | None
    language: str | None
    words: tuple[_Said, ...]

    @property
    def start_ms(self) -> int:
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        return self.words[-1].end_ms

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).rstrip()


def merged(left: Track, right: Track) -> Transcript:
    """One transcript of two channels, their sentences in order of time.

    A long sentence into which the other speaker breaks goes on after that. No word overlaps
    another: where people speak at once, the later start holds.
    """
    whole = left.transcript
    turns = _in_order(_without_doubles(left, right))
    text, segments = _joined(turns, whole.duration_ms)
    spoken_ms: Counter[str] = Counter()
    for turn in turns:
        if turn.language is not None:
            spoken_ms[turn.language] += turn.end_ms - turn.start_ms
    both = (left.transcript, right.transcript)
    return replace(
        whole,
        language=max(spoken_ms, key=spoken_ms.__getitem__, default=None),
        text=text,
        segments=segments,
        clips=tuple(
            sorted((clip for each in both for clip in each.clips), key=lambda clip: clip.start_ms)
        ),
        warnings=tuple(dict.fromkeys(line for each in both for line in each.warnings)),
    )


def _turns(transcript: Transcript) -> tuple[_Turn, ...]:
    text = transcript.text
    return tuple(
        _Turn(
            speaker=segment.speaker,
            language=segment.language,
            words=tuple(
                _Said(
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    text=text[word.char_start : word.char_end],
                )
                for word in segment.words
            ),
        )
        for segment in transcript.segments
    )


# --- what was heard on both channels ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """A channel as it is compared with the other.

    Attributes:
        words: of all turns.
        own_level: how loud its own speaker is.
    """

    turns: tuple[_Turn, ...]
    words: tuple[_Said, ...]
    levels: Sequence[float]
    own_level: float

    @classmethod
    def of(cls, track: Track) -> Self:
        turns = _turns(track.transcript)
        words = tuple(word for turn in turns for word in turn.words)
        heard = sorted(_level(track.levels, word.start_ms, word.end_ms) for word in words)
        own_level = heard[int(_LOUD_SHARE * (len(heard) - 1))] if heard else 0.0
        return cls(turns=turns, words=words, levels=track.levels, own_level=own_level)

    def level(self, start_ms: int, end_ms: int) -> float:
        """The mean over a stretch of time."""
        return _level(self.levels, start_ms, end_ms)

    def speaks_around(self, word: _Said) -> bool:
        """Whether a word of this channel may be the same sound as one of the other."""
        index = bisect_left(self.words, word.end_ms + _SAME_MS, key=_start_ms) - 1
        return index >= 0 and self.words[index].end_ms > word.start_ms - _SAME_MS


def _without_doubles(left: Track, right: Track) -> list[_Turn]:
    """The turns of both channels without what is only the other's voice from afar."""
    sides = (_Side.of(left), _Side.of(right))
    doubles: tuple[set[_Said], set[_Said]] = (set(), set())
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


def _pairs(left: Sequence[_Said], right: Sequence[_Said]) -> Iterator[tuple[_Said, _Said]]:
    """The same word at the same time on both channels; each word in at most one pair."""
    places: dict[str, list[_Said]] = {}
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


def _start_ms(word: _Said) -> int:
    return word.start_ms


def _folded(word: _Said) -> str:
    return "".join(split_words(word.text)).casefold()


def _level(levels: Sequence[float], start_ms: int, end_ms: int) -> float:
    inside = levels[start_ms // LEVEL_MS : end_ms // LEVEL_MS + 1]
    return sum(inside) / len(inside) if inside else 0.0


def _own_words(turn: _Turn, doubles: set[_Said], own: _Side, other: _Side) -> Iterator[_Turn]:
    """The turn without doubles, and without what else in it is the other's voice, heard wrong.

    That is quieter than the other channel while the other speaks, and stands among doubles or is
    far quieter than the own speaker.
    """
    has_doubles = not doubles.isdisjoint(turn.words)

    def is_own(word: _Said) -> bool:
        if word in doubles:
            return False
        level = own.level(word.start_ms, word.end_ms)
        is_quieter = level < other.level(word.start_ms, word.end_ms)
        is_faint = level < _FAINT_SHARE * own.own_level
        return not (is_quieter and (has_doubles or is_faint) and other.speaks_around(word))

    if words := tuple(filter(is_own, turn.words)):
        yield replace(turn, words=words)


# --- in order of time -------------------------------------------------------------------------


def _in_order(turns: Sequence[_Turn]) -> list[_Turn]:
    order = itertools.count()
    waiting = [(turn.start_ms, next(order), turn) for turn in turns]
    heapq.heapify(waiting)
    result: list[_Turn] = []
    while waiting:
        _, _, turn = heapq.heappop(waiting)
        if waiting and (parts := _parted(turn, by=waiting[0][2])) is not None:
            turn, tail = parts
            heapq.heappush(waiting, (tail.start_ms, next(order), tail))
        result.append(turn)
    return result


def _parted(turn: _Turn, *, by: _Turn) -> tuple[_Turn, _Turn] | None:
    """The turn before and after another breaks in; None where that is not worth it."""
    rest_ms = turn.end_ms - by.start_ms
    if turn.speaker == by.speaker or rest_ms <= max(_OVERLAP_MS, by.end_ms - by.start_ms):
        return None
    count = sum(word.start_ms < by.start_ms for word in turn.words)
    if count in (0, len(turn.words)):
        return None
    return replace(turn, words=turn.words[:count]), replace(turn, words=turn.words[count:])


def _joined(turns: Sequence[_Turn], duration_ms: int) -> tuple[str, tuple[Segment, ...]]:
    """The text of all turns, and its sentences with words that do not overlap."""
    pieces: list[str] = []
    words: list[TextWord] = []
    length = 0
    for turn, following in zip(turns, [*turns, None][1:], strict=True):
        last = turn.words[-1].text.rstrip()
        if following is not None and needs_space(
            (turn.text, turn.language), (following.text, following.language)
        ):
            last += " "
        for word, text in zip(turn.words, [*(w.text for w in turn.words[:-1]), last], strict=True):
            words.append(
                TextWord(
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    char_start=length,
                    char_end=length + len(text),
                )
            )
            pieces.append(text)
            length += len(text)
    in_order = iter(settled(words, duration_ms))
    return "".join(pieces), tuple(
        _segment(turn, tuple(itertools.islice(in_order, len(turn.words)))) for turn in turns
    )


def _segment(turn: _Turn, words: tuple[TextWord, ...]) -> Segment:
    return Segment(
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        char_start=words[0].char_start,
        char_end=words[-1].char_end,
        language=turn.language,
        speaker=turn.speaker,
        words=words,
    )
