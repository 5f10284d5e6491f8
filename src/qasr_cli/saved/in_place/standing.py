"""Subtitles that stand on the disk, as cues of the transcript that they are of."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.counts import counted
from qasr_cli.core.cue_types import are_turns, speaker_dash
from qasr_cli.core.script.lines import joined
from qasr_cli.core.subtitles.speakers.labels import labelled_lines
from qasr_cli.core.text import is_visible
from qasr_cli.core.types import Cue, ReadSubtitles

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The cues of a file of subtitles.

    Attributes:
        cues: in order of their starts, within the recording, without markup.
        notes: what a person should know of them; a line each.
    """

    cues: tuple[Cue, ...]
    notes: tuple[str, ...]


def standing_cues(read: ReadSubtitles, known: Sequence[Cue], *, duration_ms: int) -> Standing:
    """What a file says, with the speakers that are known.

    Args:
        known: the cues that it was written from, or that were cut of the same transcript.
        duration_ms: of the recording: no cue ends later.
    """
    told = _SpokenBy(known)
    cues: list[Cue] = []
    late = empty = shortened = 0
    for each in sorted(read.cues, key=lambda cue: cue.start_ms):
        lines = shown_lines(each.lines)
        if not any(is_visible(char) for line in lines for char in line):
            empty += 1
        elif each.start_ms >= duration_ms or each.end_ms <= each.start_ms:
            late += 1
        else:
            shortened += each.end_ms > duration_ms
            end_ms = min(each.end_ms, duration_ms)
            read_cue = Cue(start_ms=each.start_ms, end_ms=end_ms, lines=lines, speaker=each.speaker)
            cues.append(told.cue(read_cue))
    notes = [*read.notes]
    if read.unkept:
        notes.append(f"left out, as it has no words here: {', '.join(read.unkept)}")
    for count, what in (
        (empty, "without text left out"),
        (late, "outside the recording, or without any length, left out"),
        (shortened, "cut at the end of the recording"),
    ):
        if count:
            notes.append(f"{counted(count, 'cue')} {what}")
    return Standing(cues=tuple(cues), notes=tuple(notes))


def shown_lines(lines: Iterable[str]) -> Lines:
    """Lines as an editor has them: without white space at their ends, none of them empty."""
    return tuple(line.strip() for line in lines if line.strip())


class _SpokenBy:
    """Who says what: in SubRip a name stands before the text where the speaker changes.

    Args:
        known: as in `standing_cues`.
    """

    def __init__(self, known: Sequence[Cue]) -> None:
        labelled = zip(labelled_lines(known), known, strict=True)
        self._as_written: dict[tuple[int, int, Lines], Cue] = {}
        for lines, cue in labelled:
            for shown in {shown_lines(lines), shown_lines(cue.lines)}:
                self._as_written[cue.start_ms, cue.end_ms, shown] = cue
        names = (name for cue in known for name in cue.line_speakers or (cue.speaker,))
        self._labels = {f"{name}: ": name for name in names if name is not None}
        self._known = known
        self._starts_ms = [cue.start_ms for cue in known]

    def cue(self, cue: Cue) -> Cue:
        same = self._as_written.get((cue.start_ms, cue.end_ms, cue.lines))
        if same is not None and cue.speaker in {None, same.speaker}:
            return same
        if cue.speaker is not None:
            return cue
        two = self._two(cue) if len(cue.lines) > 1 else None
        if two is not None:
            return two
        first, *others = cue.lines
        for label, name in self._labels.items():
            if first.startswith(label) and first != label:
                return replace(cue, lines=(first.removeprefix(label), *others), speaker=name)
        return replace(cue, speaker=self._speaker_around(cue))

    def _two(self, cue: Cue) -> Cue | None:
        """The cue as that of two people, whom its lines name or who speak then; None where not."""
        before = self._line_by_line(cue)
        dash = next(filter(None, map(speaker_dash, cue.lines)), "-")
        told = [self._told(*pair, dash) for pair in zip(cue.lines, before, strict=True)]
        lines, names = tuple(line for line, _ in told), tuple(name for _, name in told)
        are_named = len(set(names)) > 1 and not set(lines[1:]) & set(cue.lines)
        # One dash alone may be the text's: "She came\n– at last."
        is_of_two = all(map(speaker_dash, cue.lines)) or all(before) or are_named
        if not (is_of_two and are_turns(lines) and any(names)):
            return None
        return replace(cue, lines=lines, line_speakers=names)

    def _told(self, line: str, speaker: str | None, dash: str) -> tuple[str, str | None]:
        """A line with a dash in place of the name that it begins with; and that name."""
        own = speaker_dash(line)
        text = line[len(own) :]
        for label, name in self._labels.items():
            if text.startswith(label) and text != label:
                return (own or dash) + text.removeprefix(label), name
        return line, speaker

    def _line_by_line(self, cue: Cue) -> Sequence[str | None]:
        """Who said each of so many lines then; of other lines, who says the same words."""
        known = self._around(cue)
        if known is not None and len(known.line_speakers) == len(cue.lines):
            return known.line_speakers
        said = _said_by(known)
        return [said.get(_without_dash(line)) for line in cue.lines]

    def _speaker_around(self, cue: Cue) -> str | None:
        """Who speaks then; where two do, who says these words."""
        known = self._around(cue)
        if known is not None and not known.line_speakers:
            return known.speaker
        return _said_by(known).get(_without_dash(joined(cue.lines)))

    def _around(self, cue: Cue) -> Cue | None:
        """The known cue that shares most of its time."""
        place = bisect_right(self._starts_ms, cue.start_ms)
        near = self._known[max(0, place - 1) : bisect_right(self._starts_ms, cue.end_ms)]
        shared = [(min(cue.end_ms, k.end_ms) - max(cue.start_ms, k.start_ms), k) for k in near]
        best = max(shared, key=lambda pair: pair[0], default=None)
        return best[1] if best is not None and best[0] > 0 else None


def _said_by(known: Cue | None) -> dict[str, str | None]:
    """Who says what in a cue of two people; nobody anything in others."""
    if known is None or not known.line_speakers:
        return {}
    return dict(zip(map(_without_dash, known.lines), known.line_speakers, strict=True))


def _without_dash(line: str) -> str:
    return line.removeprefix(speaker_dash(line))
