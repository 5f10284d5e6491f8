"""The lines of texts that are already cues, or stand under some: broken where they read best."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.language.languages import as_written
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import atoms_from_segments
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import PhraseEnds
from qasr_cli.core.subtitles.joining import joint_of
from qasr_cli.core.subtitles.speakers.labels import with_room
from qasr_cli.core.subtitles.wrap import Layouts
from qasr_cli.core.text import split_words, tile
from qasr_cli.core.types import Segment, TextWord, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidText:
    """A text for one cue.

    Attributes:
        text: its lines as they are now.
        speaker: whose name needs room in the first line.
    """

    text: str
    speaker: str | None = None


def lines_of_texts(
    texts: Sequence[LaidText],
    options: CueOptions,
    *,
    language: str | None,
    phrase_ends_of: Callable[[Transcript], PhraseEnds] = lambda _: {},
) -> tuple[tuple[str, ...], ...]:
    """The lines of each text, as a cue with these words would have them.

    Where lines begin with dashes, each is another speaker's, and none is joined with the one above.

    Args:
        options: how lines are laid out.
        language: full English name.
        phrase_ends_of: where words end in a text without spaces.
    """
    turns = [_turns(each.text) for each in texts]
    transcript = unspoken([turn for each in turns for turn in each], language)
    ends = phrase_ends_of(transcript).get(language or "")
    limits = limits_of(language, options)
    segments = iter(transcript.segments)
    laid: list[tuple[str, ...]] = []
    for each, own in zip(texts, turns, strict=True):
        room = with_room(limits, each.speaker)
        pieces = [_lines(transcript, next(segments), room, ends) for _ in own]
        laid.append(tuple(line for lines in pieces for line in lines))
    return tuple(laid)


def _lines(
    transcript: Transcript, segment: Segment, limits: Limits, ends: Collection[int] | None
) -> Sequence[str]:
    text = transcript.text[segment.char_start : segment.char_end]
    language = as_written(segment.language, text)
    atoms = atoms_from_segments(transcript.text, (segment,), language=language, phrase_ends=ends)
    if not atoms:  # no word, such as a note of music
        return [text]
    layouts = Layouts(
        atoms,
        line_columns=limits.line_columns,
        line_count=limits.line_count,
        line_words=limits.line_words,
        second_line_cost=limits.second_line_cost,
    )
    stops = layouts.line_ends(0, len(atoms))
    edges = [atoms[0].char_start, *(atoms[stop - 1].char_end for stop in stops)]
    return [transcript.text[begin:end].strip() for begin, end in pairwise(edges)]


def _turns(text: str) -> list[str]:
    """The text on one line, or on one for each of those who speak in it."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    are_turns = sum(bool(speaker_dash(line)) for line in lines) > 1
    turns: list[str] = []
    for line in lines:
        if not turns or (are_turns and speaker_dash(line)):
            turns.append(line)
        else:
            turns[-1] += joint_of(turns[-1], line) + line
    return turns


def unspoken(texts: Sequence[str], language: str | None) -> Transcript:
    """A transcript in which each of these texts is a sentence, spoken at no time."""
    segments: list[Segment] = []
    place = 0
    for text in texts:
        words = tuple(_words(text, place))
        segments.append(
            Segment(
                start_ms=0,
                end_ms=0,
                char_start=place,
                char_end=place + len(text),
                language=language,
                words=words,
            )
        )
        place += len(text) + 1
    return Transcript(
        file="",
        duration_ms=0,
        language=language,
        text="\n".join(texts),
        segments=tuple(segments),
        clips=(),
        models={},
        settings={},
        warnings=(),
    )


def _words(text: str, place: int) -> Iterator[TextWord]:
    for start, end in tile(text, split_words(text)):
        yield TextWord(start_ms=0, end_ms=0, char_start=place + start, char_end=place + end)
