"""Transcript -> subtitles: which words stand on the screen together, how, and when."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from qasr_cli.core.language.languages import as_written, code_of, joins_without_space
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.outcomes import inaudible_stretches
from qasr_cli.core.speakers.names import is_diarized
from qasr_cli.core.subtitles.atoms import Atom, atoms_from_segments, columns, width_of
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cutting import cut
from qasr_cli.core.subtitles.drafts import Draft
from qasr_cli.core.subtitles.punctuation import in_brackets, without_stops
from qasr_cli.core.subtitles.retime import Slot, retime
from qasr_cli.core.subtitles.speakers.labels import with_room
from qasr_cli.core.subtitles.speakers.two_in_one import two_in_one
from qasr_cli.core.subtitles.word_times import with_word_times
from qasr_cli.core.subtitles.wrap import Layouts
from qasr_cli.core.timing import inaudible_mark
from qasr_cli.core.types import Cue, Segment, Tag, TextWord, Transcript

PhraseEnds = Mapping[str, Collection[int]]  # by language name: offsets in the transcript's text


def cut_cues(
    transcript: Transcript, options: CueOptions, *, phrase_ends: PhraseEnds | None = None
) -> tuple[Cue, ...]:
    """The subtitles of a transcript: in order, never empty or overlapping, inside the media.

    Every word is in exactly one cue, but for sounds that the user wants no word of; more cues say
    where none could be heard, if the style wants that.
    Only a word that no break may part is wider than a line or longer than a cue may be. Equal input
    gives equal output, and later input later output.

    Args:
        transcript: whole.
        options: what the user asked for.
        phrase_ends: where words or phrases end in languages without spaces between them, as far
            as a dictionary knows.
    """
    drafts = [
        draft
        for (language, _), segments in groupby(
            with_word_times(transcript.text, transcript.segments),
            key=lambda segment: (segment.language, segment.speaker),
        )
        for draft in _drafts(
            transcript.text,
            tuple(segments),
            options,
            phrase_ends=(phrase_ends or {}).get(language or ""),
        )
    ]
    if is_diarized(transcript):
        drafts = two_in_one(drafts, duration_ms=transcript.duration_ms)
    limits = limits_of(transcript.language, options)
    if limits.inaudible:
        gaps = (_gap_draft(*gap, limits) for gap in inaudible_stretches(transcript))
        drafts = sorted((*drafts, *gaps), key=lambda draft: draft.slot.start_ms)
    return _timed(drafts, transcript.duration_ms)


def _gap_draft(start_ms: int, end_ms: int, limits: Limits) -> Draft:
    slot = Slot(start_ms=start_ms, end_ms=end_ms, read_ms=end_ms - start_ms, limits=limits)
    return Draft(slot=slot, lines=(inaudible_mark(start_ms, end_ms),))


def _timed(drafts: list[Draft], duration_ms: int) -> tuple[Cue, ...]:
    if len(drafts) > duration_ms:  # no time to show them one after the other
        drafts = _squeezed(drafts) if duration_ms else []
    times = retime([draft.slot for draft in drafts], duration_ms=duration_ms)
    return tuple(
        Cue(
            start_ms=start_ms,
            end_ms=end_ms,
            lines=draft.lines,
            speaker=draft.speaker,
            tags=draft.tags,
            line_speakers=draft.line_speakers,
        )
        for draft, (start_ms, end_ms) in zip(drafts, times, strict=True)
    )


def _drafts(
    text: str,
    segments: Sequence[Segment],
    options: CueOptions,
    *,
    phrase_ends: Collection[int] | None,
) -> Iterator[Draft]:
    spoken = text[segments[0].char_start : segments[-1].char_end]
    language = as_written(segments[0].language, spoken)
    speaker = segments[0].speaker
    limits = with_room(limits_of(language, options), speaker)
    atoms = atoms_from_segments(text, segments, language=language, phrase_ends=phrase_ends)
    layouts = Layouts(
        atoms,
        line_columns=limits.line_columns,
        line_count=limits.line_count,
        line_words=limits.line_words,
        second_line_cost=limits.second_line_cost,
    )
    drops_stops = joins_without_space(language) and limits.spaced_stops == 1
    for first, stop in cut(atoms, layouts, limits):
        if options.no_sound_events and atoms[first].is_sound:
            continue
        lines = _lines(text, atoms, first, layouts.line_ends(first, stop))
        if drops_stops:
            is_japanese = code_of(language) == "ja"
            lines = tuple(without_stops(line, is_japanese=is_japanese) for line in lines)
        if limits.single_ellipsis:
            lines = tuple(line.replace("...", "…") for line in lines)
        if atoms[first].is_sound:
            lines = in_brackets(lines, limits.sound_brackets, language)
        yield Draft(
            slot=_slot(atoms[first:stop], limits),
            lines=lines,
            language=language,
            speaker=speaker,
            is_whole=_is_whole(atoms, first, stop),
        )


def _is_whole(atoms: Sequence[Atom], first: int, stop: int) -> bool:
    begins = first == 0 or atoms[first - 1].ends_sentence
    return begins and atoms[stop - 1].ends_sentence and not atoms[first].is_sound


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


def _squeezed(drafts: Sequence[Draft]) -> list[Draft]:
    lines = tuple(line for draft in drafts for line in draft.lines)
    return [Draft(slot=drafts[0].slot, lines=lines)]


# --- cues that the user cut -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCue:
    """A stretch of the text that is one cue, whatever its length.

    Attributes:
        text: of the cue.
        lines: as they shall stand on the screen; None = to be laid out.
        tags: markup of these lines.
        moved_ms: when it stands if nothing of it is spoken; it gives way to those that are.
    """

    text: str
    lines: tuple[str, ...] | None = None
    tags: tuple[Tag, ...] = ()
    moved_ms: tuple[int, int] | None = None


def cues_from_lines(
    transcript: Transcript, options: CueOptions, lines: Sequence[LineCue]
) -> tuple[Cue, ...]:
    """One subtitle for every line, in order, never empty or overlapping, inside the media.

    Args:
        transcript: its text is that of the lines, white space aside.
        options: what the user asked for; only times and the layout inside a cue follow it.
        lines: in order.
    """
    spoken = _segments_of_lines(transcript, lines)
    drafts = [
        _line_draft(transcript.text, line, spoken.get(index), transcript.language, options)
        for index, line in enumerate(lines)
    ]
    return _timed(
        _in_order(drafts, [line.moved_ms is not None for line in lines]), transcript.duration_ms
    )


def _segments_of_lines(transcript: Transcript, lines: Sequence[LineCue]) -> dict[int, Segment]:
    """The words of each line, as a segment; a word belongs where it begins."""
    edges = list(accumulate(_visible_count(line.text) for line in lines))
    found: dict[int, list[tuple[TextWord, str | None]]] = {}
    position = 0
    for segment in with_word_times(transcript.text, transcript.segments):
        for word in segment.words:
            line = min(bisect_right(edges, position), len(lines) - 1)
            found.setdefault(line, []).append((word, segment.language))
            position += _visible_count(transcript.text[word.char_start : word.char_end])
    return {line: _segment(pairs) for line, pairs in found.items()}


def _segment(pairs: Sequence[tuple[TextWord, str | None]]) -> Segment:
    words = tuple(word for word, _ in pairs)
    return Segment(
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        char_start=words[0].char_start,
        char_end=words[-1].char_end,
        language=pairs[0][1],
        words=words,
    )


def _visible_count(text: str) -> int:
    return sum(not char.isspace() for char in text)


def _line_draft(
    text: str,
    line: LineCue,
    segment: Segment | None,
    language: str | None,
    options: CueOptions,
) -> Draft:
    language = language if segment is None else segment.language
    limits = limits_of(language, options)
    is_full_width = joins_without_space(language)
    start_ms, end_ms = line.moved_ms or (0, 0)
    if segment is not None and line.moved_ms is None:
        start_ms, end_ms = segment.start_ms, segment.end_ms
    width = columns(line.text, is_full_width=is_full_width)
    slot = Slot(start_ms=start_ms, end_ms=end_ms, read_ms=limits.read_ms(width), limits=limits)
    lines = line.lines
    if lines is None and segment is not None:
        atoms = atoms_from_segments(text, (segment,), language=language)
        layouts = Layouts(atoms, line_columns=limits.line_columns, line_count=limits.line_count)
        lines = _lines(text, atoms, 0, layouts.line_ends(0, len(atoms)))
    return Draft(slot=slot, lines=lines or (line.text,), tags=line.tags)


def _in_order(drafts: Sequence[Draft], are_moved: Sequence[bool]) -> list[Draft]:
    """The drafts, with those that were moved put in time between their neighbours."""
    result: list[Draft] = []
    latest_ms = [0] * len(drafts)
    next_ms: int | None = None
    for index in range(len(drafts) - 1, -1, -1):
        latest_ms[index] = drafts[index].slot.start_ms if next_ms is None else next_ms
        if not are_moved[index]:
            next_ms = drafts[index].slot.start_ms
    for draft, is_moved, last_ms in zip(drafts, are_moved, latest_ms, strict=True):
        slot = draft.slot
        if is_moved:
            earliest_ms = result[-1].slot.end_ms if result else 0
            start_ms = max(earliest_ms, min(slot.start_ms, last_ms))
            slot = replace(slot, start_ms=start_ms, end_ms=max(slot.end_ms, start_ms))
        result.append(replace(draft, slot=slot))
    return result
