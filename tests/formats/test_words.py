import re

from hypothesis import given

from qasr_cli.core.types import Transcript
from qasr_cli.formats.words import render
from tests.strategies import transcripts


@given(transcripts())
def test_every_word_is_there_with_its_times(transcript: Transcript) -> None:
    """A sentence is a line; its words in order, each with start and end to the millisecond."""
    lines = render(transcript, ()).splitlines()

    assert len(lines) == max(1, len(transcript.segments))
    for line, segment in zip(lines, transcript.segments, strict=False):
        times = re.findall(r"\((\d+\.\d{3})-(\d+\.\d{3})\)(?: |$)", line)
        assert [(round(float(start) * 1000), round(float(end) * 1000)) for start, end in times] == [
            (word.start_ms, word.end_ms) for word in segment.words
        ]
