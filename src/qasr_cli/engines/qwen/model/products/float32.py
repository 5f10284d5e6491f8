"""Products in float32 on a CPU, with weights that take half of that."""

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import has_fbgemm
from qasr_cli.engines.qwen.model import opaque
from qasr_cli.engines.qwen.model.products.linear import (
    Packing,
    Product,
    Weight,
    parts_of,
    shape_of,
    whole,
)

# The largest of float16. Every weight of the published models is far below.
_HALF_MAX = torch.finfo(torch.float16).max
# FBGEMM reads a matrix column by column while it packs it. Where its rows are a multiple of 4 KB
# apart, a cache holds few of them at once: 15.9 ns a weight of 6144 x 1024, 8.5 with these columns
# more, 18 and 11.3 with 16,384 outputs (one thread of an Intel Xeon).
_FILLING = 16
# And the fewer outputs, the longer a column stays there; each call costs .02 ms.
_HALF_OUTPUTS = 8192


def rows_in_one_pass() -> int:
    """Rows that are multiplied while float16 weights are read once; one more has them read twice.

    1024 x 6144, one thread of an Intel Xeon with AVX-512: 1.3 ms for one, 2.3 for 14, 3.4 for 15.
    Source: the kernels of FBGEMM (src/FbgemmFP16UKernelsAvx512.h, FbgemmFP16UKernelsAvx2.h).
    """
    return 14 if torch.backends.cpu.get_cpu_capability() == "AVX512" else 6


def multiplies_alike() -> bool:
    """Whether products of float32 rows and weights do not depend on how many rows there are.

    oneDNN's do not on x86 (tried with AVX-512, and held to AVX2, 1 to 32 threads), MKL's do.
    """
    return has_fbgemm() and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


class _Scratch(threading.local):
    """Memory of each thread for weights while they are multiplied with."""

    def __init__(self) -> None:
        self._memory = torch.empty(0).untyped_storage()

    def of(self, shape: tuple[int, int]) -> torch.Tensor:
        """A float32 matrix to be written to; the next one overwrites it."""
        count = shape[0] * shape[1]
        if count * torch.float32.itemsize > self._memory.nbytes():
            self._memory = torch.empty(count).untyped_storage()
        # A tensor of its own each time: none that was made in inference mode is written to outside.
        return torch.empty(0).set_(self._memory, 0, shape, (shape[1], 1))


_scratch = _Scratch()


class HalfStored(Packing):
    """Weights in float16 where it holds them, everything else in float32.

    Half the bytes to read: at 8 rows 3 times as fast as float32 weights, and as fast at many
    (1024 x 6144, one thread of an AMD EPYC with AVX2: 2.1 against 6.1 ms).
    """

    packs_alone = True

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in float32."""
        parts = parts_of(weight)
        full_bias = None if bias is None else bias.float()
        if not all(map(_fits_half, parts)):
            return _in_full(whole(weight).float(), full_bias)
        packed = _in_halves(parts, full_bias)

        def product(x: torch.Tensor) -> torch.Tensor:
            x = functional.pad(x, (0, _FILLING))
            outs = [torch.ops.quantized.linear_dynamic_fp16(x, each) for each in packed]
            return outs[0] if len(outs) == 1 else torch.cat(outs, dim=-1)

        return product


class AsStored(Packing):
    """Weights where they lie in the file, in whichever format; each product makes them float32.

    For many rows, beside which that costs little: 37.6 ms at 400 rows beside 37.8 with weights in
    float16, 13.8 beside 13.1 at 128, 6.5 beside 4.7 at 32, while packing these takes 95 (1024 x
    6144, one thread of an Intel Xeon without AMX). No second copy is in memory.
    """

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in float32, each row as in any other company."""
        parts = parts_of(weight)
        shape, full_bias = shape_of(weight), None if bias is None else bias.float()
        if len(parts) == 1 and parts[0].dtype == torch.float32:
            return _in_full(parts[0], full_bias)

        def product(x: torch.Tensor) -> torch.Tensor:
            full = _scratch.of(shape)
            _copy_rows(parts, slice(0, len(full)), full)
            return opaque.multiplied(x, full, full_bias, "none", [], "")

        return product


def _in_full(weight: torch.Tensor, bias: torch.Tensor | None) -> Product:
    """Multiplies with float32 weights as they lie."""
    if multiplies_alike():
        return lambda x: opaque.multiplied(x, weight, bias, "none", [], "")
    return lambda x: functional.linear(x, weight, bias)


def _in_halves(parts: tuple[torch.Tensor, ...], bias: torch.Tensor | None) -> list[Any]:
    """A matrix as FBGEMM packs it, some outputs after the others, with columns of zeros behind."""
    output_count, input_count = shape_of(parts)
    packed = []
    for first in range(0, output_count, _HALF_OUTPUTS):
        outputs = slice(first, min(first + _HALF_OUTPUTS, output_count))
        full = _scratch.of((outputs.stop - first, input_count + _FILLING))
        _copy_rows(parts, outputs, full[:, :input_count])
        full[:, input_count:] = 0
        some_bias = None if bias is None else bias[outputs]
        packed.append(torch.ops.quantized.linear_prepack_fp16(full, some_bias))
    return packed


@torch.no_grad()
def _copy_rows(parts: Sequence[torch.Tensor], rows: slice, to: torch.Tensor) -> None:
    """Copy some rows of matrices that lie one below the other."""
    first = 0
    for part in parts:
        begin, end = max(rows.start, first), min(rows.stop, first + len(part))
        if begin < end:
            to[begin - rows.start : end - rows.start] = part[begin - first : end - first]
        first += len(part)


def _fits_half(weight: torch.Tensor) -> bool:
    """True where float16 holds the numbers of a file: bfloat16 has fewer digits, and more range.

    Below 6e-5 digits go missing, none of them above 3e-8.
    """
    return (
        has_fbgemm()
        and weight.dtype in {torch.bfloat16, torch.float16}
        and bool(weight.abs().max() < _HALF_MAX)
    )
