"""Applies corrections to a transcript: the text changes, and every word keeps its time. Pure.

A correction sees one sentence at a time, without the white space at its end. Words whose text
changes are split anew; a word for a word keeps the time it had, and where words come together or
fall apart they share theirs by length.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.text import CharSpan, is_kept, is_unspaced, is_visible, split_words, tile
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.core.transcript.proportional import shared_out
from qasr_cli.core.types import Change, Segment, TextWord, Transcript

_APOSTROPHES = ("'", "’")


def corrected(transcript: Transcript, corrections: Sequence[Correction]) -> Transcript:
    """The transcript with the corrections made, one after the other, and a note of each change.

    A sentence of which nothing is left is left out.
    """
    if not corrections:
        return transcript
    texts: list[str] = []
    segments: list[Segment] = []
    changes: list[Change] = []
    offset = 0
    for segment in transcript.segments:
        sentence = _sentence(transcript.text, segment)
        for correction in corrections:
            if correction.language in (None, segment.language):
                sentence = _apply(correction, sentence, changes)
        if sentence.words:
            segments.append(_segment(segment, sentence, offset))
            texts.append(sentence.text)
            offset += len(sentence.text)
    return replace(
        transcript,
        text="".join(texts),
        segments=tuple(segments),
        changes=(*transcript.changes, *sorted(changes, key=lambda change: change.start_ms)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """A sentence by itself: its words count characters in its own text."""

    text: str
    words: tuple[TextWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """`text[char_start:char_end]` becomes `new`; never an empty stretch."""

    char_start: int
    char_end: int
    new: str


def _sentence(text: str, segment: Segment) -> _Sentence:
    return _Sentence(
        text=text[segment.char_start : segment.char_end],
        words=tuple(_shifted(word, -segment.char_start) for word in segment.words),
    )


def _segment(segment: Segment, sentence: _Sentence, offset: int) -> Segment:
    return replace(
        segment,
        start_ms=sentence.words[0].start_ms,
        end_ms=sentence.words[-1].end_ms,
        char_start=offset,
        char_end=offset + len(sentence.text),
        words=tuple(_shifted(word, offset) for word in sentence.words),
    )


def _shifted(word: TextWord, chars: int) -> TextWord:
    return replace(word, char_start=word.char_start + chars, char_end=word.char_end + chars)


# --- one correction in one sentence -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Words that become new ones together, and the text that they were and will be."""

    words: tuple[TextWord, ...]
    edits: tuple[_Edit, ...]
    old: str
    new: str

    def and_next(self, following: "_Group") -> "_Group":
        """This group and the next as one."""
        return _Group(
            words=self.words + following.words,
            edits=self.edits + following.edits,
            old=self.old + following.old,
            new=self.new + following.new,
        )


def _apply(correction: Correction, sentence: _Sentence, changes: list[Change]) -> _Sentence:
    edits = tuple(_edits(correction, sentence.text))
    if not edits:
        return sentence
    text = ""
    words: list[TextWord] = []
    for group in _without_fused(_groups(sentence, edits)):
        changes.extend(_changes(correction, sentence.text, group))
        new_words = _retimed(group) if group.edits else (_at_zero(group.words[0]),)
        if not new_words and not words:
            continue  # white space alone does not begin a sentence
        if not new_words:
            words[-1] = replace(words[-1], char_end=words[-1].char_end + len(group.new))
        words.extend(_shifted(word, len(text)) for word in new_words)
        text += group.new
    return _Sentence(text=text, words=tuple(words))


def _at_zero(word: TextWord) -> TextWord:
    return _shifted(word, -word.char_start)


def _edits(correction: Correction, text: str) -> Iterator[_Edit]:
    found = [
        match
        for match in correction.pattern.finditer(text.rstrip())
        if match.end() > match.start()
        and not (correction.is_whole_word and _cuts_a_word(text, match))
    ]
    for index, match in enumerate(found):
        new = correction.replacement(match)
        char_end = match.end()
        if not new:
            limit = found[index + 1].start() if index + 1 < len(found) else len(text)
            char_end = _without_double_space(text, match, limit)
        if new != match[0]:
            yield _Edit(char_start=match.start(), char_end=char_end, new=new)


def _without_double_space(text: str, match: re.Match[str], limit: int) -> int:
    """Where a deletion ends: of the white space on its two sides one is enough."""
    if match.start() > 0 and not text[match.start() - 1].isspace():
        return match.end()
    spaces = text[match.end() : limit]
    return match.end() + len(spaces) - len(spaces.lstrip())


def _cuts_a_word(text: str, match: re.Match[str]) -> bool:
    return _is_inside_word(text, match.start()) or _is_inside_word(text, match.end())


def _is_inside_word(text: str, place: int) -> bool:
    """True between two letters of one word, an apostrophe aside; never beside a Han character."""
    left, right = text[:place][-1:], text[place:][:1]
    if right in _APOSTROPHES:
        right = text[place + 1 :][:1]
    elif left in _APOSTROPHES:
        left = text[: place - 1][-1:]
    return all(
        (char == "_" or unicodedata.category(char)[0] in "LMN") and not is_unspaced(char)
        for char in (left or " ", right or " ")
    )


def _groups(sentence: _Sentence, edits: Sequence[_Edit]) -> Iterator[_Group]:
    """All words in order; those that share an edit in one group."""
    first_word = first_edit = edit = 0
    for index, word in enumerate(sentence.words):
        while edit < len(edits) and edits[edit].char_end <= word.char_end:
            edit += 1
        if edit == len(edits) or edits[edit].char_start >= word.char_end:
            words = sentence.words[first_word : index + 1]
            yield _group(sentence.text, words, tuple(edits[first_edit:edit]))
            first_word, first_edit = index + 1, edit


def _group(text: str, words: tuple[TextWord, ...], edits: tuple[_Edit, ...]) -> _Group:
    position = words[0].char_start
    pieces: list[str] = []
    for edit in edits:
        pieces += (text[position : edit.char_start], edit.new)
        position = edit.char_end
    pieces.append(text[position : words[-1].char_end])
    old = text[words[0].char_start : words[-1].char_end]
    return _Group(words=words, edits=edits, old=old, new="".join(pieces))


def _without_fused(groups: Iterator[_Group]) -> Iterator[_Group]:
    """The groups, those as one between which the changes leave no end of a word."""
    left = next(groups)
    for right in groups:
        is_touched = bool(left.edits or right.edits)
        if is_touched and _fuse(left.new, right.new) and not _fuse(left.old, right.old):
            left = left.and_next(right)
        else:
            yield left
            left = right
    yield left


def _fuse(left: str, right: str) -> bool:
    return len(split_words(left + right)) < len(split_words(left)) + len(split_words(right))


def _changes(correction: Correction, text: str, group: _Group) -> Iterator[Change]:
    for edit in group.edits:
        yield Change(
            start_ms=group.words[0].start_ms,
            end_ms=group.words[-1].end_ms,
            before=text[edit.char_start : edit.char_end],
            after=edit.new,
            line=correction.line,
        )


# --- times ------------------------------------------------------------------------------------


def _retimed(group: _Group) -> tuple[TextWord, ...]:
    """The words of the new text, which count characters in it; () where it shows nothing."""
    if not any(map(is_visible, group.new)):
        return ()
    spans = tile(group.new, split_words(group.new)) or ((0, len(group.new)),)
    offset = group.words[0].char_start
    old = [
        _letters(group.old[word.char_start - offset : word.char_end - offset])
        for word in group.words
    ]
    head, tail = _same_ends(old, [_letters(group.new[slice(*span)]) for span in spans])
    if len(old) == len(spans):
        head, tail = len(old), 0
    new_spans = spans[head : len(spans) - tail]
    shared: tuple[TextWord, ...] = ()
    if new_spans:
        start_ms = group.words[head].start_ms
        end_ms = group.words[len(old) - tail - 1].end_ms
        shared = shared_out(group.new, new_spans, start_ms, end_ms)
    return (
        *map(_placed, group.words[:head], spans[:head]),
        *shared,
        *map(_placed, group.words[len(old) - tail :], spans[len(spans) - tail :]),
    )


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many words at the head and at the tail are what they were.

    Where new words came in between, a neighbour is not counted: they share its time.
    """
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    if head + tail == len(old) < len(new):
        return (head, tail - 1) if tail else (head - 1, tail)
    return head, tail


def _letters(text: str) -> str:
    return "".join(filter(is_kept, text)).casefold()


def _placed(word: TextWord, span: CharSpan) -> TextWord:
    return replace(word, char_start=span[0], char_end=span[1])
