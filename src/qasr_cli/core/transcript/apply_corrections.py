"""Applies corrections to a transcript: the text changes, and every word keeps its time. Pure.

A correction sees one sentence at a time, without the white space at its end.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from qasr_cli.core.text import is_unspaced
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.core.transcript.retiming import Edit, rewritten, segment_of, sentence_of
from qasr_cli.core.types import Change, Segment, Transcript

_APOSTROPHES = ("'", "’")

# What a text may become, and what may be noted of its changes: so many characters for each that was
# heard, and so many in any case. Twenty rows that double a letter make a million of it.
_MOST_TEXT = (10, 100_000)
_MOST_NOTES = (100, 1_000_000)


class TextTooLong(ValueError):
    """A correction makes more text than there should be.

    Attributes:
        place: of the correction, for people.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: makes far more text than was heard"


def corrected(
    transcript: Transcript,
    corrections: Sequence[Correction],
    *,
    on_row: Callable[[int], None] = lambda _: None,
) -> Transcript:
    """The transcript with the corrections made, one after the other, and a note of each change.

    A sentence of which nothing is left is left out.

    Args:
        on_row: told, before a correction is made in a sentence, which of them it is, from 0.

    Raises:
        TextTooLong: the text, or the notes, grow without measure.
    """
    if not corrections:
        return transcript
    room, char_count = _Room.for_text(len(transcript.text)), 0
    segments: list[Segment] = []
    texts: list[str] = []
    for segment in transcript.segments:
        sentence = sentence_of(transcript.text, segment)
        for index, correction in enumerate(corrections):
            if correction.language in (None, segment.language):
                on_row(index)
                edits = tuple(_edits(correction, sentence.text, room.text_chars - char_count))
                sentence, made = rewritten(sentence, edits, line=correction.line)
                room.note(correction, made)
        if sentence.words:
            segments.append(segment_of(segment, sentence, char_count))
            texts.append(sentence.text)
            char_count += len(sentence.text)
    return replace(
        transcript,
        text="".join(texts),
        segments=tuple(segments),
        changes=(*transcript.changes, *sorted(room.changes, key=lambda change: change.start_ms)),
        cues=None if room.changes else transcript.cues,
    )


@dataclass(slots=True, kw_only=True)
class _Room:
    """How much a transcript and its notes may grow, and the notes."""

    text_chars: int
    notes_chars: int
    noted_chars: int = 0
    changes: list[Change] = field(default_factory=list)

    @classmethod
    def for_text(cls, char_count: int) -> "_Room":
        """The room of a text that is so long before it is corrected."""
        text_limit, notes_limit = (
            times * char_count + more for times, more in (_MOST_TEXT, _MOST_NOTES)
        )
        return cls(text_chars=text_limit, notes_chars=notes_limit)

    def note(self, correction: Correction, changes: Sequence[Change]) -> None:
        """Keep the notes of some changes; there may not be any number of them."""
        self.changes.extend(changes)
        self.noted_chars += sum(len(change.before) + len(change.after) for change in changes)
        if self.noted_chars > self.notes_chars:
            raise TextTooLong(correction.place)


# --- where one correction applies -------------------------------------------------------------


def _edits(correction: Correction, text: str, room_chars: int) -> Iterator[Edit]:
    """The edits that a correction makes in a text, which may become so long by them."""
    grown_chars = len(text)
    found = [
        match
        for match in correction.pattern.finditer(text.rstrip())
        if match.end() > match.start()
        and not (correction.is_whole_word and _cuts_a_word(text, match))
    ]
    for index, match in enumerate(found):
        if _most_chars(correction, match) > room_chars:
            raise TextTooLong(correction.place)
        new = correction.replacement(match)
        grown_chars += len(new) - len(match[0])
        if grown_chars > max(room_chars, len(text)):
            raise TextTooLong(correction.place)
        char_end = match.end()
        if not new:
            limit = found[index + 1].start() if index + 1 < len(found) else len(text)
            char_end = _without_double_space(text, match, limit)
        if new != match[0]:
            yield Edit(char_start=match.start(), char_end=char_end, new=new)


def _most_chars(correction: Correction, match: re.Match[str]) -> int:
    """More than the replacement of a match can have: known before it takes the memory."""
    if not correction.is_regex:
        return 0
    longest = max(len(group or "") for group in (match[0], *match.groups()))
    return len(correction.replace) + correction.replace.count("\\") * longest


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
    left, right = text[max(0, place - 1) : place], text[place : place + 1]
    if right in _APOSTROPHES:
        right = text[place + 1 : place + 2]
    elif left in _APOSTROPHES:
        left = text[max(0, place - 2) : place - 1]
    return all(
        (char == "_" or unicodedata.category(char)[0] in "LMN") and not is_unspaced(char)
        for char in (left or " ", right or " ")
    )
