"""What an ffmpeg child says on standard error while it decodes. Bounded, whatever it says.

The child runs with `-v level+verbose`, so every line of its own carries its level; lines without
one continue a text of the file and are passed over.
"""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

LINE = re.compile(r"^((?:\[[^\]]* @ 0x[0-9a-f]+\] )*)\[(\w+)\] (.*)$")
_ERROR_LEVELS = frozenset(("error", "fatal", "panic"))
_LONGEST_LINE_BYTES = 1 << 16
_SHOWN_CHARS = 200

# Lines that only repeat, in general words, what a line before them said.
_GENERAL = re.compile(
    r"Error opening (input|output)\b|Error parsing options|Task finished with error|"
    r"Terminating thread|Error submitting packet|Decoding error|Last message repeated"
)
# Where time stamps go back, ffmpeg says so of its output, which has none.
_OF_THE_OUTPUT = "Application provided invalid, non monotonically increasing dts"
_FRAME = re.compile(r"n: *\d+ pts: *(-?\d+|NOPTS) .* nb_samples:(\d+) ")
_COUNTS = re.compile(r"  Input stream #0:\d+ \(audio\): (\d+) packets read \((\d+) bytes\); (.*)")
_DECODED = re.compile(r"(\d+) frames decoded; (\d+) decode errors \((\d+) samples\)")
_BACKWARD = re.compile(r"timestamp discontinuity \(stream id=\d+\): -")
_NEW_TRACK = re.compile(r"New audio stream with index (\d+) at pos:(\d+) and DTS:(-?[\d.]+)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A decoded frame as it left the filters; counts at 16 kHz.

    Attributes:
        at_sample: its time stamp, from the start of the file; None where it has none.
    """

    at_sample: int | None
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrack:
    """An audio track that the header did not announce: its place in the file, and its first time.

    Attributes:
        at_s: time stamp of its first packet, on the container's clock.
    """

    at_byte: int
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """How much of a track was read, and what came of it. Totals of one child."""

    packet_count: int
    byte_count: int
    frame_count: int
    error_count: int


class DecoderLog:
    """Takes in standard error piece by piece.

    Attributes:
        is_reconfigured: the sound's rate or channels changed, and ffmpeg built its filters anew.
        jump_count: how often time stamps went back, and were taken as a new beginning.
        dropped_count: samples (16 kHz) that were left out to keep to the time stamps.
        frames: decoded frames that were announced and not yet taken.
        new_tracks: tracks that began without being announced.
        packets: totals; None before the end.
    """

    def __init__(self) -> None:
        self.is_reconfigured = False
        self.jump_count = 0
        self.dropped_count = 0
        self.frames: deque[Frame] = deque()
        self.new_tracks: list[NewTrack] = []
        self.packets: Packets | None = None
        self._errors: deque[str] = deque(maxlen=20)
        self._unfinished = b""

    def add(self, piece: bytes) -> None:
        """Take in what was written; b"" at its end."""
        *lines, self._unfinished = (self._unfinished + piece).split(b"\n")
        if not piece:
            lines, self._unfinished = [*lines, self._unfinished], b""
        self._unfinished = self._unfinished[:_LONGEST_LINE_BYTES]
        for line in lines:
            if match := LINE.match(line.decode(errors="replace")):
                self._note(*match.groups())

    @property
    def complaint(self) -> str:
        """The last error that says something of its own; "" when there was none."""
        return reason_from(self._errors)

    def _note(self, source: str, level: str, text: str) -> None:
        if level in _ERROR_LEVELS:
            if not text.startswith(_OF_THE_OUTPUT):
                self._errors.append(text)
        elif source.startswith("[Parsed_ashowinfo"):
            self._note_frame(text)
        elif source.startswith("[Eval @") or _BACKWARD.match(text):
            self.jump_count += 1  # a filter prints the one, a demuxer the other
        elif text.startswith("Reconfiguring filter graph"):
            self.is_reconfigured = True
        elif text.startswith("discarding ") and "[SWR @" in source:
            self.dropped_count += int(text.split()[1])
        elif match := _COUNTS.match(text):
            self._note_packets(match)
        elif match := _NEW_TRACK.match(text):
            self.new_tracks.append(NewTrack(at_byte=int(match[2]), at_s=float(match[3])))

    def _note_frame(self, text: str) -> None:
        if match := _FRAME.match(text):
            at_sample = None if match[1] == "NOPTS" else int(match[1])
            self.frames.append(Frame(at_sample=at_sample, sample_count=int(match[2])))

    def _note_packets(self, match: re.Match[str]) -> None:
        decoded = _DECODED.search(match[3])
        self.packets = Packets(
            packet_count=int(match[1]),
            byte_count=int(match[2]),
            frame_count=int(decoded[1]) if decoded else 0,
            error_count=int(decoded[2]) if decoded else 0,
        )


def reason_from(lines: Iterable[str]) -> str:
    """The last of ffmpeg's lines that says something of its own, fit to be shown.

    >>> reason_from(["[mov @ 0x5] moov atom not found", "Error opening input: Invalid data"])
    'moov atom not found'
    """
    cleaned = [text for text in map(_cleaned, lines) if text]
    telling = [text for text in cleaned if not _GENERAL.match(text)]
    if telling:
        return telling[-1]
    return cleaned[0].rpartition(": ")[2] if cleaned else ""


_PREFIX = re.compile(r"^(\[[^\]]* @ 0x[0-9a-f]+\] )+")


def _cleaned(line: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in line[: 4 * _SHOWN_CHARS])
    return _PREFIX.sub("", " ".join(printable.split()))[:_SHOWN_CHARS]
