"""What the aligner can do of clips while their words are still being written."""

import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.qwen.aligner import Ahead, Aligner
from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.given_up import GivenUp
from qasr_cli.engines.qwen.lazy_model import LazyModel

_LEAST_THREADS = 2
_MOST_CLIPS = 4  # with more it was not tried
# What is done of a second takes 1.5 MB of memory (0.6B: 13 positions in 28 layers).
_MOST_CLIP_SAMPLES = 60 * SAMPLE_RATE_HZ

_log = logging.getLogger(__name__)


class AlignedAhead:
    """The aligner's work on few clips, by a core that is free meanwhile, as far as it comes.

    Args:
        aligner: on a CPU, and loaded beside the recogniser; None = nothing is made ahead.
    """

    def __init__(self, aligner: LazyModel[Aligner] | None) -> None:
        self._aligner = aligner
        self._beside: Beside | None = None
        self._done: dict[PreparedClip, Ahead] = {}

    def beside(self, clips: Sequence[PreparedClip]) -> AbstractContextManager[Beside | None]:
        """What does it for these clips, once it is told to; None where nothing is gained."""
        aligner, some = self._aligner, [clip for clip in clips if _gains(clip)]
        is_free = torch.get_num_threads() >= _LEAST_THREADS and len(clips) <= _MOST_CLIPS
        if aligner is None or not aligner.stays or not some or not is_free:
            return contextlib.nullcontext()
        self._beside = Beside(
            lambda goes_on: self._make(aligner, some, goes_on), lambda: aligner.is_ready
        )
        return self._beside

    def end(self) -> None:
        """Let what is at work be, and have all cores again."""
        if self._beside is not None:
            self._beside.end()

    def take(self, clip: PreparedClip) -> Ahead | None:
        """What is done of a clip, which is then forgotten."""
        return self._done.pop(clip, None)

    def forget(self) -> None:
        """Forget what nobody took."""
        self._beside = None
        self._done.clear()

    def _make(
        self,
        aligner: LazyModel[Aligner],
        clips: Sequence[PreparedClip],
        goes_on: Callable[[], bool],
    ) -> None:
        try:
            with aligner.in_use() as loaded:
                for clip in clips:
                    self._done[clip] = loaded.ahead(clip, goes_on)
        except GivenUp:
            pass
        except Exception as error:  # noqa: BLE001  # who needs the aligner meets it again, and tells
            _log.debug("nothing is aligned ahead: %r", error)


def _gains(clip: PreparedClip) -> bool:
    return clip.clip.wants_times and clip.clip.span.sample_count <= _MOST_CLIP_SAMPLES
