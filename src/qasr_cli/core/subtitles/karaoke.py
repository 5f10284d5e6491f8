"""The words of subtitles with the times at which they are spoken: what karaoke needs. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.subtitles.word_times import with_word_times
from qasr_cli.core.types import Cue, TextWord, Transcript

# How far apart two characters of a cue may lie in the text: a few dropped signs and spaces.
_REACH_CHARS = 200
_ITS_OWN = "…[]（）"  # what may stand for other marks: not those of the next sentence
_LEFT_OUT_CHARS = 20_000  # between two cues: a song that the user wants no word of


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenText:
    """A piece of a line, its white space included, and when it is spoken.

    Attributes:
        start_ms, end_ms: inside the times of its cue; the starts in a cue never go back.
    """

    text: str
    start_ms: int
    end_ms: int


SpokenLine = tuple[SpokenText, ...]


def spoken_lines(transcript: Transcript, cues: Sequence[Cue]) -> tuple[tuple[SpokenLine, ...], ...]:
    """For every cue its lines, each in pieces that joined are the line: a word, a piece.

    A cue's characters come in the order of the text; signs of the text may be missing in the cue.
    What belongs to no word is a piece that takes as long as its cue.
    """
    spoken = with_word_times(transcript.text, transcript.segments)
    words = [word for segment in spoken for word in segment.words]
    word_ends = [word.char_end for word in words]
    position = 0
    found: list[tuple[SpokenLine, ...]] = []
    for cue in cues:
        lines: list[SpokenLine] = []
        first_count = len(cue.lines) - cue.second_line_count
        for line in cue.lines[:first_count]:
            dash = speaker_dash(line) if cue.line_speakers else ""
            places, position = _places(line[len(dash) :], transcript.text, position)
            places[:0] = places[:1] * len(dash)  # it comes with the first word
            of_word = [None if p is None else bisect_right(word_ends, p) for p in places]
            lines.append(_pieces(line, of_word, words, cue))
        lines += (
            (SpokenText(text=line, start_ms=cue.end_ms, end_ms=cue.end_ms),)
            for line in cue.lines[first_count:]  # which nobody speaks
        )
        found.append(tuple(lines))
    return tuple(found)


def _places(line: str, text: str, position: int) -> tuple[list[int | None], int]:
    """Where in the text each character of a line stands; white space stands with what precedes."""
    places: list[int | None] = []
    whole = text.find(line, position, position + _LEFT_OUT_CHARS)
    position = max(position, whole)
    for char in line:
        reach = _space_count(text, position) + 1 if char in _ITS_OWN else _REACH_CHARS
        place = -1 if char.isspace() else text.find(char, position, position + reach)
        if place >= 0:
            position = place + 1
            places.append(place)
        else:
            places.append(places[-1] if places else None)
    return places, position


def _space_count(text: str, position: int) -> int:
    rest = text[position : position + _REACH_CHARS]
    return len(rest) - len(rest.lstrip())


def _pieces(
    line: str, of_word: Sequence[int | None], words: Sequence[TextWord], cue: Cue
) -> SpokenLine:
    pieces = []
    chars = iter(line)
    for index, group in groupby(of_word):
        text = "".join(next(chars) for _ in group)
        start_ms, end_ms = cue.start_ms, cue.end_ms
        if index is not None:
            start_ms = min(max(words[index].start_ms, cue.start_ms), cue.end_ms)
            end_ms = min(max(words[index].end_ms, start_ms), cue.end_ms)
        pieces.append(SpokenText(text=text, start_ms=start_ms, end_ms=end_ms))
    return tuple(pieces)
