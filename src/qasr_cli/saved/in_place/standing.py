"""Subtitles that stand on the disk, as cues of the transcript that they are of."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.counts import counted
from qasr_cli.core.subtitles.speaker_labels import labelled_lines
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
        names = {cue.speaker: None for cue in known if cue.speaker is not None}
        self._labels = {f"{name}: ": name for name in names}
        self._known = known
        self._starts_ms = [cue.start_ms for cue in known]

    def cue(self, cue: Cue) -> Cue:
        same = self._as_written.get((cue.start_ms, cue.end_ms, cue.lines))
        if same is not None and cue.speaker in {None, same.speaker}:
            return same
        if cue.speaker is not None:
            return cue
        first, *others = cue.lines
        for label, name in self._labels.items():
            if first.startswith(label) and first != label:
                return replace(cue, lines=(first.removeprefix(label), *others), speaker=name)
        return replace(cue, speaker=self._speaker_around(cue))

    def _speaker_around(self, cue: Cue) -> str | None:
        """The speaker of the known cue that shares most of its time."""
        place = bisect_right(self._starts_ms, cue.start_ms)
        near = self._known[max(0, place - 1) : bisect_right(self._starts_ms, cue.end_ms)]
        shared = [(min(cue.end_ms, k.end_ms) - max(cue.start_ms, k.start_ms), k) for k in near]
        best = max(shared, key=lambda pair: pair[0], default=None)
        return best[1].speaker if best is not None and best[0] > 0 else None
