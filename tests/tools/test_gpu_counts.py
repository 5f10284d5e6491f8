"""Counts of a GPU's work hold: they come from the engine itself, and from shapes alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.engines.pretend_cuda.pretend import IS_POSSIBLE
from tools.bench.jobs import SAMPLE_RATE_HZ
from tools.bench.least_work import work_of
from tools.bench.shapes import config_of
from tools.gpu_counts import memory
from tools.gpu_counts.kernels import Held, Kernel, Stage, kernel_of
from tools.gpu_counts.saved import BEFORE, NOW, ROOT, read
from tools.gpu_counts.tables import table_of, window_of
from tools.gpu_counts.windows import Window, counted, counts_of, extended

Found = dict[str, Any]
needs_pretend_gpu = pytest.mark.skipif(not IS_POSSIBLE, reason="no pretend GPU on this machine")
# One clip, which is one window of the encoder; and its prompt, which the least work is told.
CLIP_S, PROMPT_COUNT = 8, 8 * 13 + 18
ATEN = torch.ops.aten


def _window(*, is_captured: bool = False) -> Window:
    return Window(
        shape="1.7b",
        sample_counts=[CLIP_S * SAMPLE_RATE_HZ],
        row_count=1,
        aligned_count=1,
        is_captured=is_captured,
    )


@pytest.fixture(scope="module")
def small() -> Found:
    """A window of one clip."""
    return counts_of(_window())


def _flops(found: Found, stage: str) -> int:
    return sum(work["flops"] for work in found["stages"][stage]["work"].values())


def _moved(found: Found, stage: str, kind: str) -> int:
    moved: int = found["stages"][stage]["work"][kind]["bytes_moved"]
    return moved


@needs_pretend_gpu
def test_the_work_is_that_of_the_published_shapes(small: Found) -> None:
    """Operations and bytes are those counted by hand from the configuration."""
    least = work_of(
        config_of("1.7b", "recogniser"),
        clip_s=CLIP_S,
        prompt_tokens=PROMPT_COUNT,
        head_size=151_936,
        number_bytes=2,
    )

    assert _flops(small, "encoder") == pytest.approx(least.encode, rel=0.02)
    # Of the last layer little more than the last position is computed: 3 % less.
    assert _flops(small, "prompts") == pytest.approx(least.read, rel=0.06)
    assert _flops(small, "steps") / small["steps"] == pytest.approx(least.write, rel=0.05)
    weights = _moved(small, "steps", "product") / small["steps"]
    assert weights == pytest.approx(least.weight_bytes, rel=0.02)


@needs_pretend_gpu
def test_layers_are_alike() -> None:
    """What three layers take is what one takes, and twice what the second adds."""
    one, two, three = (counted(_window(is_captured=True), count)["stages"] for count in (1, 2, 3))

    assert extended(one, two, 2) == three
    assert one["steps"] != two["steps"]


@needs_pretend_gpu
def test_the_saved_counts_are_of_this_source(small: Found) -> None:
    """A step launches what the saved counts say; else make them anew: tools.gpu_counts --update."""
    saved = read(NOW)
    if saved["torch"] != torch.__version__:
        pytest.skip(f"counted with torch {saved['torch']}")

    step = window_of(saved, "1.7b", 80, captured=False)["step"]
    assert small["step"]["launches a layer"] == pytest.approx(step["launches a layer"], abs=1)
    assert [_entry(entry) for entry in saved["memory"]] == [
        (shape, gigabytes, memory.plan_of(shape, gigabytes).row_count)
        for shape in memory.SHAPES
        for gigabytes in memory.GIGABYTES
    ]


def _entry(entry: Found) -> tuple[str, int, int]:
    return entry["shape"], entry["gigabytes"], entry["rows"]


def test_the_older_counts_are_those_of_the_audit() -> None:
    """778ee45: 29 launches a layer, some 830 a step, 32 rows, and more than 150 shapes."""
    before = read(BEFORE)
    step = window_of(before, "1.7b", 80, captured=False)["step"]

    assert step["launches a layer"] == pytest.approx(29, abs=0.5)
    assert step["launches"] == pytest.approx(830, abs=10)
    assert window_of(before, "1.7b", 80)["steps"] == 200
    assert before["mixed"]["attention_shapes"] > 150
    rows = {entry["gigabytes"]: entry["rows"] for entry in before["memory"]}
    assert (rows[8], rows[80]) == (4, 32)


def test_a_step_launches_fewer_than_it_did() -> None:
    """At most 520 of them, where it was 830; and a window waits for the GPU less often."""
    before, now = read(BEFORE), read(NOW)

    assert window_of(now, "1.7b", 80, captured=False)["step"]["launches"] <= 520
    for name in ("attention_calls", "attention_shapes"):
        assert now["mixed"][name] < before["mixed"][name]
    waits = [sum(found["mixed"]["waits"].values()) for found in (now, before)]
    assert waits[0] < waits[1]
    assert "| distinct shapes among them |" in table_of(before, now)


@needs_pretend_gpu
@pytest.mark.slow
def test_the_older_source_is_counted_by_the_same_command(tmp_path: Path) -> None:
    """The engine of 778ee45 goes over the same GPU, under its own names."""
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "778ee45", "src"], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("this checkout does not have that commit")
    subprocess.run(["tar", "-x", "-C", str(tmp_path)], input=made.stdout, check=True)
    code = (
        "from tools.gpu_counts.sources import let_the_pretend_gpu_find_its_parts as let\n"
        "let()\n"
        "from tools.gpu_counts import corpus, windows\n"
        "lengths = [count // 4 for count in corpus.full_clips(2)]\n"
        "how = dict(shape='1.7b', sample_counts=lengths, row_count=2)\n"
        "how |= dict(aligned_count=2, is_captured=False)\n"
        "print(windows.counts_of(windows.Window(**how))['step']['launches a layer'])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'src'}{os.pathsep}{ROOT}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(found.stdout) == pytest.approx(29, abs=1)


def test_a_source_that_is_none_is_one_line(tmp_path: Path) -> None:
    """It names the folder, and what to name."""
    command = [sys.executable, "-m", "tools.gpu_counts", "--source", str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 2
    assert found.stderr == f"gpu_counts: {tmp_path}: no src/qasr_cli there; name a checkout\n"


# --- kernels --------------------------------------------------------------------------------------


def _meta(*shape: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (ATEN.mm.default, (_meta(4, 8), _meta(8, 16))),
        (ATEN.addmm.default, (_meta(16), _meta(4, 8), _meta(8, 16))),
        (ATEN.addmm_.default, (_meta(4, 16), _meta(4, 8), _meta(8, 16))),
        (ATEN.bmm.default, (_meta(2, 4, 8), _meta(2, 8, 16))),
    ],
)
def test_products_are_counted_as_torch_counts_them(func: Any, args: tuple[Any, ...]) -> None:  # noqa: ANN401
    """Also those that write into an operand, which torch's own counter leaves out."""
    kernel = kernel_of(func, args, {}, func(*args))
    with FlopCounterMode(display=False) as counter:
        torch.matmul(*args[-2:])

    assert kernel.kind in {"product", "batched product"}
    assert kernel.flops == counter.get_total_flops()


def test_masked_attention_is_half_of_all_pairs() -> None:
    """Whatever the number of heads that share keys."""
    q, k = _meta(1, 16, 100, 128), _meta(1, 8, 100, 128)
    func = ATEN.scaled_dot_product_attention.default
    whole, masked = (kernel_of(func, (q, k, k), {"is_causal": how}, q) for how in (False, True))

    assert whole == Kernel("attention", 4 * 16 * 128 * 100**2, 2 * (2 * q.numel() + 2 * k.numel()))
    assert masked.flops * 2 == whole.flops


def test_sequences_of_any_lengths_take_what_their_lengths_say() -> None:
    """As many pairs as the lengths that the host sent have, and all where nobody knows them."""
    q, k = _meta(7, 16, 128), _meta(7, 8, 128)
    ends = _meta(3, dtype=torch.int32)
    func = ATEN._flash_attention_forward_no_dropout_inplace.default  # noqa: SLF001  # as the engine calls it
    args = (q, q, k, k, ends, ends, 4, 4, 0.0, True, False)
    bound = kernel_of(func, args, {}, q)
    ends.sent = torch.tensor([0, 3, 7])  # type: ignore[attr-defined]
    known = kernel_of(func, args, {}, q)

    assert known.flops == 2 * 16 * 128 * (3 * 3 + 4 * 4)
    assert bound.flops == 2 * 16 * 128 * (4 * 4 + 4 * 4)


def test_rows_of_a_cache_are_read_as_far_as_they_are_filled() -> None:
    """A step that knows the lengths on the GPU reads what there is at that moment."""
    q, k = _meta(16, 2, 128), _meta(9000, 1, 128)
    ends = _meta(17, dtype=torch.int32)
    func = ATEN._flash_attention_forward_no_dropout_inplace.default  # noqa: SLF001  # as the engine calls it
    args = (q, q, k, k, ends, ends, 1, 500, 0.0, False, False)
    kernel = kernel_of(func, args, {"seqused_k": _meta(16, dtype=torch.int32)}, q)
    stage = Stage()
    stage.add_kernel(kernel, Held(flops=1000, bytes_moved=5000))

    assert stage.work["attention"].flops == 1000
    assert stage.work["attention"].bytes_moved == 5000 + 2 * 2 * q.numel()


def test_only_chosen_places_are_moved() -> None:
    """A look-up reads its rows, not the table; a write into a cache, not the cache."""
    table, ids = _meta(151_936, 2048), _meta(32, dtype=torch.long)
    found = kernel_of(ATEN.embedding.default, (table, ids), {}, _meta(32, 2048))
    cache, new = _meta(256, 8, 1024, 128), _meta(32, 8, 128)
    written = kernel_of(ATEN.index_put_.default, (cache, [ids, None, ids], new), {}, cache)

    assert found.bytes_moved == 2 * 32 * 2048 * 2 + 32 * 8
    assert written.bytes_moved == 2 * new.numel() * 2 + 2 * 32 * 8


def test_what_is_expanded_is_read_once() -> None:
    """One number beside a thousand is one number."""
    one = _meta(1, 1).expand(1000, 8)
    kernel = kernel_of(ATEN.add.Tensor, (one, _meta(1000, 8)), {}, _meta(1000, 8))

    assert kernel == Kernel("other", 0, 2 + 2 * 2 * 8000)
