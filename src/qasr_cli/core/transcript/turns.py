"""Several transcripts of one recording -> one conversation: sentences in order of time. Pure."""

import heapq
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.transcript.assemble import in_time_order, needs_space
from qasr_cli.core.types import Segment, TextWord, Transcript

# A shorter overlap moves the words of the second speaker; a longer one parts those of the first.
OVERLAP_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """A word with the white space after it; its probabilities are as in `TextWord`."""

    start_ms: int
    end_ms: int
    text: str
    probability: float | None = None
    time_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """Words of one speaker that stand together; never empty."""

    speaker: str | None
    language: str | None
    words: tuple[Said, ...]

    @property
    def start_ms(self) -> int:
        """When its first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When its last word ends."""
        return self.words[-1].end_ms

    @property
    def text(self) -> str:
        """Its words without the white space after them."""
        return "".join(word.text for word in self.words).rstrip()


def turns_of(transcript: Transcript) -> tuple[Turn, ...]:
    """The sentences of a transcript."""
    text = transcript.text
    return tuple(
        Turn(
            speaker=segment.speaker,
            language=segment.language,
            words=tuple(
                Said(
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    text=text[word.char_start : word.char_end],
                    probability=word.probability,
                    time_probability=word.time_probability,
                )
                for word in segment.words
            ),
        )
        for segment in transcript.segments
    )


def conversation(transcripts: Sequence[Transcript], turns: Sequence[Turn]) -> Transcript:
    """One transcript of turns in order; all else of it is that of the transcripts.

    No word overlaps another: where people speak at once, the later start holds.
    """
    text, segments = _joined(turns, transcripts[0].duration_ms)
    spoken_ms: Counter[str] = Counter()
    for turn in turns:
        if turn.language is not None:
            spoken_ms[turn.language] += turn.end_ms - turn.start_ms
    clips = (clip for each in transcripts for clip in each.clips)
    return replace(
        transcripts[0],
        language=max(spoken_ms, key=spoken_ms.__getitem__, default=None),
        text=text,
        segments=segments,
        clips=tuple(sorted(clips, key=lambda clip: clip.start_ms)),
        warnings=tuple(dict.fromkeys(line for each in transcripts for line in each.warnings)),
    )


# --- in order of time -------------------------------------------------------------------------


def in_order(turns: Sequence[Turn]) -> list[Turn]:
    """The turns in order of time; a long one into which another speaker breaks goes on after it."""
    order = itertools.count()
    waiting = [(turn.start_ms, next(order), turn) for turn in turns]
    heapq.heapify(waiting)
    result: list[Turn] = []
    while waiting:
        _, _, turn = heapq.heappop(waiting)
        if waiting and (parts := _parted(turn, by=waiting[0][2])) is not None:
            turn, tail = parts
            heapq.heappush(waiting, (tail.start_ms, next(order), tail))
        result.append(turn)
    return result


def _parted(turn: Turn, *, by: Turn) -> tuple[Turn, Turn] | None:
    """The turn before and after another breaks in; None where that is not worth it."""
    rest_ms = turn.end_ms - by.start_ms
    if turn.speaker == by.speaker or rest_ms <= max(OVERLAP_MS, by.end_ms - by.start_ms):
        return None
    count = sum(word.start_ms < by.start_ms for word in turn.words)
    if count in (0, len(turn.words)):
        return None
    return replace(turn, words=turn.words[:count]), replace(turn, words=turn.words[count:])


def _joined(turns: Sequence[Turn], duration_ms: int) -> tuple[str, tuple[Segment, ...]]:
    """The text of all turns, and its sentences with words that do not overlap."""
    pieces: list[str] = []
    words: list[TextWord] = []
    length = 0
    for turn, following in zip(turns, [*turns, None][1:], strict=True):
        last = turn.words[-1].text.rstrip()
        if following is not None and needs_space(
            (turn.text, turn.language), (following.text, following.language)
        ):
            last += " "
        for word, text in zip(turn.words, [*(w.text for w in turn.words[:-1]), last], strict=True):
            words.append(
                TextWord(
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    char_start=length,
                    char_end=length + len(text),
                    probability=word.probability,
                    time_probability=word.time_probability,
                )
            )
            pieces.append(text)
            length += len(text)
    in_order = iter(in_time_order(words, duration_ms))
    return "".join(pieces), tuple(
        _segment(turn, tuple(itertools.islice(in_order, len(turn.words)))) for turn in turns
    )


def _segment(turn: Turn, words: tuple[TextWord, ...]) -> Segment:
    return Segment(
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        char_start=words[0].char_start,
        char_end=words[-1].char_end,
        language=turn.language,
        speaker=turn.speaker,
        words=words,
    )
