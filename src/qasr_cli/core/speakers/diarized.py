"""A transcript and who speaks when -> the same transcript, each sentence with its speaker. Pure.

No text, no time of a word and no place in the text changes. A sentence in which the speaker
changes becomes two.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from qasr_cli.core.types import Segment, TextWord, Transcript
from qasr_cli.core.voice_types import VoiceTurn

# Turns are found by windows of 1.5 s, so a word may stand a little outside of its own.
_NEAR_MS = 500
# What is said in less, inside a sentence, is too short to be somebody else's: single words are
# more often put to the wrong voice than spoken by another.
_LEAST_WORDS = 2
_LEAST_MS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarized:
    """What came of it.

    Attributes:
        voices: the number of the voice of each speaker, in the order of their names.
    """

    transcript: Transcript
    voices: tuple[int, ...]


def diarized(
    transcript: Transcript, turns: Sequence[VoiceTurn], *, name: str = "Speaker"
) -> Diarized:
    """The transcript with a speaker for each sentence, numbered in the order in which they speak.

    A voice without a single word is nobody: music, laughter, a door.

    Args:
        turns: in order of time, not overlapping.
        name: what stands before the number of a speaker.
    """
    if not turns:
        return Diarized(transcript=transcript, voices=())
    voices = _Voices(turns)
    pieces = [piece for segment in transcript.segments for piece in _pieces(segment, voices)]
    order = tuple(dict.fromkeys(voice for _, voice in pieces if voice is not None))
    names = {voice: f"{name} {number}" for number, voice in enumerate(order, start=1)}
    segments = tuple(
        segment if voice is None else replace(segment, speaker=names[voice])
        for segment, voice in pieces
    )
    return Diarized(transcript=replace(transcript, segments=segments), voices=order)


class _Voices:
    """Whose turn it is, asked for one word after the other."""

    def __init__(self, turns: Sequence[VoiceTurn]) -> None:
        self._turns = turns
        self._ends_ms = [turn.end_ms for turn in turns]

    def of(self, word: TextWord) -> int | None:
        """Who speaks most of a word; who speaks next to it, where nobody does; or None."""
        first = bisect_left(self._ends_ms, word.start_ms - _NEAR_MS)
        near: list[VoiceTurn] = []
        for turn in self._turns[first:]:
            if turn.start_ms > word.end_ms + _NEAR_MS:
                break
            near.append(turn)
        if not near:
            return None
        return min(near, key=lambda turn: (_gap_ms(turn, word), turn.start_ms)).voice


def _gap_ms(turn: VoiceTurn, word: TextWord) -> int:
    """How far a turn is from a word; below zero by how much they overlap."""
    return max(turn.start_ms, word.start_ms) - min(turn.end_ms, word.end_ms)


def _pieces(segment: Segment, voices: _Voices) -> Iterator[tuple[Segment, int | None]]:
    """The parts of a sentence by who says them."""
    if not segment.words:
        yield segment, None
        return
    runs = _settled(_filled([voices.of(word) for word in segment.words]), segment.words)
    if len(runs) == 1:
        yield segment, runs[0].voice
        return
    for run in runs:
        words = segment.words[run.first : run.stop]
        yield (
            replace(
                segment,
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                char_start=words[0].char_start,
                char_end=words[-1].char_end,
                words=words,
            ),
            run.voice,
        )


def _filled(heard: Sequence[int | None]) -> list[int | None]:
    """A word of nobody is said by who says the words before it, or else those after it."""
    filled: list[int | None] = []
    for voice in heard:
        filled.append(voice if voice is not None or not filled else filled[-1])
    known = next((voice for voice in filled if voice is not None), None)
    return [known if voice is None else voice for voice in filled]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Words `[first, stop)` of one voice."""

    first: int
    stop: int
    voice: int | None


def _settled(heard: Iterable[int | None], words: Sequence[TextWord]) -> list[_Run]:
    """Runs of words of one voice, the shortest given away until none is too short."""
    runs: list[_Run] = []
    for voice, group in groupby(heard):
        first = runs[-1].stop if runs else 0
        runs.append(_Run(first=first, stop=first + len(list(group)), voice=voice))
    while len(runs) > 1:
        short = [index for index, run in enumerate(runs) if _is_short(run, words)]
        if not short:
            break
        shortest = min(short, key=lambda index: (_spoken_ms(runs[index], words), index))
        runs = _without(runs, shortest, words)
    return runs


def _is_short(run: _Run, words: Sequence[TextWord]) -> bool:
    return run.stop - run.first < _LEAST_WORDS or _spoken_ms(run, words) < _LEAST_MS


def _spoken_ms(run: _Run, words: Sequence[TextWord]) -> int:
    return words[run.stop - 1].end_ms - words[run.first].start_ms


def _without(runs: Sequence[_Run], index: int, words: Sequence[TextWord]) -> list[_Run]:
    """The runs with one given to the neighbour who speaks longer; of equals to the one before."""
    sides = [side for side in (index - 1, index + 1) if 0 <= side < len(runs)]
    taker = max(sides, key=lambda side: (_spoken_ms(runs[side], words), -side))
    voices = [run.voice for run in runs]
    voices[index] = runs[taker].voice
    joined: list[_Run] = []
    for run, voice in zip(runs, voices, strict=True):
        if joined and joined[-1].voice == voice:
            joined[-1] = replace(joined[-1], stop=run.stop)
        else:
            joined.append(replace(run, voice=voice))
    return joined
