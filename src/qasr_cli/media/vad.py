"""How likely each frame of a recording is speech. Models and measures, no decisions."""

import functools
import importlib.util
import os
from typing import Literal, Protocol, assert_never

import numpy as np
import numpy.typing as npt
import onnxruntime

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import UsageError
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.pydub_bridge import segment_from_pcm

FRAME_SAMPLES = 512  # silero's frame at 16 kHz: 32 ms
FRAME_MS = FRAME_SAMPLES * 1000 // SAMPLE_RATE_HZ
MODEL_FILE = "silero_vad_16k_sequence.onnx"


class SpeechDetector(Protocol):
    """Listens to one recording from its beginning, frame after frame; made anew for each."""

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """Probability of speech, shape (n,), of the next n frames, shape (n, FRAME_SAMPLES)."""
        ...


def detector_for(kind: Literal["silero", "energy"]) -> SpeechDetector:
    """A fresh detector.

    Raises:
        UsageError: silero's model is not installed.
    """
    match kind:
        case "silero":
            return SileroDetector()
        case "energy":
            return EnergyDetector()
        case _:
            assert_never(kind)


class SileroDetector:
    """Silero VAD, its sequence model on onnxruntime, one thread.

    Frames are seen with the end of the frame before and with the network's memory of all before
    that, so it does not matter how many come at a time.

    Source: silero-vad 6.2, `sequence_vad.py` (64 samples of context; h and c of [1, 1, 128]). Not
    through its package, whose import loads torch and leaves it with one thread.
    """

    def __init__(self) -> None:
        self._session = _silero_session()
        self._context = np.zeros((1, 64), np.float32)
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """Probability of speech of the next frames."""
        frames = frames.clip(-1.0, 1.0)
        tails = frames[:, -self._context.shape[1] :]
        contexts = np.concatenate((self._context, tails[:-1]))
        probabilities, self._hidden, self._cell = self._session.run(
            ["speech_probs", "hn", "cn"],
            {
                "input": np.concatenate((contexts, frames), axis=1),
                "h": self._hidden,
                "c": self._cell,
            },
        )
        self._context = tails[-1:].copy()
        return np.asarray(probabilities, np.float32).reshape(-1)


@functools.cache
def _silero_session() -> onnxruntime.InferenceSession:
    package = importlib.util.find_spec("silero_vad")
    if package is None or not package.submodule_search_locations:
        raise UsageError("--vad silero needs the package silero-vad; --vad energy does not")
    path = os.path.join(package.submodule_search_locations[0], "data", MODEL_FILE)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])


class EnergyDetector:
    """Loud or not, by pydub's levels: 1.0 for a frame near the loudness of its surroundings.

    Knows nothing of speech: music and steady noise count. Errs towards speech, since a clip of
    noise costs time and a lost sentence is lost.
    """

    _BELOW_MEAN_DB = 16.0  # the margin that pydub's documentation suggests
    _SILENCE_DBFS = -50.0  # below this it is quiet, whatever the surroundings

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """1.0 or 0.0 for each of the next frames; they are each other's surroundings."""
        window = segment_from_pcm(frames.reshape(-1))
        threshold_dbfs = max(window.dBFS - self._BELOW_MEAN_DB, self._SILENCE_DBFS)
        # As pydub would measure each frame, and in a third of the time.
        samples = np.frombuffer(window.raw_data, "<i2").reshape(frames.shape)
        loudness = np.floor(np.sqrt(np.mean(np.square(samples, dtype=np.float64), axis=1)))
        with np.errstate(divide="ignore"):  # nothing at all is -inf dB
            levels_dbfs = 20 * np.log10(loudness / window.max_possible_amplitude)
        return np.asarray(levels_dbfs >= threshold_dbfs, np.float32)
