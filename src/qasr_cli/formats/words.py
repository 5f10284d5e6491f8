"""Every word with its times in seconds: for looking closely, and for `grep`."""

from qasr_cli.core.types import Cue, Segment, TextWord, Transcript


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """`word(1.200-1.480)`, one sentence a line."""
    return "".join(_line(transcript.text, segment) for segment in transcript.segments) or "\n"


def _line(text: str, segment: Segment) -> str:
    return " ".join(_word(text, word) for word in segment.words) + "\n"


def _word(text: str, word: TextWord) -> str:
    spelt = text[word.char_start : word.char_end].strip()
    return f"{spelt}({word.start_ms / 1000:.3f}-{word.end_ms / 1000:.3f})"
