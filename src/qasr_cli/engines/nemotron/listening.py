"""A recording heard from its beginning to its end, in the steps of the library's offline mode.

The model is given the same frames as if it had the whole recording at once: a step of half a
minute, a few seconds behind it, and what it remembers. So memory holds one step.
"""

from collections import deque

import numpy as np
import numpy.typing as npt
import torch

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.engines.nemotron import speaker_cache
from qasr_cli.engines.nemotron.activity import ActivityNotes
from qasr_cli.engines.nemotron.model import NemotronModel

_MS = 1000


class NemotronListener:
    """Hears one recording; see `engines.diarizers.Listener`."""

    def __init__(self, model: NemotronModel) -> None:
        config, extractor = model.config, model.extractor
        self._model = model
        self._factor: int = config.audio_config.subsampling_factor  # frames an encoder frame
        self._length: int = config.chunk_length  # of a step, in encoder frames, as the next two
        self._ahead: int = config.chunk_right_context
        self._back: int = config.chunk_left_context
        self._hop: int = extractor.hop_length  # samples from a frame to the next
        self._half: int = extractor.n_fft // 2
        self._sound = _HeldSound(before_count=self._half)
        self._cache = model.empty_cache()
        self._notes = ActivityNotes(voice_count=config.head_config.num_speakers)
        self._step_count = 0

    @property
    def step_count(self) -> int:
        """Steps that are done."""
        return self._step_count

    def hear(self, pcm: npt.NDArray[np.float32]) -> None:
        """Take the next sound."""
        self._sound.add(pcm)
        while self._needed_count() <= self._sound.heard_count:
            self._do_step(self._length + self._ahead, ahead_count=self._ahead)

    def finish(self) -> VoiceActivity:
        """Who speaks when, with the steps that are left."""
        while (left := self._left_count()) > 0:
            ahead_count = max(0, min(left - self._length, self._ahead))
            self._do_step(min(left, self._length + self._ahead), ahead_count=ahead_count)
        return self.activity()

    def activity(self) -> VoiceActivity:
        """Who speaks when, as far as it is known."""
        return self._notes.so_far()

    def state(self) -> bytes:
        """What to remember, to go on later."""
        return speaker_cache.bytes_from_cache(self._cache, step_count=self._step_count)

    def restore(self, state: bytes, activity: VoiceActivity) -> None:
        """Go on where another one was.

        Raises:
            ValueError: that is no state of this model.
        """
        cache, step_count = speaker_cache.cache_from_bytes(state, self._model.config)
        self._notes.restore(activity)
        self._cache, self._step_count = cache, step_count
        self._sound.drop_before(self._first_sample(self._first_frame()))

    def _begin(self) -> int:
        """The first encoder frame of the next step."""
        return self._step_count * self._length

    def _first_frame(self) -> int:
        """The first frame that the next step listens to."""
        return max(0, self._begin() - self._back) * self._factor

    def _first_sample(self, frame: int) -> int:
        """The first sample of a frame's window, which is around its place."""
        return frame * self._hop - self._half

    def _needed_count(self) -> int:
        """Samples without which the next step is not whole."""
        last = (self._begin() + self._length + self._ahead) * self._factor - 1
        return last * self._hop + self._half

    def _left_count(self) -> int:
        """Encoder frames from the next step on, where all sound was heard."""
        frame_count = self._sound.heard_count // self._hop - self._begin() * self._factor
        return -(-frame_count // self._factor)

    def _do_step(self, count: int, *, ahead_count: int) -> None:
        """The next step, of so many encoder frames."""
        begin, first_frame = self._begin(), self._first_frame()
        last_frame = (begin + count) * self._factor - 1
        stop_sample = self._first_sample(last_frame) + 2 * self._half
        sound = self._sound.between(self._first_sample(first_frame), stop_sample)
        features = self._features(sound, is_end=stop_sample > self._sound.heard_count)
        likelihoods, self._cache = self._model.step(
            features,
            self._cache,
            back_count=begin - first_frame // self._factor,
            ahead_count=ahead_count,
        )
        frames = begin * self._factor + np.arange(len(likelihoods) + 1, dtype=np.int64)
        self._notes.add(likelihoods, frames * self._hop * _MS // SAMPLE_RATE_HZ)
        self._step_count += 1
        self._sound.drop_before(self._first_sample(self._first_frame()))

    def _features(self, sound: npt.NDArray[np.float32], *, is_end: bool) -> torch.Tensor:
        made = self._model.extractor(
            sound,
            sampling_rate=SAMPLE_RATE_HZ,
            center=False,  # what is around a frame is given
            is_last_audio_chunk=is_end,
            return_tensors="pt",
        )
        features: torch.Tensor = made["input_features"][:, : int(made["attention_mask"].sum())]
        return features


class _HeldSound:
    """Sound by its place in the recording, as far as somebody still wants it.

    Args:
        before_count: samples of silence before the recording.
    """

    def __init__(self, *, before_count: int) -> None:
        self._blocks: deque[npt.NDArray[np.float32]] = deque([np.zeros(before_count, np.float32)])
        self._first_sample = -before_count
        self._wanted_from_sample = -before_count
        self.heard_count = 0

    def add(self, pcm: npt.NDArray[np.float32]) -> None:
        """Take what comes next."""
        self._blocks.append(np.array(pcm, np.float32))
        self.heard_count += len(pcm)
        self._drop()

    def between(self, start_sample: int, end_sample: int) -> npt.NDArray[np.float32]:
        """The sound of a stretch that was not dropped, as far as it was heard."""
        joined = np.concatenate(self._blocks)
        self._blocks = deque([joined])
        return joined[start_sample - self._first_sample : end_sample - self._first_sample]

    def drop_before(self, wanted_from_sample: int) -> None:
        """Hold nothing of what is before; also of what is still to come."""
        self._wanted_from_sample = wanted_from_sample
        self._drop()

    def _drop(self) -> None:
        while self._blocks and self._first_sample < self._wanted_from_sample:
            first = self._blocks.popleft()
            gone_count = min(len(first), self._wanted_from_sample - self._first_sample)
            self._first_sample += gone_count
            if gone_count < len(first):
                self._blocks.appendleft(first[gone_count:].copy())
