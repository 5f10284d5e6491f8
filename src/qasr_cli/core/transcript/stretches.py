"""Segments as a file has them -> segments whose times agree, in order of time. Pure.

What is missing, or contradicts the rest, is estimated, and said.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from qasr_cli.core.text import canonical, is_kept, is_unspaced, tile
from qasr_cli.core.transcript.json_shapes import Found, Heard, Stretch
from qasr_cli.core.transcript.json_times import Doubts, TimesMs

_LONGEST_MS = 1_000_000_000  # eleven days: beyond it is damage
# Words leave their segment by a little in every program; so far out, they belong elsewhere.
_FURTHEST_OUTSIDE_MS = 5000
# Who speaks says more than one character in ten seconds; whole numbers that have it otherwise are
# milliseconds. So short a recording is not judged.
_SLOWEST_MS_A_CHAR = 10_000
_SHORTEST_JUDGED_MS = 1_000_000
# How long a letter takes where nothing says it; in scripts without spaces it is a syllable.
_LETTER_MS, _DENSE_LETTER_MS = 70, 200

_MILLISECONDS = "times taken for milliseconds, as seconds they would be far too long"
_EARLY = "times before the start of the recording, which count as 0"
_ABSURD = "times beyond all recordings, estimated"
_CONTRARY = "words at times that contradict those around them, estimated"
_BACKWARDS = "segments that end before they start, whose end counts as missing"
_UNTIMED = "segments with a time missing, estimated"
_UNORDERED = "segments out of order, put in order of time"


def consistent(found: Found, doubts: Doubts) -> tuple[Stretch, ...]:
    """The segments of a document in order of time, all of them with times.

    Words of the whole recording go to the segments that they are in. Words may have no times.

    Raises:
        ValueError: no time is in them at all.
    """
    scale = 1000 if _are_milliseconds(found.stretches, doubts) else 1
    stretches = _placed([_agreeing(each, scale, doubts) for each in found.stretches], doubts)
    ordered = sorted(stretches, key=_start_ms)
    for before, after in zip(stretches, ordered, strict=True):
        if before is not after:
            doubts.add(_UNORDERED)
    ordered = _ended(ordered, doubts)
    if found.words and not any(stretch.words for stretch in ordered):
        words = _in_order([_scaled(word, scale, doubts) for word in found.words], doubts)
        ordered = _with_words(ordered, words)
    return tuple(ordered)


def _are_milliseconds(stretches: Sequence[Stretch], doubts: Doubts) -> bool:
    if not doubts.has_only_whole_seconds:
        return False
    timed = [each for stretch in stretches for each in (stretch.words or (stretch,))]
    length_ms = sum(max((each.end_ms or 0) - (each.start_ms or 0), 0) for each in timed)
    char_count = sum(len((each.text or "").strip()) for each in timed)
    is_so = length_ms > max(_SHORTEST_JUDGED_MS, char_count * _SLOWEST_MS_A_CHAR)
    if is_so:
        doubts.add(_MILLISECONDS)
    return is_so


# --- times that agree -------------------------------------------------------------------------


def _agreeing(stretch: Stretch, scale: int, doubts: Doubts) -> Stretch:
    """The segment with times that hold its words, as far as any are known."""
    own = _inside((stretch.start_ms, stretch.end_ms), scale, doubts)
    if own[0] is not None and own[1] is not None and own[1] < own[0]:
        doubts.add(_BACKWARDS)
        own = (own[0], None)
    words = [_scaled(word, scale, doubts) for word in stretch.words]
    own_ms = [time for time in own if time is not None]
    if len(own_ms) == len(own):
        first_ms, last_ms = min(own_ms) - _FURTHEST_OUTSIDE_MS, max(own_ms) + _FURTHEST_OUTSIDE_MS
        words = [
            _untimed(word, doubts)
            if word.start_ms is not None and not first_ms <= word.start_ms <= last_ms
            else replace(word, end_ms=None if word.end_ms is None else min(word.end_ms, last_ms))
            for word in words
        ]
    words = _in_order(words, doubts)
    times_ms = [time for word in words for time in (word.start_ms, word.end_ms)]
    known_ms = [*own_ms, *(time for time in times_ms if time is not None)]
    start_ms = None if own[0] is None and len(known_ms) == len(own_ms) else min(known_ms)
    end_ms = None if own[1] is None and len(known_ms) == len(own_ms) else max(known_ms)
    return replace(stretch, words=tuple(words), start_ms=start_ms, end_ms=end_ms)


def _inside(times: TimesMs, scale: int, doubts: Doubts) -> TimesMs:
    """The times in milliseconds of the recording; None for what lies in none."""
    scaled = [None if time is None else time // scale for time in times]
    if all(time is None or time < 0 for time in scaled):  # -1 is how some write that there is none
        return None, None
    for index, time in enumerate(scaled):
        if time is not None and time < 0:
            doubts.add(_EARLY)
            scaled[index] = 0
        elif time is not None and time > _LONGEST_MS:
            doubts.add(_ABSURD)
            scaled[index] = None
    return scaled[0], scaled[1]


def _scaled(word: Heard, scale: int, doubts: Doubts) -> Heard:
    start_ms, end_ms = _inside((word.start_ms, word.end_ms), scale, doubts)
    if start_ms is None:
        end_ms = None
    elif end_ms is None:
        end_ms = start_ms + _spoken_ms(word.text)
    return replace(word, start_ms=start_ms, end_ms=end_ms)


def _untimed(word: Heard, doubts: Doubts) -> Heard:
    doubts.add(_CONTRARY)
    return replace(word, start_ms=None, end_ms=None)


def _in_order(words: Sequence[Heard], doubts: Doubts) -> list[Heard]:
    """The words, those without their times that most others say are wrong."""
    lowest: list[int] = []  # the lowest start at which so many words can be in order
    ranks: list[int] = []
    for word in words:
        rank = 0
        if word.start_ms is not None:
            rank = bisect_right(lowest, word.start_ms) + 1
            lowest[rank - 1 : rank] = [word.start_ms]
        ranks.append(rank)
    wanted = len(lowest)
    result: list[Heard] = []
    for word, rank in zip(reversed(words), reversed(ranks), strict=True):
        if rank == wanted and rank and _is_before(word, result):
            wanted -= 1
            result.append(word)
        else:
            result.append(_untimed(word, doubts) if rank else word)
    return result[::-1]


def _is_before(word: Heard, later: Sequence[Heard]) -> bool:
    following = next((w.start_ms for w in reversed(later) if w.start_ms is not None), None)
    return following is None or (word.start_ms or 0) <= following


# --- times that are missing -------------------------------------------------------------------


def _placed(stretches: Sequence[Stretch], doubts: Doubts) -> list[Stretch]:
    """The segments with a start each: where one has none, after that which stands before it."""
    for index, each in enumerate(stretches):
        if (each.start_ms, each.end_ms) == (None, None):
            if all((s.start_ms, s.end_ms) == (None, None) for s in stretches):
                raise ValueError(f"segment {index} has no times")
            break
    placed: list[Stretch] = []
    now_ms = 0
    for each in stretches:
        if each.start_ms is None:
            doubts.add(_UNTIMED)
            latest_ms = now_ms if each.end_ms is None else each.end_ms
            each = replace(each, start_ms=min(now_ms, latest_ms))  # noqa: PLW2901  # the same segment
        now_ms = each.end_ms if each.end_ms is not None else (each.start_ms or 0) + _length_ms(each)
        placed.append(each)
    return placed


def _ended(stretches: Sequence[Stretch], doubts: Doubts) -> list[Stretch]:
    """The segments with an end each: where one has none, before the next begins."""
    starts_ms = [_start_ms(each) for each in stretches]
    ended: list[Stretch] = []
    for each in stretches:
        if each.end_ms is not None:
            ended.append(each)
            continue
        doubts.add(_UNTIMED)
        start_ms = _start_ms(each)
        end_ms = start_ms + _length_ms(each)
        following = bisect_right(starts_ms, start_ms)
        if following < len(starts_ms):
            end_ms = min(end_ms, starts_ms[following])
        ended.append(replace(each, end_ms=end_ms))
    return ended


def _start_ms(stretch: Stretch) -> int:
    return stretch.start_ms or 0


def _length_ms(stretch: Stretch) -> int:
    return _spoken_ms(stretch.text or " ".join(word.text for word in stretch.words))


def _spoken_ms(text: str) -> int:
    """How long a text takes to say."""
    kept = filter(is_kept, text)
    return sum(_DENSE_LETTER_MS if is_unspaced(char) else _LETTER_MS for char in kept) + 1


# --- words of the whole recording -------------------------------------------------------------


def _with_words(stretches: Sequence[Stretch], words: Sequence[Heard]) -> list[Stretch]:
    """The segments with the words that are in their texts, wherever these say they begin."""
    texts = [f"{canonical(each.text or '')} " for each in stretches]
    ends = list(accumulate(map(len, texts)))
    spans = tile("".join(texts), ["".join(filter(is_kept, word.text)) for word in words])
    inside: list[list[Heard]] = [[] for _ in stretches]
    for word, (start, end) in zip(words, spans, strict=True):
        place = bisect_right(ends, start) if start < end else bisect_left(ends, start)
        inside[min(place, len(ends) - 1)].append(word)
    return [_holding(each, own) for each, own in zip(stretches, inside, strict=True)]


def _holding(stretch: Stretch, words: Sequence[Heard]) -> Stretch:
    starts_ms = [word.start_ms for word in words if word.start_ms is not None]
    ends_ms = [word.end_ms for word in words if word.end_ms is not None]
    if not starts_ms:
        return stretch
    return replace(
        stretch,
        words=tuple(words),
        start_ms=min(_start_ms(stretch), *starts_ms),
        end_ms=max(stretch.end_ms or 0, *ends_ms),
    )
