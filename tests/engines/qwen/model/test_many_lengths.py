"""Clips of hundreds of lengths take no more memory than those of some."""

import subprocess
import sys
from pathlib import Path

import pytest

# oneDNN keeps code for all numbers of rows that it ever multiplied. Before they were filled up 400
# lengths took 538, 250, 349 and 95 MB for two shapes of weights, and now 66, 23, 47 and 4.
_MOST_MB = {"float32": 150, "bfloat16": 100, "int8": 120, "attention": 40}
_PROGRAM = """
import sys
import torch
from pathlib import Path
from qasr_cli.engines.qwen.model import opaque
from qasr_cli.engines.qwen.model.attention.sequences import Sequences, attend
from qasr_cli.engines.qwen.model.eight_bits import scaled

SHAPES = (512, 256), (256, 512)

def own_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1000

def float32(weight):
    return lambda x: opaque.multiplied(x, weight, None, "none", [], "")

def bfloat16(weight):
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.bfloat16(), 32)
    return lambda x: opaque.multiplied(x.bfloat16(), packed, None, "none", [], "")

def int8(weight):
    return scaled._by_onednn(scaled.laid_out(weight))

def attention(length):
    q, k, v = (torch.ones(length, 4, 64, dtype=torch.bfloat16) for _ in range(3))
    how = Sequences(lengths=[length], in_blocks=True, dtype=torch.bfloat16)
    attend(q, k, v, how, is_causal=True, scale=1.0)

def work(length):
    if what == "attention":
        return attention(length)
    for product, (_, count) in zip(products, SHAPES):
        product(torch.ones(length, count))

what = sys.argv[1]
if what != "attention":
    products = [globals()[what](torch.ones(shape)) for shape in SHAPES]
with torch.inference_mode():
    work(470)
    before_mb = own_mb()
    for length in range(65, 465):
        work(length)
sys.stdout.write(str(own_mb() - before_mb))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells what is held")
@pytest.mark.parametrize("what", list(_MOST_MB))
def test_many_lengths_take_no_more_memory_than_some(what: str) -> None:
    """In a process of its own, since other threads take memory as well."""
    command = [sys.executable, "-c", _PROGRAM, what]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert float(done.stdout) < _MOST_MB[what]
