"""Streams of sound: raw samples, or whatever ffmpeg reads from a pipe. Blocks as they come."""

import os
import stat
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import DecodeError, InputError
from qasr_cli.live.sample_rate import RateConverter
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, stream_arguments
from qasr_cli.media.decoding.log import LINE, reason_from
from qasr_cli.media.pcm import FULL_SCALE, Pcm

# A fifth of a second: who reads ahead of a recording still stops soon.
_BLOCK_BYTES = 2 * SAMPLE_RATE_HZ // 5
_LOOK_S = 3600.0  # a stream may be quiet for any time
_CPU_LIMIT_S = 10**7  # of a child: a stream may go on for months
_SAMPLE_BYTES = 2
_KEPT_LINES = 20
_NOTHING = "there is no sound in it"
_OF_PIPES = (
    " (bare samples need --pcm; a container with its index at the end cannot be read from a pipe)"
)


class SoundStream(Protocol):
    """A stream that a thread of its own reads."""

    @property
    def is_file(self) -> bool:
        """True where all of it is there already, so that it waits for whoever reads it."""
        ...

    @property
    def ends_at_once(self) -> bool:
        """False where a read that waits may go on waiting after `end`."""
        ...

    def blocks(self) -> Iterator[Pcm]:
        """The sound, 16 kHz and mono, as soon as it is there; waits for more until its end.

        Raises:
            InputError: it cannot be read, or decoded.
        """
        ...

    def end(self) -> None:
        """End it now, from another thread."""
        ...


class RawStream:
    """Samples of 16 bits, mono, the lower byte first.

    Args:
        descriptor: where they come from.
        name: for messages.
        rate_hz: how many a second.
    """

    def __init__(self, descriptor: int, *, name: str, rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self._descriptor = descriptor
        self._name = name
        self._rate_hz = rate_hz
        self._has_ended = False

    ends_at_once = False

    @property
    def is_file(self) -> bool:
        """True for a file in place of a pipe."""
        return is_regular(self._descriptor)

    def blocks(self) -> Iterator[Pcm]:
        """The sound as it comes; half a sample at the end is none.

        Raises:
            InputError: nothing comes at all, or it cannot be read.
        """
        count = 0
        converter = None if self._rate_hz == SAMPLE_RATE_HZ else RateConverter(self._rate_hz)
        for pcm in _samples(self._pieces()):
            count += len(pcm)
            yield pcm if converter is None else converter.push(pcm)
        if converter is not None:
            yield converter.end()
        if not (count or self._has_ended):
            raise InputError(self._name, _NOTHING)

    def end(self) -> None:
        """Take no more."""
        self._has_ended = True

    def _pieces(self) -> Iterator[bytes]:
        try:
            while not self._has_ended and (piece := os.read(self._descriptor, _BLOCK_BYTES)):
                yield piece
        except OSError as error:
            raise InputError(self._name, error.strerror or str(error)) from error


class ContainerStream:
    """The sound of a stream in any container that ffmpeg reads without going back in it.

    Args:
        descriptor: of the pipe, above the three standard ones; the child reads it.
        name: for messages.
    """

    def __init__(self, descriptor: int, *, name: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._errors: list[str] = []
        self._unfinished = b""
        self._has_ended = False
        binary = ffmpeg_path()
        # It starts with the thread of whoever made it, so that there is something to end.
        self._child = Child(
            stream_arguments(binary, descriptor),
            fd=descriptor,
            cpu_limit_s=_CPU_LIMIT_S,
            on_error_output=self._note,
        )

    ends_at_once = True

    @property
    def is_file(self) -> bool:
        """True for a file in place of a pipe."""
        return is_regular(self._descriptor)

    def blocks(self) -> Iterator[Pcm]:
        """The sound as it comes.

        Raises:
            DecodeError: ffmpeg makes nothing of it, or stopped before its end.
        """
        with self._child:
            count = 0
            for pcm in _samples(self._pieces()):
                count += len(pcm)
                yield pcm
            status = self._child.finish(_LOOK_S)
        if self._has_ended:
            return
        if status or not count:
            reason = reason_from(self._errors) or _NOTHING
            raise DecodeError(self._name, reason + ("" if count or self.is_file else _OF_PIPES))

    def end(self) -> None:
        """End the child."""
        self._has_ended = True
        self._child.end()

    def _pieces(self) -> Iterator[bytes]:
        while True:
            try:
                piece = self._child.read(_LOOK_S)
            except TimeoutError:
                continue
            if not piece:
                return
            yield piece

    def _note(self, piece: bytes) -> None:
        *lines, self._unfinished = (self._unfinished + piece).split(b"\n")
        found = (LINE.match(line.decode(errors="replace")) for line in lines)
        self._errors += [match[3] for match in found if match is not None]
        del self._errors[:-_KEPT_LINES]


def is_regular(descriptor: int) -> bool:
    """Whether a descriptor is of a file on a disk."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _samples(pieces: Iterator[bytes]) -> Iterator[Pcm]:
    odd = b""
    for piece in pieces:
        whole = odd + piece
        count = len(whole) // _SAMPLE_BYTES
        odd = whole[count * _SAMPLE_BYTES :]
        if count:
            yield np.frombuffer(whole, "<i2", count).astype(np.float32) / np.float32(FULL_SCALE)
