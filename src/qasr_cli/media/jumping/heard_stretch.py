"""The sound of a stretch as the models hear it."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.decoding.tracks import choose_channels, choose_track
from qasr_cli.media.heard_sound import HeardSound, heard_sound
from qasr_cli.media.jumping.jump import Jumper
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStretch:
    """A stretch of a recording.

    Attributes:
        landmarks: of the recording; none = it is decoded from the beginning.
        sample_count: of the recording, where that is known.
        on_look: called again and again; it may raise, to end this.
    """

    first_sample: int
    end_sample: int
    landmarks: Landmarks
    sample_count: int | None
    on_look: Callable[[], None]

    def heard_in(self, path: str, decode: DecodeOptions) -> Pcm:
        """Its sound, shorter where the recording ends in it.

        By a jump where that is sure to give the same, else from the beginning.

        Raises:
            InputError: it cannot be decoded.
        """
        fd = open_source(path)
        try:
            found = probe(fd, path=path)
            track = choose_track(found, decode.audio_track, path=path)
            channels = choose_channels(track, decode.channels, path=path)
            source = _Source(
                fd=fd,
                path=path,
                found=found,
                track=track,
                channel=channels[0] if len(channels) == 1 else None,
                longest_s=decode.max_duration_s,
                on_look=self.on_look,
            )
            pcm = self._by_jump(source)
            if pcm is None:
                pcm = source.from_beginning(self.first_sample, self.end_sample)
        finally:
            os.close(fd)
        return pcm

    def _by_jump(self, source: "_Source") -> Pcm | None:
        if self.landmarks.before(self.first_sample) is None:
            return None
        jumper = Jumper(
            fd=source.fd,
            path=source.path,
            found=source.found,
            track=source.track,
            landmarks=self.landmarks,
            sample_count=self.sample_count,
            on_look=self.on_look,
        )
        return jumper.stretch(self.first_sample, self.end_sample, channel=source.channel_index())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A track, and what is heard of it."""

    fd: int
    path: str
    found: Probe
    track: AudioTrack
    channel: Channel | None
    longest_s: float
    on_look: Callable[[], None]

    def channel_index(self) -> int | None:
        """Of the channel that is heard; None = their mix."""
        if self.channel is not None:
            return CHANNELS.index(self.channel)
        if is_mono(self.track.channel_layout):
            return None
        sound = self._sound()
        sound.blocks.close()
        return sound.channel_index

    def from_beginning(self, first_sample: int, end_sample: int) -> Pcm:
        """The sound of a stretch, with all that is before it decoded."""
        pieces, position = [np.zeros(0, dtype=np.float32)], 0
        with contextlib.closing(self._sound().blocks) as blocks:
            for block in blocks:
                self.on_look()
                pieces.append(
                    block[max(0, first_sample - position) : max(0, end_sample - position)]
                )
                position += len(block)
                if position >= end_sample:
                    break
        return np.concatenate(pieces)

    def _sound(self) -> HeardSound:
        return heard_sound(
            self.fd,
            path=self.path,
            found=self.found,
            track=self.track,
            channel=self.channel,
            max_duration_s=self.longest_s,
            on_look=self.on_look,
        )
