"""Weights as oneDNN lays them out: products with one, its bytes, and one over such bytes.

Torch gives such a weight no storage. What is used here is what torch's own compiled models use to
keep such weights in their files, through its C interface.
Source: torch/csrc/inductor/aoti_torch/c/shim.h, torch/_inductor/codecache.py.
"""

import ctypes
import functools
import mmap
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

# Four rows are multiplied in nine tenths of the time of one, and in three quarters of that of two
# (24 layers, 0.6B shape, one thread of an EPYC with AVX512-BF16: 38, 43, 50 ms). And one row
# alone is added up in another order where there are 2,048 inputs or more, with AMX and 8 bits so
# are one and two where outputs are few, so that an answer would depend on its company.
#
# For every number of rows of every shape oneDNN makes code, .2 to .7 MB, and keeps the last 1,024.
# A night's clips have hundreds of lengths, and there are 11 shapes of weights: in float32 1.4 GB.
# Filled up to one of 16 numbers an octave there are some 100 for all lengths, and 2 % more rows.
_LEAST_ROWS = 4
_ROWS_DIM = 2
_TRIAL_SHAPE = (96, 64)
_TRIAL_ROWS = 32


def bytes_of(weight: torch.Tensor) -> tuple[bytes, memoryview]:
    """How a weight's numbers lie, and the numbers, as long as the weight lives."""
    operators = torch.ops.mkldnn
    layout = bytes(operators._get_mkldnn_serialized_md(weight).tolist())  # noqa: SLF001  # no public name
    size_bytes = size_bytes_of(weight)
    numbers = (ctypes.c_ubyte * size_bytes).from_address(operators.data_ptr(weight))
    return layout, memoryview(numbers).cast("B")


def size_bytes_of(weight: torch.Tensor) -> int:
    """How many bytes its layout takes."""
    size_bytes: int = torch.ops.mkldnn._nbytes(weight)  # noqa: SLF001  # no public name
    return size_bytes


def over(
    memory: mmap.mmap,
    offset: int,
    *,
    shape: tuple[int, int],
    layout: bytes,
    dtype: torch.dtype = torch.bfloat16,
) -> torch.Tensor:
    """A weight, bfloat16 or int8, whose numbers lie in memory, which it holds."""
    address = np.frombuffer(memory, dtype=np.uint8).ctypes.data + offset
    library = _library()
    sizes = (ctypes.c_int64 * 2)(*shape)
    strides = (ctypes.c_int64 * 2)(shape[1], 1)
    description = ctypes.create_string_buffer(layout, len(layout))
    handle = ctypes.c_void_p()
    failure = library.aoti_torch_create_tensor_from_blob_v2(
        *(ctypes.c_void_p(address), ctypes.c_int64(2), sizes, strides, ctypes.c_int64(0)),
        *(_number_of(dtype, library), library.aoti_torch_device_type_cpu(), 0),
        *(ctypes.byref(handle), library.aoti_torch_layout__mkldnn()),
        *(description, ctypes.c_int64(len(layout))),
    )
    if failure:
        raise RuntimeError("torch takes no weight as oneDNN lays it out")
    weight: Any = torch._C._aoti.alloc_tensor_by_stealing_from_void_ptr(_capsule(handle))  # noqa: SLF001
    if weight._use_count() > 1:  # noqa: SLF001  # torch took a second share, and left the first one
        library.aoti_torch_delete_tensor_object(handle)
    weight.lies_in = memory
    taken: torch.Tensor = weight
    return taken


def multiplied(x: torch.Tensor, *how: object) -> torch.Tensor:
    """The product of rows with a weight; arguments as of torch's operator."""
    y: torch.Tensor = torch.ops.mkldnn._linear_pointwise(filled_up(x), *how)  # noqa: SLF001  # no public name
    return y[: len(x)]


def multiplied_with(x: torch.Tensor, other: torch.Tensor, *how: object) -> torch.Tensor:
    """The same, put together with other numbers of its shape."""
    operator = torch.ops.mkldnn._linear_pointwise.binary  # noqa: SLF001  # as above
    y: torch.Tensor = operator(filled_up(x), filled_up(other), *how)
    return y[: len(x)]


def filled_up(rows: torch.Tensor) -> torch.Tensor:
    """Rows, with rows of zeros behind them, so that there are not too many numbers of rows."""
    missing_count = _filled_up_count(len(rows)) - len(rows)
    if rows.dim() != _ROWS_DIM or not missing_count:
        return rows
    return functional.pad(rows, (0, 0, 0, missing_count))


def _filled_up_count(row_count: int) -> int:
    """The next of 16 numbers between a power of two and the next one, in fours at least."""
    step = max(_LEAST_ROWS, 1 << row_count.bit_length() >> 5)
    return -(-max(1, row_count) // step) * step


@functools.cache
def is_possible() -> bool:
    """Whether this torch gives a bfloat16 weight back."""
    weight = torch.linspace(-1, 1, _TRIAL_SHAPE[0] * _TRIAL_SHAPE[1]).view(_TRIAL_SHAPE).bfloat16()
    x = torch.linspace(-1, 1, _TRIAL_SHAPE[1]).bfloat16()[None]
    operators = torch.ops.mkldnn
    try:
        packed = operators._reorder_linear_weight(weight, _TRIAL_ROWS)  # noqa: SLF001
    except (AttributeError, RuntimeError):
        return False
    return is_given_back(
        packed,
        lambda each: operators._linear_pointwise(x, each, None, "none", [], ""),  # noqa: SLF001
    )


def is_given_back(weight: torch.Tensor, multiplied: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    """Whether this torch makes the same of a weight's bytes as of the weight.

    Args:
        multiplied: some rows times such a weight.
    """
    rows, columns = weight.shape
    try:
        layout, numbers = bytes_of(weight)
        with mmap.mmap(-1, len(numbers)) as memory:
            memory.write(numbers)
            again = over(memory, 0, shape=(rows, columns), layout=layout, dtype=weight.dtype)
            products = multiplied(weight), multiplied(again)
            del again
        return torch.equal(*products)
    except (AttributeError, RuntimeError, OSError, TypeError):
        return False


def _number_of(dtype: torch.dtype, library: Any) -> int:  # noqa: ANN401  # as `_library`
    """How torch's C interface calls a number format."""
    name = str(dtype).removeprefix("torch.")
    number: int = getattr(library, f"aoti_torch_dtype_{name}")()
    return number


@functools.cache
def _library() -> Any:  # noqa: ANN401  # functions of a library have no types
    folder = os.path.join(os.path.dirname(torch.__file__), "lib")
    return ctypes.CDLL(os.path.join(folder, "libtorch_cpu.so"))


def _capsule(handle: ctypes.c_void_p) -> Any:  # noqa: ANN401  # as torch wants it, not as it says
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return make(handle, None, None)
