"""A voice model of a few operators in ONNX, written byte by byte, and sound of "voices" for it.

It tells apart where in the spectrum a sound flutters, which is enough to follow two such sounds
through a whole run where the real model is not to be had.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from qasr_cli.checkpoints import catalog
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.voice_types import VECTOR_SIZE

BIN_COUNT = 80
_FLOAT = 1
_LOWEST_BIN = 24


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    rest, low = value >> 7, value & 0x7F
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes | str) -> bytes:
    """A field of a message: a number, a text, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(kind: str, inputs: Sequence[str], output: str, *, more: bytes = b"") -> bytes:
    """An operator in a graph."""
    return b"".join(field(1, each) for each in inputs) + field(2, output) + field(4, kind) + more


def tensor(name: str, values: npt.NDArray[np.float32], *, more: bytes = b"") -> bytes:
    """Weights in a graph."""
    dimensions = b"".join(field(1, size) for size in values.shape)
    raw = values.astype("<f4").tobytes()
    return dimensions + field(2, _FLOAT) + field(8, name) + field(9, raw) + more


def _value(name: str, *sizes: int | str) -> bytes:
    dimensions = b"".join(
        field(1, field(1, size) if isinstance(size, int) else field(2, size)) for size in sizes
    )
    shape = field(1, field(1, _FLOAT) + field(2, dimensions))
    return field(1, name) + field(2, shape)


def model_bytes(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes] = (),
    *,
    size: int = VECTOR_SIZE,
    more: bytes = b"",
) -> bytes:
    """An ONNX file from `x` (windows, frames, bins) to `embedding`."""
    graph = (
        b"".join(field(1, each) for each in nodes)
        + field(2, "voices")
        + b"".join(field(5, each) for each in tensors)
        + field(11, _value("x", "N", "T", BIN_COUNT))
        + field(12, _value("embedding", "N", size))
    )
    opset = field(1, "") + field(2, 17)
    return field(1, 8) + field(7, graph) + field(8, opset) + more


def voice_model_bytes(*, size: int = VECTOR_SIZE) -> bytes:
    """A model that tells apart where in the spectrum a sound flutters."""
    directions = np.random.default_rng(3).standard_normal((BIN_COUNT, size))
    heard = np.arange(BIN_COUNT) >= _LOWEST_BIN  # below, a bin is so narrow that any noise flutters
    centred = (np.diag(heard) - np.outer(heard, heard) / heard.sum()) @ directions
    axes = field(5, field(1, "axes") + field(8, 1) + field(20, 7))
    flat = field(5, field(1, "keepdims") + field(3, 0) + field(20, 2))
    return model_bytes(
        [
            node("Mul", ("x", "x"), "squares"),
            node("ReduceMean", ("squares",), "flutter", more=axes + flat),
            node("MatMul", ("flutter", "directions"), "embedding"),
        ],
        [tensor("directions", centred.astype(np.float32))],
        size=size,
    )


def write_voice_model(folder: Path, content: bytes | None = None) -> Path:
    """A folder of models that holds it, as `qasr models pull speakers` would put it there."""
    known = catalog.lookup(catalog.SPEAKERS)
    assert known is not None
    path = folder / known.repositories[0] / known.files[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(voice_model_bytes() if content is None else content)
    return path


Turns = Sequence[tuple[float, float, str]]
BANDS_HZ: Mapping[str, tuple[int, int]] = {
    "low": (1000, 1800),
    "middle": (2200, 3200),
    "high": (4000, 6500),
}


def voices_pcm(turns: Turns, *, length_s: float, seed: int = 0) -> npt.NDArray[np.float32]:
    """Sound in which "low", "middle" and "high" take turns (start_s, end_s, who)."""
    chance = np.random.default_rng(seed)
    count = round(length_s * SAMPLE_RATE_HZ)
    seconds = np.arange(count) / SAMPLE_RATE_HZ
    sound = chance.standard_normal(count) * 2e-3
    flutter = 1 + 0.9 * np.sin(2 * np.pi * 5 * seconds)
    for start_s, end_s, who in turns:
        stretch = slice(round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ))
        spectrum = np.fft.rfft(chance.standard_normal(stretch.stop - stretch.start))
        frequencies_hz = np.fft.rfftfreq(stretch.stop - stretch.start, 1 / SAMPLE_RATE_HZ)
        low_hz, high_hz = BANDS_HZ[who]
        spectrum[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0
        band = np.fft.irfft(spectrum, stretch.stop - stretch.start)
        sound[stretch] += 0.2 * band / band.std() * flutter[stretch]
    return np.clip(sound, -1, 1).astype(np.float32)


def write_voices(path: Path, turns: Turns, *, length_s: float, seed: int = 0) -> Path:
    """A WAV of `voices_pcm`."""
    pcm = voices_pcm(turns, length_s=length_s, seed=seed)
    soundfile.write(path, pcm, SAMPLE_RATE_HZ)
    return path
