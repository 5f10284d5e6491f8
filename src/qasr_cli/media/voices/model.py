"""The voice model: windows of sound to vectors, on onnxruntime."""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from qasr_cli.checkpoints.onnx_file import read_model
from qasr_cli.core.voice_types import VECTOR_SIZE
from qasr_cli.errors import ModelLoadError
from qasr_cli.media.voices.features import BIN_COUNT
from qasr_cli.system.memory import give_back_freed_memory

_AT_ONCE = 2  # more are no faster: 4 take 9 MB more, 16 take 60; one by one takes 8 % more time
_DIGITS = 16

Vectors = npt.NDArray[np.float32]


class VoiceModel:
    """Vectors of windows: close together where one person speaks, whatever is said.

    Attributes:
        fingerprint: 16 hex digits that are those of no other model.
    """

    def __init__(self, path: Path, *, thread_count: int) -> None:
        # Read for its checks and its name alone: a session made of bytes takes 28 MB more.
        self.fingerprint = hashlib.sha256(read_model(path)).hexdigest()[:_DIGITS]
        self._session = _session(path, thread_count)
        give_back_freed_memory()
        self._input = self._session.get_inputs()[0].name
        self._check(path)

    def vectors_of(self, windows: Sequence[npt.NDArray[np.float32]]) -> Vectors:
        """A vector of length 1 for each window of log mel energies, of at least 30 frames."""
        vectors = np.zeros((len(windows), VECTOR_SIZE), np.float32)
        by_length: dict[int, list[int]] = {}
        for index, window in enumerate(windows):
            by_length.setdefault(len(window), []).append(index)
        for indices in by_length.values():
            for first in range(0, len(indices), _AT_ONCE):
                some = indices[first : first + _AT_ONCE]
                # The mean of a window is the microphone's, not the voice's.
                batch = np.stack([windows[i] - windows[i].mean(axis=0) for i in some])
                vectors[some] = self._run(batch)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)

    def _run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        (answer,) = self._session.run(None, {self._input: batch})
        return np.asarray(answer, np.float32).reshape(len(batch), -1)

    def _check(self, path: Path) -> None:
        try:
            size = self._run(np.zeros((1, 100, BIN_COUNT), np.float32)).shape[1]
        except (RuntimeError, ValueError) as error:
            raise ModelLoadError(str(path), f"is no voice model: {_line(error)}") from error
        if size != VECTOR_SIZE:
            raise ModelLoadError(str(path), f"gives {size} numbers a voice, not {VECTOR_SIZE}")


def _session(path: Path, thread_count: int) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = thread_count
    settings.inter_op_num_threads = 1
    settings.enable_mem_pattern = False  # windows differ in length: it would keep a plan of each
    settings.log_severity_level = 3  # errors are raised
    try:
        session = onnxruntime.InferenceSession(
            str(path), settings, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its own errors share no other class
        raise ModelLoadError(str(path), f"does not load: {_line(error)}") from error
    if (len(session.get_inputs()), len(session.get_outputs())) != (1, 1):
        raise ModelLoadError(str(path), "is no voice model: it has not one input and one output")
    return session


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@functools.cache
def voice_model(path: Path, *, thread_count: int) -> VoiceModel:
    """The model of a file, loaded once.

    Raises:
        ModelLoadError: it is none, or is damaged.
    """
    return VoiceModel(path, thread_count=thread_count)
