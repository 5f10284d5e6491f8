"""Times for words that the aligner gave none, or the same as their neighbours. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from qasr_cli.core.text import is_unspaced, is_visible
from qasr_cli.core.types import Segment, TextWord

# Nobody speaks more slowly: what is longer is a silence that the aligner gave to a word.
_MOST_MS_PER_LETTER = 120
_MOST_MS_PER_CHARACTER = 320  # of a script without spaces, or of Hangul


def with_word_times(text: str, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments with words that have time: those without any share a neighbour's.

    The neighbour touches them; of two it is the one that has more time for its letters. Where a
    silence is on both sides, they take what they need of the one behind them. No word moves over
    a silence, and the other words stay as they are.

    Args:
        text: of the transcript.
        segments: all of it, in order: neighbours may be in another one.
    """
    words = [word for segment in segments for word in segment.words]
    if any(map(_is_empty, words)) or any(_times(a) == _times(b) for a, b in pairwise(words)):
        _share_equal(text, words)
        _share_empty(text, words)
    given = iter(words)
    return tuple(replace(each, words=tuple(islice(given, len(each.words)))) for each in segments)


def _is_empty(word: TextWord) -> bool:
    return word.end_ms <= word.start_ms


def _share_equal(text: str, words: list[TextWord]) -> None:
    """Words with one and the same time have it one after the other."""
    for first, stop in _runs(words, lambda left, right: _times(left) == _times(right)):
        if stop - first > 1 and not _is_empty(words[first]):
            _deal(text, words, first, stop, start_ms=words[first].start_ms)


def _share_empty(text: str, words: list[TextWord]) -> None:
    """Words without time have a share of a neighbour's."""
    for first, stop in _runs(words, lambda left, right: _is_empty(left) and _is_empty(right)):
        if not _is_empty(words[first]) or words[first].start_ms != words[stop - 1].start_ms:
            continue
        at_ms = words[first].start_ms
        before, behind = first - 1, stop
        givers = []
        if before >= 0 and words[before].end_ms == at_ms and not _is_empty(words[before]):
            givers.append((_pace(text, words[before]), before))
        if behind < len(words) and words[behind].start_ms == at_ms and not _is_empty(words[behind]):
            givers.append((_pace(text, words[behind]), behind))
        if givers:
            _, giver = max(givers)
            _take(text, words, first, stop, giver)
        elif behind < len(words) and words[behind].start_ms > at_ms:
            _fill(text, words, first, stop)


def _runs(
    words: Sequence[TextWord], belongs: Callable[[TextWord, TextWord], bool]
) -> Iterator[tuple[int, int]]:
    first = 0
    for index in range(1, len(words) + 1):
        if index == len(words) or not belongs(words[index - 1], words[index]):
            yield first, index
            first = index


def _take(text: str, words: list[TextWord], first: int, stop: int, giver: int) -> None:
    """Give words[first:stop] a share of the time of the word before or behind them."""
    needs_ms = sum(_most_ms(text, word) for word in words[first:stop])
    letters = sum(_letter_count(text, word) for word in words[first:stop])
    long_ms = words[giver].end_ms - words[giver].start_ms
    share_ms = long_ms * letters // (letters + _letter_count(text, words[giver]))
    share_ms = min(share_ms, needs_ms)
    if giver < first:
        start_ms = words[giver].end_ms - share_ms
        words[giver] = replace(words[giver], end_ms=start_ms)
    else:
        start_ms = words[giver].start_ms
        words[giver] = replace(words[giver], start_ms=start_ms + share_ms)
    _deal(text, words, first, stop, start_ms=start_ms, end_ms=start_ms + share_ms)


def _fill(text: str, words: list[TextWord], first: int, stop: int) -> None:
    """Give words[first:stop] the time that they need, of the silence behind them."""
    start_ms = words[first].start_ms
    needs_ms = sum(_most_ms(text, word) for word in words[first:stop]) // 2
    free_ms = words[stop].start_ms - start_ms
    _deal(text, words, first, stop, start_ms=start_ms, end_ms=start_ms + min(needs_ms, free_ms))


def _deal(
    text: str,
    words: list[TextWord],
    first: int,
    stop: int,
    *,
    start_ms: int,
    end_ms: int | None = None,
) -> None:
    """Put words[first:stop] one after the other, each as long as its letters."""
    until_ms = words[stop - 1].end_ms if end_ms is None else end_ms
    letters = [_letter_count(text, word) for word in words[first:stop]]
    done = 0
    for index, count in enumerate(letters, first):
        from_ms = start_ms + (until_ms - start_ms) * done // sum(letters)
        done += count
        to_ms = start_ms + (until_ms - start_ms) * done // sum(letters)
        words[index] = replace(words[index], start_ms=from_ms, end_ms=to_ms)


def _times(word: TextWord) -> tuple[int, int]:
    return word.start_ms, word.end_ms


def _pace(text: str, word: TextWord) -> float:
    return (word.end_ms - word.start_ms) / _letter_count(text, word)


def _letter_count(text: str, word: TextWord) -> int:
    return max(1, sum(map(is_visible, text[word.char_start : word.char_end])))


def _most_ms(text: str, word: TextWord) -> int:
    piece = text[word.char_start : word.char_end]
    is_full = any(is_unspaced(char) or "\uac00" <= char <= "\ud7a3" for char in piece)
    return _letter_count(text, word) * (_MOST_MS_PER_CHARACTER if is_full else _MOST_MS_PER_LETTER)
