"""Queries and keys are rotated alike on every device."""

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.model import rotary


@pytest.mark.parametrize(("dtype", "near"), [("float32", 2e-6), ("bfloat16", 0.02)])
def test_both_ways_rotate_alike(dtype: str, near: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every layer, at the first positions and at far ones, when its table has to grow."""
    monkeypatch.setattr(
        rotary, "_POSITIONS_OF_LAYERS", {"cpu": 10}
    )  # two layers at a time, then one
    checkpoint = read(demo_folder("aligner"), "aligner", "auto")
    model = checkpoint.model.model.language_model
    place = placement("cpu", dtype)
    rolled = rotary._RolledRotary(model, place)  # noqa: SLF001  # what a CPU takes
    paired = rotary._PairedRotary(model, place)  # noqa: SLF001  # what a GPU takes
    config = model.config
    key_head_count = config.num_key_value_heads
    shape = (5, config.num_attention_heads + 2 * key_head_count, config.head_dim)
    chance = torch.Generator().manual_seed(0)
    for places in ([0, 1, 2, 7, 100], [255, 256, 700, 1000, 4095]):
        rotations = [r.at(torch.tensor(places), max(places) + 1) for r in (rolled, paired)]
        for of_cpu, of_gpu in zip(*rotations, strict=True):
            heads = torch.randn(shape, generator=chance).to(place.dtype)
            expected, found = of_cpu(heads.clone()), of_gpu(heads.clone())
            torch.testing.assert_close(found.q, expected.q, atol=near, rtol=near)
            torch.testing.assert_close(found.k, expected.k, atol=near, rtol=near)
            assert torch.equal(found.v, expected.v)
            assert found.kv is not None
            assert torch.equal(found.kv, torch.stack([found.k, found.v], dim=1))
            assert found.q.is_contiguous()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_many_positions_are_rotated_as_few_are(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit: whether it is done by halves goes by how many are read together."""
    checkpoint = read(demo_folder("recogniser"), "recogniser", "auto")
    model = checkpoint.model.model.language_model
    place = placement("cpu", dtype)
    config = model.config
    head_count = config.num_attention_heads + 2 * config.num_key_value_heads
    chance = torch.Generator().manual_seed(0)
    heads = torch.randn(9, head_count, config.head_dim, generator=chance).to(place.dtype)
    of_cpu = rotary.rotary_for(model, place)

    (rotate, *_) = of_cpu.at(torch.arange(100, 109), 109)
    at_once = rotate(heads)
    monkeypatch.setattr(rotary, "_FEW_POSITIONS", 0)
    by_halves = rotate(heads)

    assert torch.equal(at_once.q, by_halves.q)
    assert torch.equal(at_once.k, by_halves.k)
