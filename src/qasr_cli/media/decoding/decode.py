"""One audio track as a stream of samples, from an ffmpeg child. Bounded memory at any length."""

import re
import time
from collections.abc import Generator, Iterator

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ, samples_from_ms
from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.errors import AudioTooLong, DecodeError, DecoderLost
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.pcm import Pcm

BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ
NO_PROGRESS_S = 60.0
_SLOWEST = 5.0  # times the sound's own length: a network drive may be slow, a trickle is refused
_SAMPLE_BYTES = 4

# Where time stamps may jump (AVFMT_TS_DISCONT), ffmpeg counts from the start of the streams that
# are read, not from the start of the file. Source: libavformat's demuxers; tried with all three.
_COUNTS_FROM_TRACK = frozenset(("mpegts", "mpeg", "ogg"))
_NAMELESS_CHANNELS = re.compile(r"(\d{1,3}) channels")  # of recorders with many microphones


class Decoder:
    """Turns one audio track into blocks: float32, mono, 16 kHz, finite, in [-1, 1].

    Sample 0 is the start of the file, as players count: a track that begins later, and gaps
    inside it, are filled with silence.

    Args:
        channel: the one to hear; None = all of them, mixed.

    Attributes:
        sample_count: samples given out so far.
        repaired_count: samples that were no numbers (NaN, infinite) and became silence.
        complaint: one line about damage that ffmpeg passed over, "" for none; known at the end.
    """

    def __init__(
        self,
        fd: int,
        *,
        path: str,
        found: Probe,
        track: AudioTrack,
        max_duration_s: float,
        channel: Channel | None = None,
        no_progress_s: float = NO_PROGRESS_S,
    ) -> None:
        self.sample_count = 0
        self.repaired_count = 0
        self.complaint = ""
        self._fd = fd
        self._path = path
        self._max_duration_s = max_duration_s
        self._no_progress_s = no_progress_s
        self._arguments = [
            *input_arguments(ffmpeg_path(), fd, verbosity="error"),
            *("-map", f"0:a:{track.index}", "-af", _filters(found, track, channel)),
            # Written in large pieces, not packet by packet: a tenth of the writes and reads.
            *("-flush_packets", "0", "-f", "f32le", "-"),
        ]

    def blocks(self) -> Generator[Pcm]:
        """The blocks in order, `BLOCK_SAMPLES` long but for the last. Once only.

        Closing the iterator ends the child.

        Raises:
            DecodeError: ffmpeg stopped; also after good blocks. `DecoderLost`: it was ended, or
                does not go on.
            AudioTooLong: there is more than `max_duration_s`.
        """
        # Sound of 8 channels at 192 kHz is decoded 30 times faster than it plays.
        cpu_limit_s = round(60 + self._max_duration_s / 5)
        with Child(self._arguments, fd=self._fd, cpu_limit_s=cpu_limit_s) as child:
            try:
                yield from self._blocks_of(child)
                status = child.finish(self._no_progress_s)
            except TimeoutError as error:
                reason = f"ffmpeg makes no progress ({self._no_progress_s:g} s)"
                raise DecoderLost(self._path, reason) from error
            if status < 0:
                raise DecoderLost(self._path, f"ffmpeg was ended by signal {-status}")
            if status > 0:
                reason = child.complaints.reason or f"ffmpeg ended with {status}"
                raise DecodeError(self._path, reason)
            self.complaint = child.complaints.reason

    def _blocks_of(self, child: Child) -> Iterator[Pcm]:
        block_bytes = BLOCK_SAMPLES * _SAMPLE_BYTES
        pending = bytearray()
        waited_s = 0.0  # the consumer's own time does not count
        while True:
            asked_s = time.monotonic()
            piece = child.read(self._no_progress_s)
            waited_s += time.monotonic() - asked_s
            if not piece:
                break
            if waited_s > self._no_progress_s + _SLOWEST * self.sample_count / SAMPLE_RATE_HZ:
                raise TimeoutError
            pending += piece
            if len(pending) >= block_bytes:
                yield self._block(pending[:block_bytes])
                del pending[:block_bytes]
        if len(pending) >= _SAMPLE_BYTES:
            yield self._block(pending[: len(pending) // _SAMPLE_BYTES * _SAMPLE_BYTES])

    def _block(self, data: bytearray) -> Pcm:
        block = np.frombuffer(data, dtype="<f4").astype(np.float32)
        self.sample_count += len(block)
        if self.sample_count > self._max_duration_s * SAMPLE_RATE_HZ:
            raise AudioTooLong(self._path, self._max_duration_s)
        is_bad = ~np.isfinite(block)
        self.repaired_count += int(np.count_nonzero(is_bad))
        block[is_bad] = 0.0
        # Float files may go past full scale, resampling a little, garbage by far.
        return np.clip(block, -1.0, 1.0, out=block)


def _filters(found: Probe, track: AudioTrack, channel: Channel | None) -> str:
    """Convert, then put every sample at its time.

    In this order, since aresample keeps a whole gap in memory: here 230 MB an hour, before the
    conversion six times that for 48 kHz stereo. Without gaps it changes no sample. In the end
    frames of a second, since ffmpeg's threads hand over frame by frame (mp3: a quarter of the
    time).
    """
    counts_from_track = not _COUNTS_FROM_TRACK.isdisjoint(found.format_names)
    first_sample = -samples_from_ms(track.start_offset_ms) if counts_from_track else 0
    return (
        f"{_to_mono(track.channel_layout, channel)}"
        f"aformat=sample_fmts=flt:sample_rates={SAMPLE_RATE_HZ}:channel_layouts=mono,"
        f"aresample=async=1:first_pts={first_sample},"
        f"asetnsamples=n={SAMPLE_RATE_HZ}:p=0"
    )


def _to_mono(channel_layout: str, channel: Channel | None) -> str:
    """One channel; or the mean of all, where ffmpeg does not know them and would give up."""
    if channel is not None:
        return f"pan=mono|c0=c{CHANNELS.index(channel)},"
    nameless = _NAMELESS_CHANNELS.fullmatch(channel_layout)
    if nameless is None:
        return ""
    count = int(nameless[1])
    return f"pan=mono|c0={'+'.join(f'{1 / count:.6f}*c{index}' for index in range(count))},"
