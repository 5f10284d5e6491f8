"""Who speaks when, as programs that compare such answers read it.

Source: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", appendix A.
"""

from collections.abc import Iterator
from itertools import groupby

from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Segment, Transcript

_PAUSE_MS = 500  # a longer one parts what one speaker says


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """One line a stretch in which one speaker speaks; an empty file where nobody is told apart."""
    name = _field(transcript.file.rpartition("/")[2].rpartition(".")[0] or transcript.file)
    lines = [
        f"SPEAKER {name} 1 {start_ms / 1000:.3f} {(end_ms - start_ms) / 1000:.3f} "
        f"<NA> <NA> {_field(speaker)} <NA> <NA>\n"
        for speaker, start_ms, end_ms in _stretches(transcript)
    ]
    return "".join(lines) or "\n"


def _stretches(transcript: Transcript) -> Iterator[tuple[str, int, int]]:
    for speaker, segments in groupby(transcript.segments, key=lambda segment: segment.speaker):
        if speaker is not None:
            for start_ms, end_ms in _joined(tuple(segments)):
                yield speaker, start_ms, end_ms


def _joined(segments: tuple[Segment, ...]) -> Iterator[tuple[int, int]]:
    start_ms, end_ms = segments[0].start_ms, segments[0].end_ms
    for segment in segments[1:]:
        if segment.start_ms - end_ms >= _PAUSE_MS:
            yield start_ms, end_ms
            start_ms = segment.start_ms
        end_ms = max(end_ms, segment.end_ms)
    yield start_ms, end_ms


def _field(text: str) -> str:
    """A text as one field: without white space, which parts them."""
    return "_".join(canonical(text).split()) or "<NA>"
