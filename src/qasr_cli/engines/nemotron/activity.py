"""Likelihoods frame by frame to stretches in which the same voices speak."""

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VoiceActivity

# Source: the library's `extract_speaker_dict`, by default.
_SPEAKS = 0.5
_MOST = 255


class ActivityNotes:
    """Takes frames in order, some at a time; 16 bytes a stretch.

    A stretch ends where a voice begins or ends, and with what is taken at a time.
    """

    def __init__(self, *, voice_count: int) -> None:
        self._voice_count = voice_count
        self._stretches_ms = bytearray()
        self._likelihoods = bytearray()

    def add(self, likelihoods: npt.NDArray[np.float32], edges_ms: npt.NDArray[np.int64]) -> None:
        """Note frames.

        Args:
            likelihoods: of each frame and voice, from 0 to 1.
            edges_ms: where each frame begins, and where the last one ends.
        """
        speaks = likelihoods > _SPEAKS
        changes = np.flatnonzero((speaks[1:] != speaks[:-1]).any(axis=1)) + 1
        edges = np.concatenate(([0], changes, [len(speaks)]))
        for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if speaks[first].any():
                mean = likelihoods[first:stop].mean(axis=0, dtype=np.float64)
                stretch_ms = np.array([edges_ms[first], edges_ms[stop]], "<i4")
                self._stretches_ms += stretch_ms.tobytes()
                self._likelihoods += np.rint(mean * _MOST).astype(np.uint8).tobytes()

    def so_far(self) -> VoiceActivity:
        """All that was noted."""
        return VoiceActivity(
            voice_count=self._voice_count,
            stretches_ms=bytes(self._stretches_ms),
            likelihoods=bytes(self._likelihoods),
        )

    def restore(self, activity: VoiceActivity) -> None:
        """Go on behind what another one noted.

        Raises:
            ValueError: it knows another number of voices.
        """
        if activity.voice_count != self._voice_count:
            raise ValueError("another number of voices")
        self._stretches_ms = bytearray(activity.stretches_ms)
        self._likelihoods = bytearray(activity.likelihoods)
