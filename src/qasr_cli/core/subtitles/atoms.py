"""Unbreakable pieces of text with their widths and times: what cues and lines are made of."""

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.language.sentences import MARKS, without_closers
from qasr_cli.core.language.sound_events import sound_events_in
from qasr_cli.core.subtitles.break_costs import SENTENCE, break_cost, can_break
from qasr_cli.core.types import Segment, TextWord

_WINDOW = 6  # characters on either side of a break: longer than any word of the tables
_SPACED_WINDOW = 32  # some words on either side
_PHRASE_CHARS = 80  # longer than all that is asked of a phrase; a text may have no punctuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One word, or several that no break may part.

    Attributes:
        char_start, char_end: its slice of the text, white space after it included.
        start_ms, end_ms: when it is spoken.
        column_start, column_end: where it lies on an endless line; the white space after it is
            behind `column_end`. So `last.column_end - first.column_start` is a line's width.
        break_cost: of a break after it.
        ends_sentence: True when a break after it needs no excuse.
        begins_turn: a dash before it says that another speaker begins.
        is_sound: it tells of a sound, and is not spoken.
    """

    char_start: int
    char_end: int
    start_ms: int
    end_ms: int
    column_start: int
    column_end: int
    break_cost: int
    ends_sentence: bool
    begins_turn: bool = False
    is_sound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Words that no break may part; never empty.

    Attributes:
        break_cost, ends_sentence, is_sound: as those of an `Atom`.
    """

    words: Sequence[TextWord]
    break_cost: int
    ends_sentence: bool
    is_sound: bool


# Not the minus of a number.
_TURN = re.compile(r"[-–—]\s*[^\W\d_]|[-–—]\s*[\"“«\[(¿¡♪]")


def atoms_from_segments(
    text: str,
    segments: Sequence[Segment],
    *,
    language: str | None,
    phrase_ends: Collection[int] | None = None,
) -> tuple[Atom, ...]:
    """The atoms of consecutive sentences of one language, in order, on one endless line.

    Args:
        text: of the transcript.
        segments: not empty.
        language: its full English name, or that of a script of it.
        phrase_ends: where a dictionary ends a word or a phrase, as offsets in the text; None
            where none was asked.
    """
    groups = _unbroken(text, segments, language=language, phrase_ends=phrase_ends)
    return tuple(_laid_out(text, groups, is_full_width=joins_without_space(language)))


def _unbroken(
    text: str,
    segments: Sequence[Segment],
    *,
    language: str | None,
    phrase_ends: Collection[int] | None,
) -> Iterator[_Group]:
    """The words of each atom; the arguments are those of `atoms_from_segments`."""
    is_full_width = joins_without_space(language)
    words = list(_told_apart(text, segments, language))
    together: list[TextWord] = []
    phrase_start = sentence_start = segments[0].char_start
    for index, (word, ends_sentence, is_sound) in enumerate(words):
        together.append(word)
        cost = SENTENCE
        if not ends_sentence:
            following = words[index + 1][0]
            left, right = _around(text, word, following, is_full_width=is_full_width)
            if not can_break(left, right):
                continue
            cost = break_cost(
                left,
                right,
                pause_ms=following.start_ms - word.end_ms,
                language=language,
                is_phrase_end=None if phrase_ends is None else word.char_end in phrase_ends,
                phrase=text[max(phrase_start, word.char_end - _PHRASE_CHARS) : word.char_end],
                begins_sentence=phrase_start == sentence_start,
            )
        if ends_sentence or without_closers(text[word.char_start : word.char_end])[-1:] in MARKS:
            phrase_start = word.char_end
        if ends_sentence:
            sentence_start = word.char_end
        yield _Group(
            words=together, break_cost=cost, ends_sentence=ends_sentence, is_sound=is_sound
        )
        together = []


def _told_apart(
    text: str, segments: Sequence[Segment], language: str | None
) -> Iterator[tuple[TextWord, bool, bool]]:
    """The words; whether a sentence, or the tale of a sound, ends there; and which are sounds."""
    for segment in segments:
        words, base = segment.words, segment.char_start
        events = [
            (base + start, base + stop)
            for start, stop in sound_events_in(text[base : segment.char_end], language)
        ]
        are_sounds = [_is_within(text, word, events) for word in words]
        for index, (word, is_sound) in enumerate(zip(words, are_sounds, strict=True), 1):
            yield word, are_sounds[index : index + 1] != [is_sound], is_sound


def _is_within(text: str, word: TextWord, slices: Sequence[tuple[int, int]]) -> bool:
    if not slices:
        return False
    piece = text[word.char_start : word.char_end]
    place = word.char_start + len(piece) - len(piece.lstrip())
    return any(start <= place < stop for start, stop in slices)


def _laid_out(text: str, groups: Iterable[_Group], *, is_full_width: bool) -> Iterator[Atom]:
    """The atoms, each where it lies on an endless line."""
    column = 0
    begins_sentence = True
    for group in groups:
        first, last = group.words[0], group.words[-1]
        piece = text[first.char_start : last.char_end]
        bare = piece.rstrip()
        width = columns(bare, is_full_width=is_full_width)
        yield Atom(
            char_start=first.char_start,
            char_end=last.char_end,
            start_ms=first.start_ms,
            end_ms=last.end_ms,
            column_start=column,
            column_end=column + width,
            break_cost=group.break_cost,
            ends_sentence=group.ends_sentence,
            begins_turn=begins_sentence and _TURN.match(piece) is not None,
            is_sound=group.is_sound,
        )
        column += width + columns(piece[len(bare) :], is_full_width=is_full_width)
        begins_sentence = group.ends_sentence


def _around(
    text: str, word: TextWord, following: TextWord, *, is_full_width: bool
) -> tuple[str, str]:
    """Text before and after the break between two words."""
    edge = word.char_end
    if is_full_width:  # a word of the aligner is one character
        return text[max(0, edge - _WINDOW) : edge], text[edge : edge + _WINDOW]
    return (
        text[min(word.char_start, max(0, edge - _SPACED_WINDOW)) : edge],
        text[edge : max(following.char_end, edge + _SPACED_WINDOW)],
    )


def width_of(atoms: Sequence[Atom]) -> int:
    """Columns of consecutive atoms on one line."""
    return atoms[-1].column_end - atoms[0].column_start


_AMBIGUOUS_WIDE = "…—“”‘’·"  # full-width in Chinese and Japanese type


def columns(text: str, *, is_full_width: bool) -> int:
    """Width of a text in Latin letters: full-width characters count two, marks none.

    >>> columns("café", is_full_width=False), columns("你好，iPhone", is_full_width=True)
    (4, 12)

    Args:
        text: canonical.
        is_full_width: count the quotes and dashes that both worlds share as full-width.
    """
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(_char_columns(char, is_full_width=is_full_width) for char in text)


@functools.lru_cache(maxsize=4096)
def _char_columns(char: str, *, is_full_width: bool) -> int:
    if char.isascii():
        return int(char.isprintable())
    category = unicodedata.category(char)
    if category[0] == "M" or category in ("Cf", "Cc"):
        return 0
    is_wide = unicodedata.east_asian_width(char) in "WF" or (
        is_full_width and char in _AMBIGUOUS_WIDE
    )
    return 2 if is_wide else 1
