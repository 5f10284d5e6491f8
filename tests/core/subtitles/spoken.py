"""Transcripts of evenly spoken text, and the lines of the cues cut from them."""

from dataclasses import replace

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.text import split_words
from qasr_cli.core.types import ClipDone, Timing, Transcript, Word
from tests.strategies import assembled, span_of

OPTIONS = CueOptions()


def spoken(text: str, *, language: str = "English", word_ms: int = 300) -> Transcript:
    """A transcript of one clip in which every word takes the same time."""
    words = tuple(
        Word(start_ms=index * word_ms, end_ms=(index + 1) * word_ms, text=token)
        for index, token in enumerate(split_words(text))
    )
    end_ms = len(words) * word_ms
    done = ClipDone(clip_id="f/0", language=language, text=text, words=words, timing=Timing.ALIGNED)
    clip = ClipOutcome(span=span_of(0, end_ms), result=done)
    return assembled([clip], duration_ms=end_ms + 1000)


def with_pause(transcript: Transcript, index: int, pause_ms: int) -> Transcript:
    """The transcript of one sentence, with a pause before the word of an index."""
    (segment,) = transcript.segments
    words = tuple(
        replace(word, start_ms=word.start_ms + late_ms, end_ms=word.end_ms + late_ms)
        for place, word in enumerate(segment.words)
        for late_ms in (pause_ms if place >= index else 0,)
    )
    return replace(
        transcript,
        duration_ms=transcript.duration_ms + pause_ms,
        segments=(replace(segment, words=words, end_ms=words[-1].end_ms),),
    )


def lines_of(transcript: Transcript, options: CueOptions = OPTIONS) -> list[tuple[str, ...]]:
    """The lines of every cue."""
    return [cue.lines for cue in cut_cues(transcript, options)]
