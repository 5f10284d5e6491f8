"""Sentences rewritten by a person: the text is theirs, and what they left keeps its time. Pure."""

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile, zip_longest

from qasr_cli.core.text import canonical, is_visible, split_words, tile
from qasr_cli.core.transcript.assemble import needs_space
from qasr_cli.core.transcript.retiming import (
    Edit,
    Sentence,
    letters,
    rewritten,
    segment_of,
    sentence_of,
)
from qasr_cli.core.types import Change, Segment, Transcript

BY_HAND = 0  # in place of the line of a correction

# Above so many pairs of words, every word is not compared with every other.
_MOST_PAIRS = 250_000


def edited(transcript: Transcript, texts: Mapping[int, str]) -> Transcript:
    """The transcript with other text in some of its segments, and a note of each change.

    A word that did not change keeps its time. One that took the place of another has that one's;
    several share the time of those whose place they took, or the pause that they came into, or a
    neighbour's time. A segment whose text is blank is left out. Where no text differs by more than
    the white space at its ends, the transcript comes back as it is.

    Args:
        texts: what to write, by the index of the segment.
    """
    pieces: list[Piece] = []
    changes: list[Change] = []
    for index, segment in enumerate(transcript.segments):
        sentence = sentence_of(transcript.text, segment)
        text = canonical(texts.get(index, sentence.text)).strip()
        if is_changed := text != sentence.text.strip():
            sentence, made = with_text(sentence, text)
            changes.extend(made)
        if sentence.words:
            pieces.append(Piece(segment=segment, sentence=sentence, is_changed=is_changed))
    if len(pieces) == len(transcript.segments) and not any(p.is_changed for p in pieces):
        return transcript
    text, segments = joined(pieces)
    return replace(
        transcript,
        text=text,
        segments=segments,
        changes=(*transcript.changes, *changes),
        cues=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A segment with the sentence that it will have, which has words."""

    segment: Segment
    sentence: Sentence
    is_changed: bool


def joined(pieces: Sequence[Piece], *, char_start: int = 0) -> tuple[str, tuple[Segment, ...]]:
    """The text of all, and its segments; a space goes in where a change makes one necessary.

    Args:
        char_start: where that text will stand in another.
    """
    texts: list[str] = []
    segments: list[Segment] = []
    offset = char_start
    for piece, following in zip_longest(pieces, pieces[1:]):
        sentence = piece.sentence
        if following and (piece.is_changed or following.is_changed):
            left = (sentence.text, piece.segment.language)
            right = (following.sentence.text, following.segment.language)
            if not sentence.text[-1].isspace() and needs_space(left, right):
                sentence = _with_space(sentence)
        segments.append(segment_of(piece.segment, sentence, offset))
        texts.append(sentence.text)
        offset += len(sentence.text)
    return "".join(texts), tuple(segments)


def _with_space(sentence: Sentence) -> Sentence:
    *others, last = sentence.words
    return Sentence(
        text=f"{sentence.text} ", words=(*others, replace(last, char_end=last.char_end + 1))
    )


# --- one sentence -----------------------------------------------------------------------------


def with_text(sentence: Sentence, text: str) -> tuple[Sentence, tuple[Change, ...]]:
    """The sentence with another text, which keeps the white space after it."""
    old = sentence.text.rstrip()
    if not any(map(is_visible, text)):
        text = ""
    blocks = _blocks(_tiles(old), _tiles(text)) if text else [_Block(old=old, new="")]
    new, changes = rewritten(sentence, tuple(_edits(blocks)), line=BY_HAND, fills_pauses=True)
    stripped = (
        replace(change, before=change.before.strip(), after=change.after.strip())
        for change in changes
    )
    return new, tuple(change for change in stripped if change.before != change.after)


def _tiles(text: str) -> tuple[str, ...]:
    """The text cut before each of its words."""
    spans = tile(text, split_words(text)) or ((0, len(text)),)
    return tuple(text[slice(*span)] for span in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A stretch of the old text and what stands there now; together they are both texts."""

    old: str
    new: str


def _edits(blocks: Sequence[_Block]) -> Iterator[Edit]:
    position = 0
    for block in blocks:
        end = position + len(block.old)
        if block.old != block.new:
            yield Edit(char_start=position, char_end=end, new=block.new)
        position = end


def _blocks(old: Sequence[str], new: Sequence[str]) -> list[_Block]:
    """Words that are the same one by one, others together; what is new goes with a neighbour."""
    blocks: list[_Block] = []
    waiting = ""
    for old_first, old_end, new_first, new_end in _matched(old, new):
        here = _Block(old="".join(old[old_first:old_end]), new="".join(new[new_first:new_end]))
        if not here.old:
            waiting += here.new
            continue
        blocks.append(replace(here, new=waiting + here.new))
        waiting = ""
    if waiting:
        blocks[-1] = replace(blocks[-1], new=blocks[-1].new + waiting)
    return blocks


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of words that belong together, in order: by what is heard of them."""
    keys = [[letters(word) or word.strip() for word in words] for words in (old, new)]
    i = j = 0
    for a, b in chain(matching_pairs(*keys), [(len(old), len(new))]):
        if (i, j) != (a, b):
            yield i, a, j, b
        if a < len(old):
            yield a, a + 1, b, b + 1
        i, j = a + 1, b + 1


# --- what is the same -------------------------------------------------------------------------

_Places = tuple[int, int]  # of a word in the old text and in the new one


def matching_pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[_Places]:
    """Where words, or other pieces, of both texts are the same, in order."""
    head = sum(1 for _ in takewhile(_is_pair, zip(old, new, strict=False)))
    rests = (reversed(old[head:]), reversed(new[head:]))
    tail = sum(1 for _ in takewhile(_is_pair, zip(*rests, strict=False)))
    ends = (len(old) - tail, len(new) - tail)
    yield from ((i, i) for i in range(head))
    inner = _inner_pairs(old[head : ends[0]], new[head : ends[1]])
    yield from ((head + i, head + j) for i, j in inner)
    yield from ((ends[0] + i, ends[1] + i) for i in range(tail))


def _is_pair(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _inner_pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[_Places]:
    """The same; of long texts first the words that both have once, then what is between those."""
    if len(old) * len(new) <= _MOST_PAIRS:
        yield from _alike(old, new)
        return
    i = j = 0
    for a, b in chain(_landmarks(old, new), [(len(old), len(new))]):
        if (a - i) * (b - j) <= _MOST_PAIRS:
            yield from ((i + x, j + y) for x, y in _alike(old[i:a], new[j:b]))
        if a < len(old):
            yield a, b
        i, j = a + 1, b + 1


def _alike(old: Sequence[str], new: Sequence[str]) -> Iterator[_Places]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for block in matcher.get_matching_blocks():
        yield from ((block.a + i, block.b + i) for i in range(block.size))


def _landmarks(old: Sequence[str], new: Sequence[str]) -> list[_Places]:
    """Words that each text has once: as many as stand in the same order in both."""
    counts, new_counts = Counter(old), Counter(new)
    places = {word: place for place, word in enumerate(new)}
    once = [
        (place, places[word])
        for place, word in enumerate(old)
        if counts[word] == new_counts[word] == 1
    ]
    # Of the rows of so many in order, the one that ends first: where, and with which of `once`.
    ends: list[int] = []
    lasts: list[int] = []
    befores: list[int | None] = []
    for index, (_, place) in enumerate(once):
        rank = bisect_left(ends, place)
        ends[rank : rank + 1] = [place]
        lasts[rank : rank + 1] = [index]
        befores.append(lasts[rank - 1] if rank else None)
    result: list[_Places] = []
    last = lasts[-1] if lasts else None
    while last is not None:
        result.append(once[last])
        last = befores[last]
    return result[::-1]
