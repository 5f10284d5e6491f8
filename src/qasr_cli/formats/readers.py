"""Subtitle files back to cues, right or wrong as they are. No I/O."""

import html
import re
from collections.abc import Iterator

from qasr_cli.core.types import ReadCue

_SRT_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}")
_VTT_TAG = re.compile(r"<[^<>]*>")
_VTT_TIMES = re.compile(
    r"\s*(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})\s+-->\s+(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})(?:\s|$)"
)


def read_srt(text: str) -> tuple[ReadCue, ...]:
    """The cues of a SubRip file, in the order of the file.

    Raises:
        ValueError: it is not SubRip, and why in one line.
    """
    import srt

    try:
        return tuple(
            ReadCue(
                start_ms=round(subtitle.start.total_seconds() * 1000),
                end_ms=round(subtitle.end.total_seconds() * 1000),
                lines=tuple(_SRT_TAG.sub("", subtitle.content).split("\n")),
            )
            for subtitle in srt.parse(_unix(text))
        )
    except srt.SRTParseError as error:
        damaged = " ".join(error.unmatched_content.split())
        raise ValueError(f"not SubRip here: {damaged:.60}") from error


def read_vtt(text: str) -> tuple[ReadCue, ...]:
    """The cues of a WebVTT file, in the order of the file; notes and styles are passed over.

    Raises:
        ValueError: it is not WebVTT, and why in one line.
    """
    header, *blocks = re.split(r"\n{2,}", _unix(text).strip("\n"))
    if re.match(r"WEBVTT(?:\s|$)", header) is None:
        raise ValueError("not WebVTT: it does not begin with WEBVTT")
    return tuple(cue for block in blocks for cue in _vtt_cues(block))


def _vtt_cues(block: str) -> Iterator[ReadCue]:
    lines = block.split("\n")
    at = next((index for index, line in enumerate(lines[:2]) if "-->" in line), None)
    if at is None:
        return
    times = _VTT_TIMES.match(lines[at])
    if times is None:
        raise ValueError(f"not WebVTT here: {lines[at]:.60}")
    edges = [int(digits or 0) for digits in times.groups()]
    yield ReadCue(
        start_ms=_ms(*edges[:4]),
        end_ms=_ms(*edges[4:]),
        lines=tuple(html.unescape(_VTT_TAG.sub("", line)) for line in lines[at + 1 :]),
    )


def _ms(hours: int, minutes: int, seconds: int, millis: int) -> int:
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
