"""The whole engine on a pretend GPU says what it says on the CPU."""

import pytest
import torch

from qasr_cli.core.types import Clip
from tests.engines.pretend_cuda.conftest import (
    prepared,
    recogniser_on,
    results_of,
    said,
)
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

PLACES = [("cuda:0", "float32"), ("cuda:1", "bfloat16"), ("cuda", "float16")]
Said = dict[str, tuple[object, ...]]


@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
@pytest.mark.parametrize(("device", "dtype"), PLACES)
def test_a_gpu_says_the_same(
    short: list[Clip], on_cpu: Said, device: str, dtype: str, cuda_graphs: bool
) -> None:
    """In every number format, on every GPU: texts, languages and times are the CPU's."""
    with pretend(Machine()) as machine:
        found = said(results_of(short, device=device, dtype=dtype, cuda_graphs=cuda_graphs))

    used = torch.device(device).index or 0
    assert found == on_cpu
    assert machine.seen.contexts == {used}
    assert not machine.seen.elsewhere
    assert ("graph replay" in machine.seen.kernels) is cuda_graphs


def test_tokens_are_those_of_the_cpu(short: list[Clip]) -> None:
    """In float32 token for token, eager and captured."""
    recogniser = recogniser_on("cpu")
    expected = dict(recogniser.answers(prepared(recogniser, short), 3))

    for cuda_graphs in (False, True):
        with pretend(Machine()):
            recogniser = recogniser_on("cuda:1", cuda_graphs=cuda_graphs)
            found = dict(recogniser.answers(prepared(recogniser, short), 3))
            del recogniser
        assert found == expected
