"""A real GPU attends to sequences of all lengths at once, rightly; `pretend_cuda` has the rest."""

import pytest
import torch

from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, lack_of_kernel

AMPERE = (8, 0)
# Encoder and text model of the published models, and of the demo pair.
SHAPES = [(16, 16, 64), (16, 8, 128), (4, 4, 40), (4, 2, 48)]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA"),
]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize(("count", "key_count", "dim"), SHAPES)
def test_later_gpus_lack_no_kernel(
    count: int, key_count: int, dim: int, dtype: torch.dtype
) -> None:
    """From Ampere on, where torch has the operator, a trial finds its numbers right."""
    device = torch.device("cuda", 0)
    if torch.cuda.get_device_capability(device) < AMPERE:
        pytest.skip("an older GPU")
    if not hasattr(torch.ops.aten, "_flash_attention_forward_no_dropout_inplace"):
        pytest.skip("an older torch")

    assert (
        lack_of_kernel(device, dtype, HeadShape(count=count, key_count=key_count, dim=dim)) is None
    )
