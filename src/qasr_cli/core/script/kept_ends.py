"""Which ends of a transcript an edit of its subtitles leaves as they are. Pure.

A save sends all cues, of which one or two were edited. What stands well before the first of those
and well behind the last need not be taken apart to come out as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Self

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.script.lines import joined
from qasr_cli.core.text import canonical
from qasr_cli.core.transcript.retiming import letters, shifted
from qasr_cli.core.types import Cue, Segment, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenCue:
    """A cue, as far as a transcript shows it.

    Attributes:
        text: its lines as one, without the dashes of two people.
        turns: who says so many letters of it, one after the other; as a transcript has the names.
    """

    start_ms: int
    end_ms: int
    text: str
    turns: tuple[tuple[str | None, int], ...]

    @classmethod
    def of(cls, cue: Cue) -> Self:
        """What a transcript shows of a cue."""
        lines = cue.lines
        said_by: tuple[tuple[str | None, str], ...] = ((cue.speaker, joined(lines)),)
        if cue.line_speakers:
            lines = tuple(line.removeprefix(speaker_dash(line)) for line in lines)
            said_by = tuple(zip(cue.line_speakers, lines, strict=True))
        turns = tuple((_name(speaker), len(letters(text))) for speaker, text in said_by)
        return cls(start_ms=cue.start_ms, end_ms=cue.end_ms, text=joined(lines), turns=turns)

    def speaker_at(self, letter: int) -> str | None:
        """Who says a letter of it."""
        ends = accumulate(count for _, count in self.turns)
        said = (name for (name, _), end in zip(self.turns, ends, strict=True) if letter < end)
        return next(said, self.turns[-1][0])


def _name(speaker: str | None) -> str | None:
    return canonical(speaker or "").strip() or None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEnds:
    """How many cues, and sentences that they hold, stay at the front and at the back."""

    front_cue_count: int = 0
    front_segment_count: int = 0
    back_cue_count: int = 0
    back_segment_count: int = 0

    def char_start(self, transcript: Transcript) -> int:
        """Where the front ends in the text."""
        count = self.front_segment_count
        return transcript.segments[count - 1].char_end if count else 0

    def without(self, transcript: Transcript) -> Transcript:
        """What is between the ends, at its places in the whole text."""
        segments = transcript.segments
        inner = segments[self.front_segment_count : len(segments) - self.back_segment_count]
        return replace(transcript, segments=inner)

    def around(
        self, transcript: Transcript, text: str, inner: tuple[Segment, ...]
    ) -> tuple[str, tuple[Segment, ...]] | None:
        """A whole text and its sentences, of those between the ends.

        None where these end in the time of the back, which then has to give way.
        """
        segments = transcript.segments
        front = segments[: self.front_segment_count]
        back = segments[len(segments) - self.back_segment_count :]
        front_text = transcript.text[: self.char_start(transcript)]
        if not back:
            return front_text + text, (*front, *inner)
        if inner and inner[-1].end_ms > back[0].start_ms:
            return None
        back_text = transcript.text[back[0].char_start :]
        char_count = len(front_text) + len(text) - back[0].char_start
        moved = (_later(segment, char_count) for segment in back)
        return f"{front_text}{text}{back_text}", (*front, *inner, *moved)


def _later(segment: Segment, char_count: int) -> Segment:
    if char_count == 0:
        return segment
    return replace(
        segment,
        char_start=segment.char_start + char_count,
        char_end=segment.char_end + char_count,
        words=tuple(shifted(word, char_count) for word in segment.words),
    )


def kept_ends(
    transcript: Transcript, before: Sequence[SpokenCue], cues: Sequence[SpokenCue]
) -> KeptEnds:
    """The ends that stay, whatever comes of the rest; none where that is not certain.

    A sentence beside what was edited is never of an end: a space may go in after it.
    """
    nothing = KeptEnds()
    if not _is_in_order(transcript):
        return nothing
    front_count, back_count = _equal_counts(before, cues)
    joints = list(_joints(transcript, before))
    alike = [_is_spoken_alike(transcript, before, *pair) for pair in pairwise(joints)]
    front = 0
    while front < len(alike) and alike[front] and joints[front + 1].cue_count <= front_count:
        front += 1
    back = len(alike)
    least = len(before) - back_count
    while back > front and alike[back - 1] and joints[back - 1].cue_count >= least:
        back -= 1
    first, last = joints[max(0, front - 1)], joints[min(len(alike), back + 1)]
    return KeptEnds(
        front_cue_count=first.cue_count,
        front_segment_count=first.segment_count,
        back_cue_count=len(before) - last.cue_count,
        back_segment_count=len(transcript.segments) - last.segment_count,
    )


def _equal_counts(before: Sequence[SpokenCue], cues: Sequence[SpokenCue]) -> tuple[int, int]:
    """How many cues are equal at the front, and how many of the rest at the back.

    Cues that say the same are paired from the front before any is from the back, whether their
    times are equal or not: so none is counted at the back that has its like in front.
    """
    least = min(len(before), len(cues))
    same = next((i for i in range(least) if before[i].text != cues[i].text), least)
    front = next((i for i in range(same) if before[i] != cues[i]), same)
    rest = range(least - same)
    back = next((i for i in rest if before[-1 - i] != cues[-1 - i]), least - same)
    return front, back


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joint:
    """A place at which both a cue and a sentence end."""

    cue_count: int
    segment_count: int


def _joints(transcript: Transcript, cues: Sequence[SpokenCue]) -> Iterator[_Joint]:
    """Yield them in order, from the very front to the very back."""
    text = transcript.text
    ends = accumulate(len(letters(_text(text, each))) for each in transcript.segments)
    segment_counts = {
        count: place
        for place, count in enumerate(ends, 1)
        if _begins_with_letters(transcript, place)
    }
    yield _Joint(cue_count=0, segment_count=0)
    before = 0
    for place, count in enumerate(accumulate(len(letters(each.text)) for each in cues), 1):
        segment_count = segment_counts.get(count)
        if count > before and segment_count is not None and place < len(cues):
            yield _Joint(cue_count=place, segment_count=segment_count)
        before = count
    yield _Joint(cue_count=len(cues), segment_count=len(transcript.segments))


def _begins_with_letters(transcript: Transcript, place: int) -> bool:
    """Whether a sentence does; the first word of others belongs to the cue before."""
    if place >= len(transcript.segments):
        return False
    word = transcript.segments[place].words[0]
    return letters(transcript.text[word.char_start : word.char_end]) != ""


def _is_spoken_alike(
    transcript: Transcript, cues: Sequence[SpokenCue], joint: _Joint, following: _Joint
) -> bool:
    """Whether all between two joints is of one speaker, by its sentences and by its cues.

    Or is a cue of two people, by whose lines a sentence ends as well.
    """
    segments = transcript.segments[joint.segment_count : following.segment_count]
    between = cues[joint.cue_count : following.cue_count]
    if len(between) == 1 and len(between[0].turns) > 1:
        said = ((s.speaker, len(letters(_text(transcript.text, s)))) for s in segments)
        return tuple(said) == between[0].turns
    speakers = {name for cue in between for name, _ in cue.turns}
    return len({*(each.speaker for each in segments), *speakers}) <= 1


def _text(text: str, segment: Segment) -> str:
    return text[segment.char_start : segment.char_end]


def _is_in_order(transcript: Transcript) -> bool:
    """Whether its words stand one after another, in its text and in its time."""
    char = time_ms = 0
    for segment in transcript.segments:
        words = segment.words
        if not words or (segment.start_ms, segment.char_start) != (words[0].start_ms, char):
            return False
        for word in words:
            if not (word.char_start == char and time_ms <= word.start_ms <= word.end_ms):
                return False
            char, time_ms = word.char_end, word.end_ms
        if (segment.end_ms, segment.char_end) != (time_ms, char):
            return False
    return time_ms <= transcript.duration_ms and char == len(transcript.text)
