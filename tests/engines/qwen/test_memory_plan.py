"""What stays on a GPU, and how many answers it makes at once, as a table of its memory."""

import pytest
import torch

from qasr_cli.checkpoints.catalog import lookup
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.memory_plan import (
    Need,
    Residence,
    held_bytes,
    need_of,
    published_need,
    residence,
)
from tests.engines.conftest import OriginalLayout

GB = 10**9
# What the driver and this process take before anything is loaded; an estimate.
BEFORE_BYTES = 600_000_000


def need_for(recogniser: str, *, aligner: bool, dtype: torch.dtype) -> Need:
    """That of published models."""
    models = [lookup(recogniser, "recogniser"), lookup("aligner", "aligner") if aligner else None]
    return published_need([model for model in models if model is not None], dtype)


@pytest.mark.parametrize(
    ("recogniser", "gigabytes", "both_stay", "row_count"),
    [
        ("1.7b", 6, False, 1),
        ("1.7b", 8, False, 15),
        ("1.7b", 12, True, 30),
        ("1.7b", 24, True, 111),
        ("1.7b", 80, True, 256),
        ("0.6b", 6, False, 18),
        ("0.6b", 8, True, 19),
        ("0.6b", 12, True, 47),
        ("0.6b", 24, True, 128),
        ("0.6b", 80, True, 256),
    ],
)
def test_a_gpu_holds_what_fits(
    recogniser: str, gigabytes: int, both_stay: bool, row_count: int
) -> None:
    """Both models where enough answers fit beside them, else one at a time with more of them."""
    need = need_for(recogniser, aligner=True, dtype=torch.bfloat16)

    found = residence(gigabytes * GB - BEFORE_BYTES, need)

    assert found == Residence(both_stay=both_stay, row_count=row_count)


def test_the_need_is_that_of_the_plan() -> None:
    """With the least memory one answer fits; from the other bound on, both models stay."""
    need = need_for("1.7b", aligner=True, dtype=torch.bfloat16)

    assert residence(need.least_bytes, need) == Residence(both_stay=False, row_count=1)
    assert residence(need.least_bytes - 1, need).row_count == 0
    assert residence(need.both_bytes, need) == Residence(both_stay=True, row_count=8)
    assert not residence(need.both_bytes - 1, need).both_stay


def test_few_answers_that_were_asked_for_need_little_room() -> None:
    """With `--batch-size 2` both models stay where two answers fit beside them."""
    need = need_for("1.7b", aligner=True, dtype=torch.bfloat16)
    free_bytes = need.both_bytes - 6 * need.row_bytes

    assert not residence(free_bytes, need).both_stay
    assert residence(free_bytes, need, wanted_count=2).both_stay


def test_layouts_need_the_same(original_layout: OriginalLayout) -> None:
    """A checkpoint in the original layout is planned as its native twin is."""
    for dtype in (torch.bfloat16, torch.float32):
        native = need_of(demo_folder("recogniser"), demo_folder("aligner"), dtype)
        original = need_of(original_layout("recogniser"), original_layout("aligner"), dtype)
        assert native == original


def test_a_shared_head_is_a_second_copy_in_another_format() -> None:
    """In the format of the file it costs nothing; in any other, of equal size too, it is a copy."""
    stored_bytes = held_bytes(demo_folder("recogniser"), "recogniser", torch.bfloat16)
    half_bytes = held_bytes(demo_folder("recogniser"), "recogniser", torch.float16)

    assert half_bytes - stored_bytes == 608 * 192 * 2
