"""Transcript -> subtitles: which words stand on the screen together, how, and when."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from qasr_cli.core.atoms import Atom, atoms_from_segments, width_of
from qasr_cli.core.cutting import cut
from qasr_cli.core.languages import as_written, code_of, joins_without_space
from qasr_cli.core.limits import Limits
from qasr_cli.core.punctuation import without_stops
from qasr_cli.core.retime import Slot, retime
from qasr_cli.core.styles import limits_of
from qasr_cli.core.types import Cue, Segment, Transcript
from qasr_cli.core.wrap import Layouts

if TYPE_CHECKING:
    from qasr_cli.options import CueOptions

PhraseEnds = Mapping[str, Collection[int]]  # by language name: offsets in the transcript's text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A cue before its times are settled."""

    slot: Slot
    lines: tuple[str, ...]


def cut_cues(
    transcript: Transcript, options: "CueOptions", *, phrase_ends: PhraseEnds | None = None
) -> tuple[Cue, ...]:
    """The subtitles of a transcript: in order, never empty or overlapping, inside the media.

    Every word is in exactly one cue. Only a word that no break may part is wider than a line or
    longer than a cue may be. Equal input gives equal output, and later input later output.

    Args:
        transcript: whole.
        options: what the user asked for.
        phrase_ends: where words or phrases end in languages without spaces between them, as far
            as a dictionary knows.
    """
    drafts = [
        draft
        for (language, _), segments in groupby(
            transcript.segments, key=lambda segment: (segment.language, segment.speaker)
        )
        for draft in _drafts(
            transcript.text,
            tuple(segments),
            options,
            phrase_ends=(phrase_ends or {}).get(language or ""),
        )
    ]
    if len(drafts) > transcript.duration_ms:  # no time to show them one after the other
        drafts = _squeezed(drafts) if transcript.duration_ms else []
    times = retime([draft.slot for draft in drafts], duration_ms=transcript.duration_ms)
    return tuple(
        Cue(start_ms=start_ms, end_ms=end_ms, lines=draft.lines)
        for draft, (start_ms, end_ms) in zip(drafts, times, strict=True)
    )


def _drafts(
    text: str,
    segments: Sequence[Segment],
    options: "CueOptions",
    *,
    phrase_ends: Collection[int] | None,
) -> Iterator[_Draft]:
    spoken = text[segments[0].char_start : segments[-1].char_end]
    language = as_written(segments[0].language, spoken)
    limits = limits_of(language, options)
    atoms = atoms_from_segments(text, segments, language=language, phrase_ends=phrase_ends)
    layouts = Layouts(
        atoms,
        line_columns=limits.line_columns,
        line_count=limits.line_count,
        line_words=limits.line_words,
        second_line_cost=limits.second_line_cost,
    )
    drops_stops = joins_without_space(language) and options.cjk_punct == "netflix"
    for first, stop in cut(atoms, layouts, limits):
        lines = _lines(text, atoms, first, layouts.line_ends(first, stop))
        if drops_stops:
            is_japanese = code_of(language) == "ja"
            lines = tuple(without_stops(line, is_japanese=is_japanese) for line in lines)
        yield _Draft(slot=_slot(atoms[first:stop], limits), lines=lines)


def _slot(atoms: Sequence[Atom], limits: Limits) -> Slot:
    return Slot(
        start_ms=atoms[0].start_ms,
        end_ms=atoms[-1].end_ms,
        read_ms=limits.read_ms(width_of(atoms)),
        limits=limits,
    )


def _lines(text: str, atoms: Sequence[Atom], first: int, ends: Sequence[int]) -> tuple[str, ...]:
    return tuple(
        text[atoms[begin].char_start : atoms[end - 1].char_end].strip()
        for begin, end in zip((first, *ends), ends, strict=False)
    )


def _squeezed(drafts: Sequence[_Draft]) -> list[_Draft]:
    lines = tuple(line for draft in drafts for line in draft.lines)
    return [_Draft(slot=drafts[0].slot, lines=lines)]
