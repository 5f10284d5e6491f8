"""The bytes of a model in ONNX's format, as far as products of 4-bit weights and steps need them.

An onnxruntime session is made of such a model; its few fields are written here, since nothing else
would need the package that writes them.
Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (numbers of fields), and
https://protobuf.dev/programming-guides/encoding/ (how they are written).
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7  # of TensorProto.DataType
# Set of operators beside the standard's own, which is called "".
CONTRIBUTED = "com.microsoft"
_VARINT, _BYTES, _FOUR_BYTES = 0, 2, 5
_OF_FLOAT, _OF_INT, _OF_STRING = 1, 2, 3  # of AttributeProto.AttributeType
_EXTERNAL = 1  # of TensorProto.DataLocation
_IR_VERSION, _STANDARD_VERSION, _CONTRIBUTED_VERSION = 8, 17, 1


class Graph:
    """A graph in the making.

    Attributes:
        fields: nodes, tensors, inputs and outputs.
        values: of tensors that lie beside the model.
    """

    def __init__(self) -> None:
        self.fields: list[bytes] = []
        self.values: dict[str, npt.NDArray[Any]] = {}

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Mapping[str, float | str],
        *,
        domain: str = "",
    ) -> None:
        """One operation; inputs and outputs that are left out are called ""."""
        fields = [_bytes(1, name.encode()) for name in inputs]
        fields += [_bytes(2, name.encode()) for name in outputs]
        fields += [_bytes(4, operator.encode()), _bytes(7, domain.encode())]
        fields += [_bytes(5, _attribute(*each)) for each in attributes.items()]
        self.fields.append(_bytes(1, b"".join(fields)))

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """A tensor whose values are given beside the model; its name again."""
        kind = UINT8 if value.dtype == np.uint8 else FLOAT
        self.fields.append(_tensor_elsewhere(name, kind, value.shape))
        self.values[name] = value
        return name


def model(graph_fields: Sequence[bytes]) -> bytes:
    """A model of a graph, given what is in that: nodes, tensors, inputs and outputs."""
    return b"".join(
        (
            _number(1, _IR_VERSION),
            _bytes(7, _bytes(2, b"graph") + b"".join(graph_fields)),
            _bytes(8, _bytes(1, b"") + _number(2, _STANDARD_VERSION)),
            _bytes(8, _bytes(1, CONTRIBUTED.encode()) + _number(2, _CONTRIBUTED_VERSION)),
        )
    )


def tensor_of_no_rows(name: str, size: int) -> bytes:
    """A value for an input of rows, of which a run then need not give any."""
    return _bytes(5, _tensor(name, FLOAT, (0, size)))


def whole_numbers(name: str, values: npt.NDArray[np.int64]) -> bytes:
    """A tensor of whole numbers, written into the model."""
    return _bytes(5, _tensor(name, INT64, values.shape) + _bytes(9, values.tobytes()))


def graph_input(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    """Says what a run is given; a size that may be any has a name."""
    return _bytes(11, _described(name, kind, shape))


def graph_output(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    """Says what a run gives."""
    return _bytes(12, _described(name, kind, shape))


def _tensor_elsewhere(name: str, kind: int, shape: Sequence[int]) -> bytes:
    """A tensor whose values are given beside the model, wherever it says that they are."""
    location = _bytes(13, _bytes(1, b"location") + _bytes(2, b"memory"))
    return _bytes(5, _tensor(name, kind, shape) + location + _number(14, _EXTERNAL))


def _tensor(name: str, kind: int, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_number(1, size) for size in shape)
    return sizes + _number(2, kind) + _bytes(8, name.encode())


def _described(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(
        _bytes(1, _bytes(2, size.encode()) if isinstance(size, str) else _number(1, size))
        for size in shape
    )
    tensor_type = _bytes(1, _number(1, kind) + _bytes(2, sizes))
    return _bytes(1, name.encode()) + _bytes(2, tensor_type)


def _attribute(name: str, value: float | str) -> bytes:
    if isinstance(value, str):
        return _bytes(1, name.encode()) + _bytes(4, value.encode()) + _number(20, _OF_STRING)
    if isinstance(value, int):
        return _bytes(1, name.encode()) + _number(3, value) + _number(20, _OF_INT)
    packed = _varint(2 << 3 | _FOUR_BYTES) + struct.pack("<f", value)
    return _bytes(1, name.encode()) + packed + _number(20, _OF_FLOAT)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    # A number below 0 is written as what is left of it in 64 bits.
    value &= 0xFFFF_FFFF_FFFF_FFFF
    done = bytearray()
    while value > 0x7F:  # noqa: PLR2004  # 7 bits a byte
        done.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*done, value])
