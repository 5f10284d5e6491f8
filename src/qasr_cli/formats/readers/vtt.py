"""WebVTT, as programs and people write it. No I/O.

Source: https://www.w3.org/TR/webvtt1/
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from qasr_cli.core.types import ReadSubtitles, Tag
from qasr_cli.formats.readers.cut_ends import without_cut_head
from qasr_cli.formats.readers.markup import from_vtt, tags_from_settings
from qasr_cli.formats.readers.raw_cues import RawCue, excerpt, finished
from qasr_cli.formats.readers.times import TimeLine, lines_of, number_in, seen, time_line

_HEADER = re.compile(r"WEBVTT(?:\s|$)")
_PASSED_OVER = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:\s|$)")


def is_vtt(text: str) -> bool:
    """Whether a text says that it is WebVTT, whatever its file is called."""
    first = next((line for line in lines_of(text) if seen(line).strip()), "")
    return _HEADER.match(seen(first)) is not None


def is_beside_cues(block: Sequence[str]) -> bool:
    """Whether lines without an empty one among them are a header, a note, a style or a region."""
    return _PASSED_OVER.match(seen(block[0])) is not None


def read_vtt(text: str) -> ReadSubtitles:
    """The cues of a WebVTT file, in the order of the file; notes and styles are passed over.

    Raises:
        ValueError: it is not WebVTT, and why in one line.
    """
    if not is_vtt(text):
        raise ValueError("not WebVTT: it does not begin with WEBVTT")
    lines, cut_note = without_cut_head(lines_of(text))
    found = _Found(notes=[] if cut_note is None else [cut_note])
    for is_empty, group in groupby(lines, key=lambda line: seen(line) == ""):
        if not is_empty:
            found.add(list(group))
    return finished(found.cues, notes=found.notes, unkept=found.unkept)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What was read so far."""

    cues: list[RawCue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)

    def add(self, block: list[str]) -> None:
        """Read the lines between two empty ones.

        Raises:
            ValueError: times stand there that are none.
        """
        timed = [(at, times) for at, line in enumerate(block) if (times := time_line(line))]
        is_passed_over = is_beside_cues(block)
        if not timed:
            # Only a title may hold an arrow that means nothing.
            if not is_passed_over and "-->" in "\n".join(block[:2]):
                line = next(line for line in block if "-->" in line)
                raise ValueError(f"not WebVTT here: {excerpt([line])}")
            if not is_passed_over:
                self._add_without_times(block)
            return
        if timed[0][0] > 1 and not is_passed_over:
            left_out = block[: timed[0][0] - 1]
            self.notes.append(f"text without times is left out: {excerpt(left_out)}")
        for (at, times), stop in zip(timed, text_ends(block, timed), strict=True):
            self._add_cue(times, block[at + 1 : stop])

    def _add_cue(self, times: TimeLine, lines: list[str]) -> None:
        read = from_vtt("\n".join(lines))
        placed, unkept_settings = tags_from_settings(times.rest)
        self.unkept += [*read.unkept, *unkept_settings]
        self.cues.append(
            RawCue(
                times=times,
                lines=read.lines,
                tags=(*(Tag(line=0, char=0, text=tag) for tag in placed), *read.tags),
                stamped=read.stamped,
                speaker=read.speaker,
            )
        )

    def _add_without_times(self, block: list[str]) -> None:
        """A cue's text after an empty line, or text that no player shows."""
        if len(block) == 1 and number_in(block[0]) is not None:
            self.notes.append(f"a number without times is left out: {number_in(block[0])}")
        elif self.cues and self.cues[-1].lines == ("",):
            self._add_cue(self.cues.pop().times, block)
        else:
            self.notes.append(f"text without times is left out: {excerpt(block)}")


def text_ends(block: Sequence[str], timed: Sequence[tuple[int, TimeLine]]) -> Iterator[int]:
    """Yield where the text of each cue ends: at the next times, or at their cue's number above.

    Args:
        block: lines without an empty one among them.
        timed: those of them that hold times, and where.
    """
    first = timed[0][0]
    last_number = number_in(block[first - 1]) if first else None
    for (at, _), (following, _) in pairwise(timed):
        number = number_in(block[following - 1]) if following - 1 > at else None
        # A number that does not go on counting is text, and so is one that is all of a cue.
        is_own = number is not None and (
            following - 1 > at + 1 if last_number is None else number == last_number + 1
        )
        last_number = number if is_own else None
        yield following - 1 if is_own else following
    yield len(block)
