"""GPUs, a host, and how much of what they could do programs like this one reach.

Constants of an estimate, fixed with the counts of 778ee45, so that these give what an audit of that
commit estimated before: 230 to 300 times real time in eager steps (1.7B with alignment on an H100),
290 to 420 in captured ones, 13 to 80 where cuDNN plans attention; and 960 s of sound 0.25 s in
encoder and prompts, 1.7 or 0.8 s in steps, 0.3 s in the aligner. `tests/tools/test_gpu_costs.py`
pins them, and what they gave.
"""

from dataclasses import dataclass

from tools.gpu_counts.kernels import Kind

TERA = 10**12
GIGA = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What a GPU could do at best.

    Attributes:
        flops_a_s: of products in half precision, sums in float32, without sparsity.
        bytes_a_s: of its memory.
        memory_gb: its memory.
        link_bytes_a_s: from main memory, pinned, as far as is usually reached.
        kernel_s: from the begin of one small kernel to that of the next, where the host is ahead.
    """

    name: str
    flops_a_s: float
    bytes_a_s: float
    memory_gb: int
    link_bytes_a_s: float
    kernel_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Shares of a GPU's best that kernels of one kind reach."""

    of_flops: float
    of_bytes: float


# An estimate: the audit has 2.3 ms for the 830 small kernels of a captured step. An older GPU takes
# longer.
_KERNEL_S = 2.5e-6
# PCIe 5.0, 4.0 and 3.0 with 16 lanes: 63, 32 and 16 GB/s, of which four fifths are reached.
_LINK_5, _LINK_4, _LINK_3 = 50 * GIGA, 25 * GIGA, 12 * GIGA

GPUS = (
    # Source: NVIDIA H100 Tensor Core GPU datasheet; its figures are with sparsity, so halved.
    Gpu(
        name="H100 SXM",
        flops_a_s=989 * TERA,
        bytes_a_s=3.35 * TERA,
        memory_gb=80,
        link_bytes_a_s=_LINK_5,
        kernel_s=_KERNEL_S,
    ),
    Gpu(
        name="H100 PCIe",
        flops_a_s=756 * TERA,
        bytes_a_s=2.0 * TERA,
        memory_gb=80,
        link_bytes_a_s=_LINK_5,
        kernel_s=_KERNEL_S,
    ),
    # Source: NVIDIA H200 Tensor Core GPU datasheet, halved as above.
    Gpu(
        name="H200",
        flops_a_s=989 * TERA,
        bytes_a_s=4.8 * TERA,
        memory_gb=141,
        link_bytes_a_s=_LINK_5,
        kernel_s=_KERNEL_S,
    ),
    # Source: NVIDIA Ada GPU architecture whitepaper, appendix A: with sums in float32, dense.
    Gpu(
        name="RTX 4090",
        flops_a_s=165 * TERA,
        bytes_a_s=1.008 * TERA,
        memory_gb=24,
        link_bytes_a_s=_LINK_4,
        kernel_s=_KERNEL_S,
    ),
    # Source: NVIDIA T4 datasheet; float16, for it has no bfloat16. At its 70 W it holds about half.
    Gpu(
        name="T4",
        flops_a_s=32 * TERA,
        bytes_a_s=0.32 * TERA,
        memory_gb=16,
        link_bytes_a_s=_LINK_3,
        kernel_s=4e-6,
    ),
)

# Estimates, so that stages come near those of the audit. Products of 1,000 to 12,000 columns reach
# a third of the best, convolutions of 480 channels and attention over some hundred positions less;
# the products of single positions with a cache are too small to be anything but reading.
REACH: dict[Kind, Reach] = {
    "product": Reach(of_flops=0.32, of_bytes=0.85),
    "batched product": Reach(of_flops=0.10, of_bytes=0.60),
    "convolution": Reach(of_flops=0.12, of_bytes=0.60),
    "attention": Reach(of_flops=0.20, of_bytes=0.70),
    "other": Reach(of_flops=0.10, of_bytes=0.65),
}

# --- the host -------------------------------------------------------------------------------------

# A launch from Python: the audit has 8 to 9 ms for the 830 of a step.
LAUNCH_S = 10.5e-6
# A wait: until the host knows, and until the GPU has work again.
WAIT_S = 60e-6
# Features of a second of sound, one thread: the audit has 0.8 to 1.9 ms; 0.3 to 0.5 were measured
# on a quiet AMD EPYC. Of a clip so much is Python, which holds the interpreter (measured: 0.46 ms).
FEATURES_S = 1.35e-3
FEATURES_PYTHON_S = 0.5e-3
# Prompts, tokens to text, words, times in order, a clip: 0.7 ms measured on an AMD EPYC.
TEXT_S = 1.0e-3
# Tokens of a look at them, a row: 1.1 to 1.2 us measured there.
ROW_OF_LOOK_S = 1.3e-6
# Recordings to clips, a second of sound: the audit has 0.2 s for 960 s, with the text. Half of it
# holds the interpreter; the rest is ffmpeg's, or inside libraries. Both are estimates.
FEED_S = 0.17 / 960
FEED_PYTHON_SHARE = 0.5
# cuDNN's plan of attention for one shape. Source: flashinfer-ai/flashinfer#5245 (55 to 70 ms) and
# modelscope/FunASR#3704 (440 ms).
PLAN_S = (0.055, 0.440)
# Log-mel of a second of sound, once for each model: 128 numbers of float32 each 10 ms.
MEL_BYTES = 2 * 128 * 4 * 100
