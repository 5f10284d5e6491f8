"""The sound of a recording as every browser plays it: Opus in WebM."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path, input_arguments
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.probe import AudioTrack, probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.playing.coding import Coder, coder_path, signs_of_life
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

MEDIA_TYPE = "audio/webm"
_BITS_A_S = 48_000
_CPU_S = 1 / 5  # a second of sound; it does two hundred in one
_BYTES_A_S = _BITS_A_S // 8 * 2  # the rate is a wish
_MOST_PIECE_BYTES = 4 << 20
JUMPS_FROM_MS = 40_000  # what is earlier is decoded from the beginning
_LEAD_MS = 1000  # after which every decoder has forgotten that it began in the middle
# Every sample at its time: a track that begins later begins later, and gaps are silence.
_PLACED = "aresample=async=1:first_pts=0"


def write_proxy(
    path: str, to_fd: int, *, decode: DecodeOptions, on_look: Callable[[], None] = lambda: None
) -> None:
    """Write the sound of the track that is heard to an open, empty file.

    It is as long as the recording: a track that begins later begins later in it, and gaps are
    silence, so that times in it are those of cues.

    Args:
        to_fd: can seek, read and write.
        on_look: called again and again; it may raise, to end this.

    Raises:
        InputError: it has no sound that can be heard, or is damaged.
        UsageError: there is no ffmpeg that can.
        OSError: the disk takes no more.
    """
    binary = coder_path()
    fd = open_source(path)
    try:
        found = probe(fd, path=path)
        track = choose_track(found, decode.audio_track, path=path)
        arguments = [
            *input_arguments(binary, fd, verbosity="level+info"),
            *(*_coded(track), "-af", _PLACED, "-t", f"{decode.max_duration_s:.3f}"),
            *("-protocol_whitelist", "fd", "-f", "webm", "-fd", str(to_fd), "fd:"),
            *signs_of_life(track.index),
        ]
        coder = Coder(
            path=path,
            fd=fd,
            to_fd=to_fd,
            longest_s=decode.max_duration_s,
            most_bytes_a_s=_BYTES_A_S,
            most_cpu_s=_CPU_S,
            on_output=lambda _: on_look(),
        )
        coder.run(arguments)
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of that sound, as a file of its own that begins at its first sample.

    Attributes:
        miss_ms: by how much what a decoder gives after a jump is later than it should be.
    """

    start_ms: int
    duration_ms: int
    miss_ms: float = 0.0

    @property
    def _decoded_ms(self) -> float:
        """Its start by the decoder's clock."""
        return self.start_ms - self.miss_ms

    @property
    def _seek_ms(self) -> int:
        """Where decoding begins; 0 = at the beginning."""
        is_late = self.start_ms >= JUMPS_FROM_MS
        return max(0, int(self._decoded_ms) - _LEAD_MS) if is_late else 0

    def content(
        self, fd: int, *, path: str, track: AudioTrack, on_look: Callable[[], None]
    ) -> bytes:
        """The file.

        Args:
            fd: a descriptor that can seek; its position is changed.
            on_look: called again and again; it may raise, to end this.

        Raises:
            InputError: as `write_proxy`.
            UsageError: there is no ffmpeg.
        """
        seek_s = self._seek_ms / 1000 if self._seek_ms else None
        arguments = [
            *input_arguments(ffmpeg_path(), fd, verbosity="level+info", seek_s=seek_s),
            *(*_coded(track), "-af", self._filters(), "-f", "webm", "-"),
        ]
        content = bytearray()

        def take(written: bytes) -> None:
            on_look()
            content.extend(written[: _MOST_PIECE_BYTES - len(content)])

        coder = Coder(
            path=path,
            fd=fd,
            to_fd=None,
            longest_s=(JUMPS_FROM_MS + self.duration_ms) / 1000,
            most_bytes_a_s=0,
            most_cpu_s=_CPU_S,
            on_output=take,
        )
        coder.run(arguments)
        return bytes(content)

    def _filters(self) -> str:
        # From the beginning there is no jump, and nothing is missed.
        lead_ms = self._decoded_ms - self._seek_ms if self._seek_ms else self.start_ms
        length_s = self.duration_ms / 1000
        trimmed = f"atrim=start={lead_ms / 1000:.6f}:duration={length_s:.3f}"
        return f"{_PLACED},{trimmed},asetpts=PTS-STARTPTS"


def _coded(track: AudioTrack) -> tuple[str, ...]:
    return (
        *("-map", f"0:a:{track.index}", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-ac", "1" if is_mono(track.channel_layout) else "2", "-ar", "48000"),
        *("-c:a", "libopus", "-b:a", str(_BITS_A_S), "-threads", "1"),
        *("-fflags", "+bitexact", "-nostats"),
    )
