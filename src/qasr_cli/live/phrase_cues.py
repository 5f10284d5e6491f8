"""The subtitles of one phrase, as soon as it is timed."""

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.rendering import cues_of
from qasr_cli.options import Options


def phrase_transcript(outcome: ClipOutcome, *, end_ms: int) -> Transcript:
    """What was said in one phrase, by itself.

    Args:
        end_ms: nothing of it stands later, so that the next phrase has its own time.
    """
    return assemble(file="", duration_ms=end_ms, clips=[outcome], models={}, settings={})


def phrase_cues(outcome: ClipOutcome, options: CueOptions, *, end_ms: int) -> tuple[Cue, ...]:
    """The subtitles of one phrase; they never change."""
    return cues_of(phrase_transcript(outcome, end_ms=end_ms), Options(cue=options))
