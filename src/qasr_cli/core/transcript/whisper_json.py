"""The JSON of whisper and its kin -> a transcript. Pure.

Words carry their punctuation, some also the space before them; some have no times; segments may
have no words at all, overlap, or stand in any order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from qasr_cli.core.language.languages import joins_without_space, language_from_model
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import is_kept
from qasr_cli.core.timing import ms_from_samples, samples_from_ms
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.json_shapes import Heard, Stretch, found_in
from qasr_cli.core.transcript.json_times import Doubts
from qasr_cli.core.transcript.overlaps import turns_of_lanes
from qasr_cli.core.transcript.stretches import consistent
from qasr_cli.core.transcript.turns import OVERLAP_MS, conversation
from qasr_cli.core.types import ClipDone, Span, Timing, Transcript, Word

# Nothing in the file says how long the recording is, and the last cue needs time to be read.
_AFTER_LAST_WORD_MS = 1000
_MOST_LANES = 16  # more people at once are not understood; a damaged file has any number


def transcript_from_whisper(
    document: object, *, file: str, language: str | None = None
) -> Transcript:
    """The transcript of a whisper-style document; its words tile its text.

    A segment without word times shares its time out by length, and its note says so. What else was
    not as it should be is in the warnings.

    Args:
        file: name of the recording, as far as known.
        language: full English name, where the document's own word is not to be trusted.

    Raises:
        ValueError: it is not such a document, and why in one line.
    """
    doubts = Doubts()
    found = found_in(document, doubts)
    named = None if found.language is None else language_from_model(found.language)
    lanes = _lanes(consistent(found, doubts), forced=language, otherwise=named or found.language)
    last_ms = max((ms_from_samples(c.span.end_sample) for lane in lanes for c in lane), default=0)
    told_ms = found.duration_ms
    duration_ms = last_ms + _AFTER_LAST_WORD_MS if told_ms is None else max(told_ms, last_ms)
    transcripts = [
        assemble(
            file=file,
            duration_ms=duration_ms,
            clips=clips,
            models={},
            settings={},
            warnings=doubts.notes(),
        )
        for clips in lanes
    ]
    if len(transcripts) == 1:
        return transcripts[0]
    return conversation(transcripts, turns_of_lanes(transcripts))


def _lanes(
    stretches: Sequence[Stretch], *, forced: str | None, otherwise: str | None
) -> list[list[ClipOutcome]]:
    """The segments as clips: on one lane those that follow each other, though they may touch."""
    lanes: list[list[ClipOutcome]] = [[]]
    latest = [_Latest()]
    for index, stretch in enumerate(stretches):
        lane = next((i for i, last in enumerate(latest) if last.lets(stretch)), len(lanes))
        if lane == _MOST_LANES:
            lane = min(range(_MOST_LANES), key=lambda lane: latest[lane].end_ms)
        elif lane == len(lanes):
            lanes.append([])
            latest.append(_Latest())
        before = latest[lane]
        start_ms = max(stretch.start_ms or 0, before.start_ms + 1)
        end_ms = max(stretch.end_ms or 0, start_ms + 1)
        latest[lane] = _Latest(
            start_ms=start_ms, end_ms=max(end_ms, before.end_ms), speaker=stretch.speaker
        )
        own = stretch.language and (language_from_model(stretch.language) or stretch.language)
        spoken = forced or own or otherwise
        lanes[lane].append(_clip(str(index), stretch, spoken, start_ms=start_ms, end_ms=end_ms))
    return lanes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latest:
    """The last segment on a lane."""

    start_ms: int = -1
    end_ms: int = 0
    speaker: str | None = None

    def lets(self, stretch: Stretch) -> bool:
        """Whether a later one may follow; of one speaker they may touch."""
        overlap_ms = self.end_ms - (stretch.start_ms or 0)
        return overlap_ms <= (OVERLAP_MS if stretch.speaker == self.speaker else 0)


# --- one segment ------------------------------------------------------------------------------


def _clip(
    clip_id: str, stretch: Stretch, language: str | None, *, start_ms: int, end_ms: int
) -> ClipOutcome:
    """A segment as a clip of its own."""
    is_timed = any(word.start_ms is not None for word in stretch.words)
    timed = tuple(_words(stretch.words, start_ms, end_ms)) if is_timed else ()
    return ClipOutcome(
        speaker=stretch.speaker,
        span=Span(start_sample=samples_from_ms(start_ms), end_sample=samples_from_ms(end_ms)),
        result=ClipDone(
            clip_id=clip_id,
            language=language,
            text=_text(stretch, language),
            words=timed,
            timing=Timing.ALIGNED if timed else Timing.PROPORTIONAL,
        ),
    )


def _text(stretch: Stretch, language: str | None) -> str:
    if stretch.text and stretch.text.strip():
        return stretch.text
    words = [word.text for word in stretch.words]
    has_spaces = any(word[:1].isspace() or word[-1:].isspace() for word in words)
    return ("" if has_spaces or joins_without_space(language) else " ").join(words)


def _words(heard: Sequence[Heard], start_ms: int, end_ms: int) -> Iterator[Word]:
    """The words as an aligner spells them; those without times share the time between others."""
    groups = [list(group) for _, group in groupby(heard, lambda word: word.start_ms is not None)]
    now_ms = start_ms
    for group, following in pairwise([*groups, []]):
        if group[0].start_ms is None:
            until_ms = following[0].start_ms if following else end_ms
            yield from _shared_out(group, now_ms, max(now_ms, until_ms or end_ms))
            continue
        for word in group:
            word_start_ms, word_end_ms = word.start_ms or 0, word.end_ms or 0
            now_ms = max(word_start_ms, word_end_ms)
            yield Word(text=_letters(word.text), start_ms=word_start_ms, end_ms=now_ms)


def _shared_out(group: Sequence[Heard], start_ms: int, end_ms: int) -> Iterator[Word]:
    tokens = [_letters(word.text) for word in group]
    total = sum(map(len, tokens)) or 1
    done = 0
    for token in tokens:
        first_ms = start_ms + (end_ms - start_ms) * done // total
        done += len(token)
        last_ms = start_ms + (end_ms - start_ms) * done // total
        yield Word(text=token, start_ms=first_ms, end_ms=last_ms)


def _letters(text: str) -> str:
    return "".join(filter(is_kept, text))
