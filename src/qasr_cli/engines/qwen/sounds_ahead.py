"""Clips as the aligner hears them, made while their words are still being written."""

import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch

from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.model.encoder import GivenUp

# With more clips at once all cores are busy.
_MOST_CLIPS = 3
_LEAST_THREADS = 2

_log = logging.getLogger(__name__)


class SoundsAhead:
    """What the aligner's encoder makes of few clips, by a core that is free meanwhile.

    Args:
        aligner: on a CPU, and loaded beside the recogniser; None = nothing is made ahead.
    """

    def __init__(self, aligner: LazyModel[Aligner] | None) -> None:
        self._aligner = aligner
        self._sounds: dict[PreparedClip, torch.Tensor] = {}

    def beside(self, clips: Sequence[PreparedClip]) -> AbstractContextManager[Beside | None]:
        """What makes those of these clips, once it is told to; None where nothing is gained."""
        some = [clip for clip in clips if clip.clip.wants_times]
        can_gain = self._aligner is not None and torch.get_num_threads() >= _LEAST_THREADS
        if not can_gain or not some or len(clips) > _MOST_CLIPS:
            return contextlib.nullcontext()
        return Beside(lambda goes_on: self._make(some, goes_on))

    def take(self, clip: PreparedClip) -> torch.Tensor | None:
        """That of a clip, which is then forgotten; None where it was not made."""
        return self._sounds.pop(clip, None)

    def forget(self) -> None:
        """Forget those that nobody took."""
        self._sounds.clear()

    def _make(self, clips: Sequence[PreparedClip], goes_on: Callable[[], bool]) -> None:
        if self._aligner is None:
            return
        torch.set_num_threads(1)  # of this thread
        try:
            with self._aligner.in_use() as aligner:
                for clip in clips:
                    self._sounds[clip] = aligner.encoded(clip, goes_on)
        except GivenUp:
            pass
        except Exception as error:  # noqa: BLE001  # who needs the aligner meets it again, and tells
            _log.debug("no sounds ahead: %r", error)
