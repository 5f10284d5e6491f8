"""Log-mel features, made for each clip alone, so that no clip depends on its neighbours.

A batch extracted in one go does: its mask gains a frame, its padding is the log-mel of silence in
place of zeros and bleeds through the convolutions, and the last frame mirrors the padding.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from qasr_cli.core.full_scale import within_full_scale
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.errors import RecognitionError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedClip:
    """A clip as both models take it.

    Attributes:
        mel: float32, CPU, shape (mel bins, frames), frames of 10 ms zero-padded to a whole number
            of the encoder's chunks.
        frame_count: frames that the clip has without the padding.
        audio_token_count: places that the clip takes in a prompt.
    """

    clip: Clip
    mel: torch.Tensor
    frame_count: int
    audio_token_count: int


class Extractor(Protocol):
    """Makes features of the sound of one clip: `LogMel`, or the library's extractor.

    Attributes:
        n_window: half the frames of a chunk.
    """

    n_window: int

    def __call__(
        self,
        sound: np.ndarray,
        /,
        *,
        sampling_rate: int,
        padding: str,
        return_attention_mask: bool,
    ) -> Mapping[str, Any]:
        """`input_features`, shape (1, mel bins, frames); `attention_mask`, shape (1, frames)."""
        ...


def prepare(clip: Clip, extractor: Extractor) -> PreparedClip:
    """The clip with its features. A clip below 0.5 s is padded to that, as in training.

    Sound past full scale is divided by its peak, clip by clip: a clip is what the models hear as
    one, and the peak of a recording is known only at its end.

    Raises:
        RecognitionError: a sample is not finite; the models would answer with nonsense, silently.
    """
    if not np.isfinite(clip.pcm).all():
        raise RecognitionError(clip.clip_id, "its sound holds samples that are not finite")
    batch = extractor(
        within_full_scale(clip.pcm),
        sampling_rate=SAMPLE_RATE_HZ,
        padding="longest",
        return_attention_mask=True,
    )
    frame_count = int(batch["attention_mask"].sum())
    return PreparedClip(
        clip=clip,
        mel=batch["input_features"][0],
        frame_count=frame_count,
        audio_token_count=_audio_token_count(frame_count, 2 * extractor.n_window),
    )


class FeatureMaker:
    """Makes the features of clips, each once.

    Args:
        thread_count: threads that make those of clips which are expected; 0 = they are made when
            they are asked for, in the thread that asks.
    """

    def __init__(self, *, thread_count: int) -> None:
        self._extractor: Extractor | None = None
        self._made: dict[str, PreparedClip] = {}
        self._expected: dict[str, Future[PreparedClip]] = {}
        self._threads = (
            ThreadPoolExecutor(thread_count, thread_name_prefix="qasr-features")
            if thread_count
            else None
        )

    def begin(self, clips: Iterable[Clip], extractor: Extractor) -> None:
        """Begin with clips that will be asked for; the extractor serves all that come later."""
        self._extractor = extractor
        for clip in clips:
            self.expect(clip)

    def expect(self, clip: Clip) -> None:
        """Begin with one more clip, once there is an extractor."""
        if self._threads is None or self._extractor is None or clip.clip_id in self._expected:
            return
        self._expected[clip.clip_id] = self._threads.submit(prepare, clip, self._extractor)

    def of(self, clip: Clip) -> PreparedClip:
        """The features of a clip.

        Raises:
            RecognitionError: a sample is not finite.
        """
        if self._extractor is None:
            raise TypeError("features are asked for before they are begun")
        made = self._made.get(clip.clip_id)
        if made is None or made.clip is not clip:
            expected = self._expected.pop(clip.clip_id, None)
            made = None if expected is None else expected.result()
            if made is None or made.clip is not clip:
                made = prepare(clip, self._extractor)
            self._made[clip.clip_id] = made
        return made

    def forget(self, clips: Iterable[Clip]) -> None:
        """Drop what is kept of clips that are done."""
        for clip in clips:
            self._made.pop(clip.clip_id, None)
            self._expected.pop(clip.clip_id, None)

    def close(self) -> None:
        """Begin nothing more."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _audio_token_count(frame_count: int, chunk_frame_count: int) -> int:
    """Three convolutions of stride 2 halve each chunk of frames three times, rounding up."""
    chunk_count, rest_count = divmod(frame_count, chunk_frame_count)
    return chunk_count * -(-chunk_frame_count // 8) + -(-rest_count // 8)
