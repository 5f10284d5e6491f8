"""Applies corrections to a transcript: the text changes, and every word keeps its time. Pure.

A correction sees one sentence at a time, without the white space at its end.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qasr_cli.core.text import is_unspaced
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.core.transcript.retiming import Edit, rewritten, segment_of, sentence_of
from qasr_cli.core.types import Change, Segment, Transcript

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
        sentence = sentence_of(transcript.text, segment)
        for correction in corrections:
            if correction.language in (None, segment.language):
                edits = tuple(_edits(correction, sentence.text))
                sentence, made = rewritten(sentence, edits, line=correction.line)
                changes.extend(made)
        if sentence.words:
            segments.append(segment_of(segment, sentence, offset))
            texts.append(sentence.text)
            offset += len(sentence.text)
    return replace(
        transcript,
        text="".join(texts),
        segments=tuple(segments),
        changes=(*transcript.changes, *sorted(changes, key=lambda change: change.start_ms)),
    )


# --- where one correction applies -------------------------------------------------------------


def _edits(correction: Correction, text: str) -> Iterator[Edit]:
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
            yield Edit(char_start=match.start(), char_end=char_end, new=new)


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
