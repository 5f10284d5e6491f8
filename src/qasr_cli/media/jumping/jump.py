"""The sound of a stretch without all that is before it; or nothing, where that is not sure."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import DecodeError
from qasr_cli.media.decoding.file_parts import parts_by_structure
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.decoding.track import Irregular, TrackDecoder
from qasr_cli.media.jumping.landmarks import Landmark, Landmarks
from qasr_cli.media.pcm import Pcm, without_damage

_LEAD_S = 2  # after which every decoder has forgotten that it began in the middle
_SEARCHED_SAMPLES = SAMPLE_RATE_HZ // 2  # as far as a jump may miss, to either side
_MOST_OFF_SAMPLES = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Where a decoder that was sent to a time really goes on.

    Attributes:
        seek_s: the time to send it to.
        first_sample: of what it gives then.
    """

    seek_s: int
    first_sample: int

    @property
    def miss_s(self) -> float:
        """By how much what it gives is later than it should be."""
        return self.first_sample / SAMPLE_RATE_HZ - self.seek_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumper:
    """Jumps inside one recording.

    Attributes:
        fd: a descriptor that can seek; its position is changed.
        track: the one whose mix was heard for the landmarks.
        sample_count: of all of its sound.
        on_look: called again and again; it may raise, to end this.
    """

    fd: int
    path: str
    found: Probe
    track: AudioTrack
    landmarks: Landmarks
    sample_count: int | None
    on_look: Callable[[], None] = lambda: None

    def stretch(self, first_sample: int, end_sample: int, *, channel: int | None) -> Pcm | None:
        """The sound of a stretch; None where it has to be decoded from the beginning.

        What was heard before it and behind it is found at its place; so it is at its own.

        Args:
            channel: index of the one to hear; None = their mix.
        """
        before = self.landmarks.before(first_sample)
        if before is None or len(parts_by_structure(self.fd)) > 1:
            return None
        after = self.landmarks.after(end_sample)
        seek_s = _seek_s(before)
        until = self.sample_count if after is None else after.end_sample + _SEARCHED_SAMPLES
        length = None if after is None or until is None else until - seek_s * SAMPLE_RATE_HZ
        mix = self._decoded(seek_s, length, None)
        jump = None if mix is None else _jump_of(mix, seek_s, before)
        if mix is None or jump is None or not self._is_confirmed(mix, jump, after):
            return None
        sound = mix if channel is None else self._decoded(seek_s, length, channel)
        if sound is None:
            return None
        first = first_sample - jump.first_sample
        return sound[first : end_sample - jump.first_sample]

    def jump_before(self, sample: int) -> Jump | None:
        """A jump to shortly before a sample; None where there is none that is sure."""
        before = self.landmarks.before(sample)
        if before is None or len(parts_by_structure(self.fd)) > 1:
            return None
        seek_s = _seek_s(before)
        length = before.end_sample + _SEARCHED_SAMPLES - seek_s * SAMPLE_RATE_HZ
        mix = self._decoded(seek_s, length, None)
        return None if mix is None else _jump_of(mix, seek_s, before)

    def _is_confirmed(self, mix: Pcm, jump: Jump, after: Landmark | None) -> bool:
        """Whether what is behind the stretch is at its place, too: gaps are the same."""
        if after is not None:
            place = _place_of(after, mix, jump.first_sample)
            # Where samples fall between those of before, either neighbour may be the likest.
            return place is not None and abs(place + jump.first_sample - after.at_sample) <= 1
        end_sample = jump.first_sample + len(mix)
        return self.sample_count is not None and (
            abs(end_sample - self.sample_count) <= _MOST_OFF_SAMPLES
        )

    def _decoded(self, seek_s: int, count: int | None, channel: int | None) -> Pcm | None:
        """So much sound after a jump, None = all of it; None where it goes on in another way."""
        decoder = TrackDecoder(
            self.fd,
            path=self.path,
            part=parts_by_structure(self.fd)[0],
            found=self.found,
            track=self.track,
            channel=channel,
            max_duration_s=max(600.0, (count or 0) / SAMPLE_RATE_HZ),
            seek_s=seek_s,
        )
        decoded, gathered = 0, [np.zeros(0, dtype=np.float32)]
        try:
            with contextlib.closing(decoder.pieces()) as pieces:
                for piece in pieces:
                    self.on_look()
                    gathered.append(piece)
                    decoded += len(piece)
                    if count is not None and decoded >= count:
                        break
        except (Irregular, DecodeError):
            return None
        sound = np.concatenate(gathered)[:count].copy()
        sound[~np.isfinite(sound)] = 0.0
        return without_damage(sound)


def _seek_s(landmark: Landmark) -> int:
    # Whole seconds are whole samples at every rate: the resampler begins in the same phase.
    return max(0, landmark.at_sample // SAMPLE_RATE_HZ - _LEAD_S)


def _jump_of(mix: Pcm, seek_s: int, landmark: Landmark) -> Jump | None:
    expected_sample = seek_s * SAMPLE_RATE_HZ
    place = _place_of(landmark, mix, expected_sample)
    if place is None:
        return None
    return Jump(seek_s=seek_s, first_sample=landmark.at_sample - place)


def _place_of(landmark: Landmark, mix: Pcm, first_sample: int) -> int | None:
    """The place of a landmark in a sound, near to where it should be."""
    expected_place = landmark.at_sample - first_sample
    first = max(0, expected_place - _SEARCHED_SAMPLES)
    end = expected_place + len(landmark.sound) + _SEARCHED_SAMPLES
    place = landmark.place_in(mix[first:end], expected_place=expected_place - first)
    return None if place is None else place + first
