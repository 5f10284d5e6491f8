"""Transcript -> subtitles: which words stand on the screen together, and when.

Whole sentences first; a sentence that does not fit is cut into parts of like length where it
reads best.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from qasr_cli.core.atoms import Atom, atoms_from_segments, width_of
from qasr_cli.core.languages import joins_without_space, profile_of
from qasr_cli.core.retime import Slot, retime
from qasr_cli.core.sentences import LONG_PAUSE_MS
from qasr_cli.core.types import Cue, Segment, Transcript
from qasr_cli.core.wrap import wrap

if TYPE_CHECKING:
    from qasr_cli.options import CueOptions

# Against the break costs: a part that misses its ideal length by half costs 100.
_SHAPE_WEIGHT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """What one cue of a language may hold, and how fast it is read."""

    line_columns: int
    line_count: int
    columns_per_s: int
    min_ms: int
    max_ms: int
    gap_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A cue before its times are settled."""

    slot: Slot
    lines: tuple[str, ...]


def cut_cues(transcript: Transcript, options: "CueOptions") -> tuple[Cue, ...]:
    """The subtitles of a transcript: in order, never empty or overlapping, inside the media.

    Every word is in exactly one cue. Only a word that no break may part is wider than a line or
    longer than a cue may be. Equal input gives equal output, and later input later output.
    """
    drafts = [
        draft
        for language, segments in groupby(transcript.segments, key=lambda s: s.language)
        for draft in _drafts(transcript.text, tuple(segments), language, options)
    ]
    if len(drafts) > transcript.duration_ms:  # no time to show them one after the other
        drafts = _squeezed(drafts) if transcript.duration_ms else []
    times = retime(
        [draft.slot for draft in drafts],
        gap_ms=options.gap_ms,
        duration_ms=transcript.duration_ms,
    )
    return tuple(
        Cue(start_ms=start_ms, end_ms=end_ms, lines=draft.lines)
        for draft, (start_ms, end_ms) in zip(drafts, times, strict=True)
    )


def _limits(language: str | None, options: "CueOptions") -> _Limits:
    profile = profile_of(language)
    return _Limits(
        line_columns=(options.max_line_width or profile.line_chars) * profile.char_columns,
        line_count=options.max_line_count or profile.line_count,
        columns_per_s=profile.chars_per_s * profile.char_columns,
        min_ms=_either(options.min_duration_ms, profile.min_duration_ms),
        max_ms=_either(options.max_duration_ms, profile.max_duration_ms),
        gap_ms=options.gap_ms,
    )


def _either(wanted: int | None, usual: int) -> int:
    return usual if wanted is None else wanted


def _drafts(
    text: str, segments: Sequence[Segment], language: str | None, options: "CueOptions"
) -> Iterator[_Draft]:
    limits = _limits(language, options)
    atoms = atoms_from_segments(text, segments, is_full_width=joins_without_space(language))
    parts = [part for sentence in _sentences(atoms) for part in _cut(sentence, limits)]
    for part in _without_flashes(parts, limits):
        slot = Slot(
            start_ms=part[0].start_ms,
            end_ms=part[-1].end_ms,
            read_ms=-(-width_of(part) * 1000 // limits.columns_per_s),
            min_ms=limits.min_ms,
            max_ms=limits.max_ms,
        )
        yield _Draft(slot=slot, lines=_lines(text, part, limits))


def _sentences(atoms: Sequence[Atom]) -> Iterator[Sequence[Atom]]:
    first = 0
    for index, atom in enumerate(atoms):
        if atom.ends_sentence:
            yield atoms[first : index + 1]
            first = index + 1


def _cut(sentence: Sequence[Atom], limits: _Limits) -> Iterator[Sequence[Atom]]:
    first = 0
    while first < len(sentence):
        end = _fitting_end(sentence, first, limits)
        if end < len(sentence):
            end = _best_end(sentence, first, end, limits)
        yield sentence[first:end]
        first = end


def _fitting_end(atoms: Sequence[Atom], first: int, limits: _Limits) -> int:
    """Past the last atom that one cue can take; at least one is taken."""
    line_count = 1
    line_first = first
    for index in range(first, len(atoms)):
        atom = atoms[index]
        if atom.column_end - atoms[line_first].column_start > limits.line_columns:
            line_count += 1
            line_first = index
        if (
            line_count > limits.line_count
            or atom.column_end - atom.column_start > limits.line_columns
            or atom.end_ms - atoms[first].start_ms > limits.max_ms
        ):
            return max(index, first + 1)
    return len(atoms)


def _best_end(atoms: Sequence[Atom], first: int, latest_end: int, limits: _Limits) -> int:
    """Where to end a cue when the rest of the sentence does not fit into one."""
    cue_columns = limits.line_columns * limits.line_count
    columns_left = atoms[-1].column_end - atoms[first].column_start
    ms_left = atoms[-1].end_ms - atoms[first].start_ms
    part_count = max(2, -(-columns_left // cue_columns), -(-ms_left // limits.max_ms))
    ideal_columns = max(1, columns_left // part_count)

    def cost(stop: int) -> int:
        columns = atoms[stop - 1].column_end - atoms[first].column_start
        shape = _SHAPE_WEIGHT * abs(columns - ideal_columns) // ideal_columns
        return atoms[stop - 1].break_cost + shape

    return min(range(first + 1, latest_end + 1), key=cost)


def _without_flashes(parts: Sequence[Sequence[Atom]], limits: _Limits) -> list[Sequence[Atom]]:
    """Join a part that would be gone before it is read ("Yes.") with the next, where they fit."""
    joined: list[Sequence[Atom]] = []
    for part in parts:
        if joined and _is_hurried(joined[-1], part, limits):
            both = (*joined[-1], *part)
            if _fitting_end(both, 0, limits) == len(both):
                joined[-1] = both
                continue
        joined.append(part)
    return joined


def _is_hurried(part: Sequence[Atom], following: Sequence[Atom], limits: _Limits) -> bool:
    free_ms = following[0].start_ms - limits.gap_ms - part[0].start_ms
    return free_ms < limits.min_ms and following[0].start_ms - part[-1].end_ms < LONG_PAUSE_MS


def _lines(text: str, atoms: Sequence[Atom], limits: _Limits) -> tuple[str, ...]:
    lines = []
    first = 0
    for end in wrap(atoms, line_columns=limits.line_columns):
        lines.append(text[atoms[first].char_start : atoms[end - 1].char_end].strip())
        first = end
    return tuple(lines)


def _squeezed(drafts: Sequence[_Draft]) -> list[_Draft]:
    lines = tuple(line for draft in drafts for line in draft.lines)
    return [_Draft(slot=drafts[0].slot, lines=lines)]
