"""One track of one file, or of a part of it, as samples from an ffmpeg child."""

import time
from collections.abc import Generator, Iterator
from functools import partial
from typing import Literal

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_seconds, samples_from_ms
from qasr_cli.errors import DecodeError, DecoderLost
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.media.decoding.layouts import to_mono
from qasr_cli.media.decoding.log import DecoderLog
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.decoding.timeline import SLACK_SAMPLES, Timeline
from qasr_cli.media.pcm import Pcm

NO_PROGRESS_S = 60.0
_SLOWEST = 5.0  # times the sound's own length: a network drive may be slow, a trickle is refused
_SAMPLE_BYTES = 4

# Where time stamps may jump (AVFMT_TS_DISCONT), ffmpeg counts from the start of the streams that
# are read, not from the start of the file; and it joins what is on two sides of a jump, a frame too
# early at each. Source: libavformat's demuxers; tried with all three.
_MAY_JUMP = frozenset(("mpegts", "mpeg", "ogg"))
_LONGEST_GAP_SAMPLES = samples_from_ms(10_000)  # ffmpeg's own -dts_delta_threshold
# Packets of several frames have one time stamp; the others are counted at the rate before a change.
_PACKET_SAMPLES = samples_from_ms(250)
# Formats without time stamps: the demuxer counts packets, at the rate with which the file begins.
_WITHOUT_TIMES = frozenset(
    ("aac", "ac3", "aiff", "amr", "au", "caf", "eac3", "flac", "mp3", "tta", "w64", "wav", "wv")
)

# A new beginning where time stamps go back by more than 0.1 s (aresample would leave the sound out
# until they are where they were): what follows is moved behind what was. Registers: 0 = how far,
# 1 = where the next frame should begin. `print` tells the log of it.
_FORWARD = (
    r"asetpts='st(0\,if(isnan(PREV_OUTPTS)\,0\,"
    rf"if(lt(PTS+ld(0)\,ld(1)-{samples_from_ms(100)})\,print(ld(1)-PTS\,32)\,ld(0))))\;"
    r"st(2\,PTS+ld(0))\;st(1\,ld(2)+S)\;ld(2)'"
)


_CONVERT = f"aformat=sample_fmts=flt:sample_rates={SAMPLE_RATE_HZ}:channel_layouts=mono"


Way = Literal["regular", "by frames", "from its first frame"]


class Irregular(Exception):  # no error: the sound is to be read in another way
    """The track does not go on as it began: parameters changed, or time stamps went back."""


class TrackDecoder:
    """Decodes one track of a file, or of a part of it, to float32, mono, 16 kHz. Use once.

    Sample 0 is the start of the file, as players count: a track that begins later, and gaps
    inside it, are filled with silence.

    Args:
        part: the part of the file to read.
        channel: index of the one to hear; None = all of them, mixed.
        way: "regular": the track is expected to go on as it begins. That is fast, since ffmpeg
            places the frames; where it turns out wrong, `pieces` ends with `Irregular`, and what it
            gave so far is right. "by frames": each frame is placed here. "from its first frame":
            so, too, and that one is at sample 0, whatever its time stamp.
        seek_s: go on from there, so that sample 0 is there, about: how near, containers do not
            tell. Only in the "regular" way.
        max_duration_s: bounds the processor time of the child.

    Attributes:
        log: what ffmpeg said; complete at the end.
    """

    def __init__(
        self,
        fd: int,
        *,
        path: str,
        part: FilePart,
        found: Probe,
        track: AudioTrack,
        max_duration_s: float,
        channel: int | None = None,
        way: Way = "regular",
        seek_s: int | None = None,
        no_progress_s: float = NO_PROGRESS_S,
    ) -> None:
        self.log = DecoderLog()
        self._fd = fd
        self._path = path
        self._max_duration_s = max_duration_s
        self._no_progress_s = no_progress_s
        self._is_regular = way == "regular"
        may_jump = not _MAY_JUMP.isdisjoint(found.format_names)
        late_ms = track.start_offset_ms if may_jump and seek_s is None else 0
        start_sample = samples_from_ms(ms_from_seconds(found.start_s)) if may_jump else 0
        self._timeline = Timeline(
            first_sample=None if way == "from its first frame" else start_sample,
            heeds_times=_WITHOUT_TIMES.isdisjoint(found.format_names),
            longest_gap=_LONGEST_GAP_SAMPLES if may_jump else None,
            slack=_PACKET_SAMPLES if may_jump else SLACK_SAMPLES,
        )
        mono = to_mono(track.channel_layout, channel)
        filters = _placing(mono, -samples_from_ms(late_ms)) if self._is_regular else _telling(mono)
        read_so = partial(input_arguments, ffmpeg_path(), fd, part=part, seek_s=seek_s)
        self._arguments = [
            *read_so(verbosity="level+verbose"),
            *(("-copyts",) if may_jump and not self._is_regular else ()),
            *("-map", f"0:a:{track.index}", "-af", filters),
            # Written in large pieces, not packet by packet: a tenth of the writes and reads.
            *("-nostats", "-flush_packets", "0", "-f", "f32le", "-"),
        ]

    @property
    def timeline(self) -> Timeline:
        """Where frames were placed, where that was done here."""
        return self._timeline

    def pieces(self) -> Generator[Pcm]:
        """The samples in order, in pieces of any length. Closing the iterator ends the child.

        Raises:
            DecodeError: ffmpeg stopped; also after good pieces. `DecoderLost`: it was ended, or
                does not go on.
            Irregular: as above.
        """
        # Sound of 8 channels at 192 kHz is decoded 30 times faster than it plays.
        cpu_limit_s = round(60 + self._max_duration_s / 5)
        with Child(
            self._arguments, fd=self._fd, cpu_limit_s=cpu_limit_s, on_error_output=self.log.add
        ) as child:
            try:
                written = self._written(child)
                yield from (
                    self._whole_samples(written) if self._is_regular else self._placed(written)
                )
                status = child.finish(self._no_progress_s)
            except TimeoutError as error:
                reason = f"ffmpeg makes no progress ({self._no_progress_s:g} s)"
                raise DecoderLost(self._path, reason) from error
            self._check_is_regular()
            if status < 0:
                raise DecoderLost(self._path, f"ffmpeg was ended by signal {-status}")
            if status > 0:
                raise DecodeError(self._path, self.log.complaint or f"ffmpeg ended with {status}")

    def _written(self, child: Child) -> Iterator[bytes]:
        """What the child writes, while it writes it fast enough."""
        waited_s = 0.0  # the consumer's own time does not count
        byte_count = 0
        while True:
            asked_s = time.monotonic()
            piece = child.read(self._no_progress_s)
            waited_s += time.monotonic() - asked_s
            self._check_is_regular()
            if not piece:
                return
            sound_s = byte_count / _SAMPLE_BYTES / SAMPLE_RATE_HZ
            if waited_s > self._no_progress_s + _SLOWEST * sound_s:
                raise TimeoutError
            byte_count += len(piece)
            yield piece

    def _check_is_regular(self) -> None:
        # The child tells of it before it writes what comes of it, and `read` heeds that order.
        if self._is_regular and (self.log.is_reconfigured or self.log.jump_count):
            raise Irregular

    def _whole_samples(self, written: Iterator[bytes]) -> Iterator[Pcm]:
        pending = b""
        for piece in written:
            pending += piece
            whole = len(pending) - len(pending) % _SAMPLE_BYTES
            yield np.frombuffer(pending[:whole], dtype="<f4")
            pending = pending[whole:]

    def _placed(self, written: Iterator[bytes]) -> Iterator[Pcm]:
        """The same, each frame at its time."""
        pending = b""
        for piece in written:
            pending += piece
            frames = self.log.frames
            while frames and len(pending) >= frames[0].sample_count * _SAMPLE_BYTES:
                frame = frames.popleft()
                size = frame.sample_count * _SAMPLE_BYTES
                gap = self._timeline.gap_before(frame.at_sample, frame.sample_count)
                if gap > 0:
                    yield from silence(gap)
                yield np.frombuffer(pending[:size], dtype="<f4")[max(0, -gap) :]
                pending = pending[size:]


def silence(count: int) -> Iterator[Pcm]:
    """So many samples of it, in pieces of a minute at most."""
    minute = 60 * SAMPLE_RATE_HZ
    for start in range(0, count, minute):
        yield np.zeros(min(minute, count - start), np.float32)


def _placing(to_mono: str, first_sample: int) -> str:
    """Filters that convert, then put every sample at its time.

    In this order, since aresample keeps a whole gap in memory: here 230 MB an hour, before the
    conversion six times that for 48 kHz stereo. Without gaps it changes no sample. In the end
    frames of a second, since ffmpeg's threads hand over frame by frame (mp3: a quarter of the
    time).

    Args:
        first_sample: time stamp of the first sample that is wanted.
    """
    return (
        f"{to_mono}{_CONVERT},{_FORWARD},aresample=async=1:first_pts={first_sample},"
        f"asetnsamples=n={SAMPLE_RATE_HZ}:p=0"
    )


def _telling(to_mono: str) -> str:
    """Filters that convert, and tell of each frame.

    Where a track changes its parameters, ffmpeg begins its filters anew: those above would put all
    time before it there once more, and lose what they hold back.
    """
    return f"{to_mono}{_CONVERT},ashowinfo"
