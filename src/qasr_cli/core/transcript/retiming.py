"""New text for the words of a sentence: every word that stays as it was keeps its time. Pure.

Words whose text changes are split anew; a word for a word keeps the time it had, and where words
come together or fall apart they share theirs by length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.text import CharSpan, is_inner_break, is_kept, is_visible, split_words, tile
from qasr_cli.core.transcript.proportional import shared_out
from qasr_cli.core.types import Change, IntervalMs, Segment, TextWord

_NO_LETTERS = re.compile(r"(?:(?!')[\W_])+")  # what `is_kept` does not keep, for films at once
# A pause takes the words that come into it where it has so much for each.
_SHORTEST_IN_PAUSE_MS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence by itself: its words count characters in its own text."""

    text: str
    words: tuple[TextWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """`text[char_start:char_end]` becomes `new`; never an empty stretch."""

    char_start: int
    char_end: int
    new: str


def sentence_of(text: str, segment: Segment) -> Sentence:
    """A segment of the text by itself."""
    return Sentence(
        text=text[segment.char_start : segment.char_end],
        words=tuple(shifted(word, -segment.char_start) for word in segment.words),
    )


def segment_of(segment: Segment, sentence: Sentence, offset: int) -> Segment:
    """The segment with this sentence, never an empty one, at this place of the text."""
    return replace(
        segment,
        start_ms=sentence.words[0].start_ms,
        end_ms=sentence.words[-1].end_ms,
        char_start=offset,
        char_end=offset + len(sentence.text),
        words=tuple(shifted(word, offset) for word in sentence.words),
    )


def shifted(word: TextWord, chars: int) -> TextWord:
    """The word so many characters later in a text."""
    if chars == 0:
        return word
    return replace(word, char_start=word.char_start + chars, char_end=word.char_end + chars)


def rewritten(
    sentence: Sentence, edits: Sequence[Edit], *, line: int, fills_pauses: bool = False
) -> tuple[Sentence, tuple[Change, ...]]:
    """The sentence with the edits made, and a note of each; without words where nothing is left.

    Args:
        edits: in order, not overlapping.
        line: for the notes.
        fills_pauses: words that come between two others get the pause between them, where there
            is one; else they share a neighbour's time.
    """
    if not edits:
        return sentence, ()
    pieces: list[str] = []  # there may be a million of them
    char_count = 0
    words: list[TextWord] = []
    groups = list(_without_fused(_groups(sentence, edits)))
    for group, following in zip(groups, [*groups[1:], None], strict=True):
        around = _Around(
            before_ms=words[-1].end_ms if words and fills_pauses else None,
            after_ms=following.words[0].start_ms if following and fills_pauses else None,
            fills_pauses=fills_pauses,
        )
        new_words = _retimed(group, around) if group.edits else (_at_zero(group.words[0]),)
        if not new_words and not words:
            continue  # white space alone does not begin a sentence
        if not new_words:
            words[-1] = replace(words[-1], char_end=words[-1].char_end + len(group.new))
        words.extend(shifted(word, char_count) for word in new_words)
        pieces.append(group.new)
        char_count += len(group.new)
    changes = tuple(
        change for group in groups for change in _changes(sentence.text, group, line=line)
    )
    return Sentence(text="".join(pieces), words=tuple(words)), changes


def _at_zero(word: TextWord) -> TextWord:
    return shifted(word, -word.char_start)


# --- words that change together ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Words that become new ones together, and the text that they were and will be."""

    words: tuple[TextWord, ...]
    edits: tuple[Edit, ...]
    old: str
    new: str


def _groups(sentence: Sentence, edits: Sequence[Edit]) -> Iterator[_Group]:
    """All words in order; those that share an edit in one group."""
    first_word = first_edit = edit = 0
    for index, word in enumerate(sentence.words):
        while edit < len(edits) and edits[edit].char_end <= word.char_end:
            edit += 1
        if edit == len(edits) or edits[edit].char_start >= word.char_end:
            words = sentence.words[first_word : index + 1]
            yield _group(sentence.text, words, tuple(edits[first_edit:edit]))
            first_word, first_edit = index + 1, edit


def _group(text: str, words: tuple[TextWord, ...], edits: tuple[Edit, ...]) -> _Group:
    position = words[0].char_start
    pieces: list[str] = []
    for edit in edits:
        pieces += (text[position : edit.char_start], edit.new)
        position = edit.char_end
    pieces.append(text[position : words[-1].char_end])
    old = text[words[0].char_start : words[-1].char_end]
    return _Group(words=words, edits=edits, old=old, new="".join(pieces))


def _without_fused(groups: Iterator[_Group]) -> Iterator[_Group]:
    """The groups, those as one between which the changes leave no end of a word. Linear."""
    waiting: list[_Group] = []
    is_touched = False
    old_letter = new_letter = ""
    for group in groups:
        if waiting and not (
            (is_touched or group.edits)
            and _goes_on(new_letter, group.new)
            and not _goes_on(old_letter, group.old)
        ):
            yield _as_one(waiting)
            waiting, is_touched, old_letter, new_letter = [], False, "", ""
        waiting.append(group)
        is_touched = is_touched or bool(group.edits)
        old_letter = _open_letter(group.old, old_letter)
        new_letter = _open_letter(group.new, new_letter)
    if waiting:
        yield _as_one(waiting)


def _as_one(groups: Sequence[_Group]) -> _Group:
    if len(groups) == 1:
        return groups[0]
    return _Group(
        words=tuple(word for group in groups for word in group.words),
        edits=tuple(edit for group in groups for edit in group.edits),
        old="".join(group.old for group in groups),
        new="".join(group.new for group in groups),
    )


def _open_letter(text: str, before: str) -> str:
    """The letter after which the last word of a text may go on; "" where it has ended.

    Args:
        before: that letter of what stands before the text.
    """
    for char in reversed(text):
        if is_kept(char):
            return char
        if is_inner_break(char):
            return ""
    return before


def _goes_on(letter: str, text: str) -> bool:
    """Whether a word that has come to this letter goes on in a text."""
    first = next((index for index, char in enumerate(text) if is_kept(char)), None)
    if not letter or first is None:
        return False
    return len(split_words(letter + text[: first + 1])) == 1


def _changes(text: str, group: _Group, *, line: int) -> Iterator[Change]:
    for edit in group.edits:
        yield Change(
            start_ms=group.words[0].start_ms,
            end_ms=group.words[-1].end_ms,
            before=text[edit.char_start : edit.char_end],
            after=edit.new,
            line=line,
        )


# --- times ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """Where the words before and after a group leave it time; None where there are none."""

    before_ms: int | None
    after_ms: int | None
    fills_pauses: bool


def _retimed(group: _Group, around: _Around) -> tuple[TextWord, ...]:
    """The words of the new text, which count characters in it; () where it shows nothing."""
    if not any(map(is_visible, group.new)):
        return ()
    spans = tile(group.new, split_words(group.new)) or ((0, len(group.new)),)
    offset = group.words[0].char_start
    old = [
        letters(group.old[word.char_start - offset : word.char_end - offset])
        for word in group.words
    ]
    new = [letters(group.new[slice(*span)]) for span in spans]
    head, tail = _same_ends(old, new)
    if len(old) == len(spans):
        head, tail = len(old), 0
    time: IntervalMs | None = None
    if head + tail == len(old) < len(spans):
        time = _pause(group, head, len(spans) - len(old), around)
        if time is None:  # a neighbour is not counted: they share its time
            head, tail = (head, tail - 1) if tail else (head - 1, tail)
    new_spans = spans[head : len(spans) - tail]
    # Of a word that took another's place nobody knows how sure it is; its times are those.
    words = [
        word if text == now else replace(word, probability=None)
        for word, text, now in zip(group.words[:head], old, new, strict=False)
    ]
    shared: tuple[TextWord, ...] = ()
    if new_spans:
        time = time or (group.words[head].start_ms, group.words[len(old) - tail - 1].end_ms)
        shared = shared_out(group.new, new_spans, *time)
    return (
        *map(_placed, words, spans[:head]),
        *shared,
        *map(_placed, group.words[len(old) - tail :], spans[len(spans) - tail :]),
    )


def _pause(group: _Group, head: int, count: int, around: _Around) -> IntervalMs | None:
    """The time before the word at `head` if it does for so many words, and may be taken."""
    start_ms = group.words[head - 1].end_ms if head else around.before_ms
    end_ms = group.words[head].start_ms if head < len(group.words) else around.after_ms
    if not around.fills_pauses or start_ms is None or end_ms is None:
        return None
    return (start_ms, end_ms) if end_ms - start_ms >= count * _SHORTEST_IN_PAUSE_MS else None


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many words at the head and at the tail are what they were."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - head
    return head, next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)


def letters(text: str) -> str:
    """What is heard of a text: its letters, of one case."""
    return _NO_LETTERS.sub("", text).casefold()


def _placed(word: TextWord, span: CharSpan) -> TextWord:
    return replace(word, char_start=span[0], char_end=span[1])
