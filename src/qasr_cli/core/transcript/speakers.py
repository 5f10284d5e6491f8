"""Other names for the speakers of a transcript. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from qasr_cli.core.types import Transcript


def with_speakers(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """The transcript with other names for its speakers; the same object where none changes.

    Args:
        names: old -> new; who is not in it keeps the name.
    """
    changing = {old: new for old, new in names.items() if old != new}
    if not any(segment.speaker in changing for segment in transcript.segments):
        return transcript
    return replace(
        transcript,
        segments=tuple(
            segment
            if segment.speaker is None
            else replace(segment, speaker=changing.get(segment.speaker, segment.speaker))
            for segment in transcript.segments
        ),
    )
