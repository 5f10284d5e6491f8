"""A second language under the first, cue by cue, matched by time. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qasr_cli.core.language.languages import as_written
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import Atom, atoms_from_segments, columns
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import PhraseEnds
from qasr_cli.core.subtitles.joining import joint_of
from qasr_cli.core.subtitles.text_lines import unspoken
from qasr_cli.core.subtitles.wrap import Layouts
from qasr_cli.core.text import is_visible, split_words
from qasr_cli.core.types import Cue, ReadCue, Tag, Transcript

_PLACE = "{\\an"  # where a cue stands; one that stands under another has no place of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilingual:
    """Cues with a second language.

    Attributes:
        cues: as many as there were, with the same times.
        without_second: numbers, from 1, of those that got nothing.
        unused: numbers of cues of the second language that match none.
        placed: numbers of those that stood elsewhere, such as at the top.
    """

    cues: tuple[Cue, ...]
    without_second: tuple[int, ...]
    unused: tuple[int, ...]
    placed: tuple[int, ...]


def with_second_language(
    cues: Sequence[Cue],
    second: Sequence[ReadCue],
    options: CueOptions,
    *,
    language: str | None,
    phrase_ends_of: Callable[[Transcript], PhraseEnds] = lambda _: {},
) -> Bilingual:
    """The cues with the lines of a second language under their own.

    A cue of the second language stands under every cue whose time it shares by more than half (of
    the shorter one), and at least under the one with which it shares most. Several under one stand
    one after the other.

    Args:
        cues: in order, not overlapping.
        second: as a file has them, in any order.
        options: how lines are laid out that are too long or too many.
        language: of the second, its full English name.
        phrase_ends_of: where words end in a text without spaces.
    """
    matched = _matched(cues, second)
    found = {index: [second[number] for number in numbers] for index, numbers in matched.items()}
    blocks = _blocks(found, options, language, phrase_ends_of)
    used = {number for numbers in matched.values() for number in numbers}
    shown = [number for number, cue in enumerate(second) if _is_shown(cue)]
    return Bilingual(
        cues=tuple(
            _under(cue, blocks[index]) if index in blocks else cue for index, cue in enumerate(cues)
        ),
        without_second=tuple(index + 1 for index in range(len(cues)) if index not in blocks),
        unused=tuple(number + 1 for number in shown if number not in used),
        placed=tuple(
            number + 1
            for number in sorted(used)
            if any(tag.text.startswith(_PLACE) for tag in second[number].tags)
        ),
    )


def _is_shown(cue: ReadCue) -> bool:
    return any(map(is_visible, "".join(cue.lines)))


# --- which belong together --------------------------------------------------------------------


def _matched(cues: Sequence[Cue], second: Sequence[ReadCue]) -> dict[int, list[int]]:
    """For each cue that gets any, the cues of the second language, in the order of their times."""
    starts_ms = [cue.start_ms for cue in cues]
    ends_ms = [cue.end_ms for cue in cues]
    matched: dict[int, list[int]] = {}
    for number in sorted(range(len(second)), key=lambda number: second[number].start_ms):
        translated = second[number]
        if not _is_shown(translated):
            continue
        end_ms = max(translated.end_ms, translated.start_ms + 1)
        first = bisect_right(ends_ms, translated.start_ms)
        stop = bisect_left(starts_ms, end_ms)
        shared_ms = {
            index: min(ends_ms[index], end_ms) - max(starts_ms[index], translated.start_ms)
            for index in range(first, stop)
        }
        if not shared_ms:
            continue
        best = max(shared_ms, key=shared_ms.__getitem__)
        for index, together_ms in shared_ms.items():
            shorter_ms = min(ends_ms[index] - starts_ms[index], end_ms - translated.start_ms)
            if index == best or 2 * together_ms > shorter_ms:
                matched.setdefault(index, []).append(number)
    return matched


# --- how it is laid out -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What goes under one cue; places of tags are in these lines."""

    lines: tuple[str, ...]
    tags: tuple[Tag, ...]


def _under(cue: Cue, block: _Block) -> Cue:
    above = len(cue.lines)
    tags = (replace(tag, line=tag.line + above) for tag in block.tags)
    return replace(
        cue,
        lines=(*cue.lines, *block.lines),
        tags=(*cue.tags, *tags),
        second_line_count=len(block.lines),
    )


def _blocks(
    found: dict[int, list[ReadCue]],
    options: CueOptions,
    language: str | None,
    phrase_ends_of: Callable[[Transcript], PhraseEnds],
) -> dict[int, _Block]:
    limits = limits_of(language, options)
    blocks = {index: _stacked(translated) for index, translated in found.items()}
    joined = {
        index: _on_one_line(block) for index, block in blocks.items() if not _fits(block, limits)
    }
    transcript = unspoken([block.lines[0] for block in joined.values()], language)
    ends = phrase_ends_of(transcript).get(language or "")
    for (index, block), segment in zip(joined.items(), transcript.segments, strict=True):
        atoms = atoms_from_segments(
            transcript.text,
            (segment,),
            language=as_written(language, block.lines[0]),
            phrase_ends=ends,
        )
        if atoms:  # none where it holds no word, such as a note of music
            blocks[index] = _broken(block, atoms, limits)
    return blocks


def _fits(block: _Block, limits: Limits) -> bool:
    is_full_width = limits.char_columns > 1
    return len(block.lines) <= limits.line_count and all(
        columns(line, is_full_width=is_full_width) <= limits.line_columns
        and (not limits.line_words or len(split_words(line)) <= limits.line_words)
        for line in block.lines
    )


def _stacked(translated: Sequence[ReadCue]) -> _Block:
    """Lines of several cues, one cue after the other, as their file has them."""
    lines: list[str] = []
    tags: list[Tag] = []
    for cue in translated:
        places = {}
        for number, line in enumerate(cue.lines):
            if any(map(is_visible, line)):
                places[number] = len(lines)
                lines.append(line)
        tags += [
            replace(tag, line=places[tag.line])
            for tag in cue.tags
            if tag.line in places and not tag.text.startswith(_PLACE)
        ]
    return _Block(lines=tuple(lines), tags=tuple(tags))


def _on_one_line(block: _Block) -> _Block:
    text = ""
    places: list[int] = []
    for line in block.lines:
        text += (joint_of(text, line) if text else "") + line
        places.append(len(text) - len(line))
    tags = tuple(replace(tag, line=0, char=places[tag.line] + tag.char) for tag in block.tags)
    return _Block(lines=(text,), tags=tags)


def _broken(block: _Block, atoms: Sequence[Atom], limits: Limits) -> _Block:
    """One long line, broken where it reads best."""
    layouts = Layouts(
        atoms,
        line_columns=limits.line_columns,
        line_count=limits.line_count,
        line_words=limits.line_words,
        second_line_cost=limits.second_line_cost,
    )
    origin = atoms[0].char_start
    stops = layouts.line_ends(0, len(atoms))
    edges = [0, *(atoms[stop - 1].char_end - origin for stop in stops)]
    (text,) = block.lines
    lines: list[str] = []
    tags: list[Tag] = []
    for begin, end in pairwise(edges):
        line = text[begin:end].strip()
        first = begin + text[begin:end].find(line)
        tags += [
            Tag(line=len(lines), char=min(max(tag.char - first, 0), len(line)), text=tag.text)
            for tag in block.tags
            if begin <= tag.char < end or tag.char == end == len(text)
        ]
        lines.append(line)
    return _Block(lines=tuple(lines), tags=tuple(tags))
