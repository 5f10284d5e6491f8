"""Products with 4-bit weights, by onnxruntime's operator MatMulNBits.

An onnxruntime session is made of a model in ONNX's format; the few fields that one operator needs
are written here, since nothing else would need the package that writes them.
Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md (MatMulNBits),
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (numbers of fields), and
https://protobuf.dev/programming-guides/encoding/ (how they are written).
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from qasr_cli.engines.qwen.model.four_bits.quantized import GROUP_SIZE, FourBits

_VARINT, _BYTES = 0, 2
_FLOAT, _UINT8 = 1, 2  # of TensorProto.DataType
_INT = 2  # of AttributeProto.AttributeType
_EXTERNAL = 1  # of TensorProto.DataLocation
# Activations in 8 bits, a scale for each group: off by 0.6 % where 4-bit weights are by 10.
_EIGHT_BIT_ACTIVATIONS = 4
_IR_VERSION, _STANDARD_VERSION, _CONTRIBUTED_VERSION = 8, 17, 1
_CONTRIBUTED = b"com.microsoft"


class NoProducts(Exception):
    """This onnxruntime cannot multiply with 4-bit weights here, or has no memory for them."""


class Matrices:
    """Matrices of 4-bit weights that are multiplied with by one session: it has one set of threads.

    It is made when the first product is wanted, and then holds the weights as the kernels of this
    processor read them. It has as many threads as torch has there; or half of them for few rows,
    which wait for main memory, and for each other (one row, a step of the 0.6B shape: 33 ms with
    one thread, 36 with two).
    """

    def __init__(self, *, for_few_rows: bool) -> None:
        self._for_few_rows = for_few_rows
        self._weights: list[FourBits] = []
        self._run: Callable[..., list[npt.NDArray[np.float32]]] | None = None
        self._lock = threading.Lock()
        self._only_asked = onnxruntime.RunOptions()
        self._only_asked.only_execute_path_to_fetches = True

    @property
    def takes_more(self) -> bool:
        """Whether there was no product yet."""
        return self._run is None

    def add(self, weight: FourBits) -> Callable[[torch.Tensor], torch.Tensor]:
        """One more; multiplies rows, shape (rows, inputs), float32 and contiguous."""
        with self._lock:
            number = len(self._weights)
            self._weights.append(weight)
        name_in, names_out = f"x{number}", [f"y{number}"]

        def product(rows: torch.Tensor) -> torch.Tensor:
            run = self._run or self._made()
            return torch.from_numpy(run(names_out, {name_in: rows.numpy()}, self._only_asked)[0])

        return product

    def _made(self) -> Callable[..., list[npt.NDArray[np.float32]]]:
        with self._lock:
            if self._run is None:
                try:
                    count = torch.get_num_threads()
                    used_count = max(1, count // 2) if self._for_few_rows else count
                    session = _session(self._weights, used_count)
                except Exception as error:  # onnxruntime's own kinds of errors have no name
                    raise NoProducts(str(error)) from error
                # What its own method does on top costs as much again as a small product.
                self._run = session._sess.run  # noqa: SLF001
                self._weights.clear()
            return self._run


def _session(weights: Sequence[FourBits], thread_count: int) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = thread_count, 1
    # Threads that wait for work would take the cores of torch's.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.enable_cpu_mem_arena = settings.enable_mem_pattern = False
    settings.log_severity_level = 3  # errors are raised
    names, values = [], []
    for number, weight in enumerate(weights):
        names += [f"{name}{number}" for name, _, _ in _parts(weight)]
        values += [onnxruntime.OrtValue.ortvalue_from_numpy(part) for _, _, part in _parts(weight)]
    settings.add_external_initializers(names, values)
    return onnxruntime.InferenceSession(
        _model(weights), settings, providers=["CPUExecutionProvider"]
    )


def _parts(weight: FourBits) -> tuple[tuple[str, int, npt.NDArray[Any]], ...]:
    """What a product takes beside its rows: names, kinds of numbers, and values."""
    return (
        ("weight", _UINT8, weight.numbers),
        ("scales", _FLOAT, weight.scales.ravel()),
        ("zeros", _UINT8, weight.zeros.ravel()),
    )


def _model(weights: Sequence[FourBits]) -> bytes:
    """One operator for each matrix; the values of their parts are given beside it."""
    graph = [_bytes(2, b"products")]
    for number, weight in enumerate(weights):
        graph += _product(number, weight)
    return b"".join(
        (
            _number(1, _IR_VERSION),
            _bytes(7, b"".join(graph)),
            _bytes(8, _bytes(1, b"") + _number(2, _STANDARD_VERSION)),
            _bytes(8, _bytes(1, _CONTRIBUTED) + _number(2, _CONTRIBUTED_VERSION)),
        )
    )


def _product(number: int, weight: FourBits) -> list[bytes]:
    """The fields of a graph that one matrix needs."""
    output_count, input_count = weight.shape
    attributes = {
        "N": output_count,
        "K": input_count,
        "bits": 4,
        "block_size": GROUP_SIZE,
        "accuracy_level": _EIGHT_BIT_ACTIVATIONS,
    }
    name_in, name_out = f"x{number}".encode(), f"y{number}".encode()
    parts = [(f"{name}{number}".encode(), kind, part) for name, kind, part in _parts(weight)]
    node = [_bytes(1, name) for name in (name_in, *(name for name, _, _ in parts))]
    node += [_bytes(2, name_out), _bytes(4, b"MatMulNBits"), _bytes(7, _CONTRIBUTED)]
    node += [_bytes(5, _attribute(*each)) for each in attributes.items()]
    # An input that has a value need not be given: who wants one product gives the rows of that one.
    no_rows = _number(1, 0) + _number(1, input_count) + _number(2, _FLOAT) + _bytes(8, name_in)
    return [
        _bytes(1, b"".join(node)),
        *(_bytes(5, _elsewhere(*part)) for part in parts),
        _bytes(5, no_rows),
        _bytes(11, _rows(name_in, input_count)),
        _bytes(12, _rows(name_out, output_count)),
    ]


def _attribute(name: str, value: int) -> bytes:
    return _bytes(1, name.encode()) + _number(3, value) + _number(20, _INT)


def _elsewhere(name: bytes, kind: int, part: npt.NDArray[Any]) -> bytes:
    """A tensor whose values are given beside the model, wherever it says that they are."""
    sizes = b"".join(_number(1, size) for size in part.shape)
    location = _bytes(13, _bytes(1, b"location") + _bytes(2, b"memory"))
    return sizes + _number(2, kind) + _bytes(8, name) + location + _number(14, _EXTERNAL)


def _rows(name: bytes, size: int) -> bytes:
    """Says of an input or output that it has any number of rows of a size."""
    shape = _bytes(1, _bytes(2, b"rows" + name)) + _bytes(1, _number(1, size))
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    done = bytearray()
    while value > 0x7F:  # noqa: PLR2004  # 7 bits a byte
        done.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*done, value])
