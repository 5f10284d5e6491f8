"""The text alone."""

from qasr_cli.core.types import Cue, Transcript


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """One sentence a line."""
    sentences = (
        transcript.text[segment.char_start : segment.char_end].strip()
        for segment in transcript.segments
    )
    return "".join(f"{sentence}\n" for sentence in sentences) or "\n"
