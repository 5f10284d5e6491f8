"""The outline of a recording, for pictures of it."""

import contextlib
import os
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track, drawn_channel
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

FRAMES_A_S = 100
_FRAME_SAMPLES = SAMPLE_RATE_HZ // FRAMES_A_S


class Outline(NamedTuple):
    """A recording's outline.

    Attributes:
        frames: the loudest sample of every hundredth of a second, as 0 to 255.
        sample_count: of its decoded sound.
        landmarks: of the same sound.
    """

    frames: bytes
    sample_count: int
    landmarks: Landmarks


def peaks_of(path: str, *, decode: DecodeOptions, column_count: int) -> bytes:
    """The loudest sample of each of so many equal parts of a recording, as 0 to 255.

    Fewer columns where the recording has fewer hundredths of a second; none where it is empty.

    Raises:
        InputError: it cannot be read or decoded.
    """
    frames = outline_of(path, decode=decode).frames
    return columns_of(
        frames, first_frame=0, end_frame=len(frames), column_count=min(column_count, len(frames))
    )


def outline_of(
    path: str,
    *,
    decode: DecodeOptions,
    landmarks: Landmarks | None = None,
    on_frames: Callable[[bytes], None] = lambda _: None,
) -> Outline:
    """The outline of a recording: of the channel that is heard, where that is one of several.

    Args:
        landmarks: an empty collection, filled while it is made; None = one of its own.
        on_frames: given those of each block; it may raise, to end this.

    Raises:
        InputError: it cannot be read or decoded.
    """
    fd = open_source(path)
    try:
        return _outline(
            fd, path, decode, Landmarks() if landmarks is None else landmarks, on_frames
        )
    finally:
        os.close(fd)


def columns_of(frames: bytes, *, first_frame: int, end_frame: int, column_count: int) -> bytes:
    """The loudest of the frames in each of so many equal parts of a stretch of them.

    Args:
        frames: of an `Outline`.
        first_frame, end_frame: of the stretch, which may go on beyond them: there is silence.
    """
    peaks = np.frombuffer(frames[:end_frame], dtype=np.uint8)
    firsts = np.linspace(first_frame, end_frame, column_count, endpoint=False).astype(int)
    inside = firsts[firsts < len(peaks)]
    columns: npt.NDArray[np.uint8] = np.zeros(column_count, dtype=np.uint8)
    if len(inside):
        columns[: len(inside)] = np.maximum.reduceat(peaks, inside)
    return bytes(columns)


def _outline(
    fd: int,
    path: str,
    decode: DecodeOptions,
    landmarks: Landmarks,
    on_frames: Callable[[bytes], None],
) -> Outline:
    found = probe(fd, path=path)
    track = choose_track(found, decode.audio_track, path=path)
    max_s, channel = decode.max_duration_s, drawn_channel(track, decode.channels)
    new_decoder = partial(Decoder, fd, path=path, found=found, track=track, max_duration_s=max_s)
    frames = bytearray()
    decoder = new_decoder(channel=channel)
    with contextlib.closing(decoder.blocks()) as blocks:
        for block in blocks:
            new = frames_of(block)
            frames += new
            on_frames(new)
            if channel is None:
                landmarks.take_in(block, first_sample=decoder.sample_count - len(block))
    if channel is not None:  # whoever jumps compares with all channels
        _find_landmarks(new_decoder(), landmarks, lambda: on_frames(b""))
    landmarks.end()
    return Outline(frames=bytes(frames), sample_count=decoder.sample_count, landmarks=landmarks)


def _find_landmarks(decoder: Decoder, landmarks: Landmarks, on_look: Callable[[], None]) -> None:
    with contextlib.closing(decoder.blocks()) as blocks:
        for block in blocks:
            landmarks.take_in(block, first_sample=decoder.sample_count - len(block))
            on_look()


def frames_of(block: Pcm) -> bytes:
    """The loudest sample of every hundredth of a second of a block, as 0 to 255."""
    loudness = np.minimum(_frame_peaks(block), 1.0)  # a recording may be past full scale
    return bytes(np.round(loudness * 255).astype(np.uint8))


def _frame_peaks(block: Pcm) -> Pcm:
    padded = np.pad(np.abs(block), (0, -len(block) % _FRAME_SAMPLES))
    peaks: Pcm = padded.reshape(-1, _FRAME_SAMPLES).max(axis=1)
    return peaks
