"""With `--quantize int4` steps multiply 4-bit weights, and nothing else does."""

from collections.abc import Iterator
from typing import Literal

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.engine import number_format
from qasr_cli.engines.qwen.loading.quick import read
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.registry import build_engine
from qasr_cli.machine.self_test import run_self_test
from qasr_cli.options import EngineOptions
from tests.engines.conftest import outcome, results_by_id

pytestmark = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")

Way = Literal["none", "int8", "int4"]
Dtype = Literal["bfloat16", "float32"]


def options(quantize: Way, dtype: Dtype) -> EngineOptions:
    """The demo pair, quantized in a way; by its name it would compute in float32."""
    model, aligner = str(demo_folder("recogniser")), str(demo_folder("aligner"))
    return EngineOptions(
        model=model, aligner=aligner, threads=1, device="cpu", quantize=quantize, dtype=dtype
    )


@pytest.fixture(scope="module", params=["bfloat16", "float32"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The demo pair in 4 bits, the rest in bfloat16 and in 8 bits."""
    built = build_engine(options("int4", request.param))
    yield built
    built.close()


def states_of(quantize: Way, dtype: Dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """What the demo pair's text model makes of a prompt of noise, and of a step after it."""
    place = placement("cpu", dtype, quantize)
    checkpoint = read(demo_folder("recogniser"), "recogniser", "auto")
    text_model = checkpoint.model.model.language_model
    model = LanguageModel(text_model, place)
    shape = model.layer_count, model.key_head_count, model.head_dim
    cache = Cache(place, shape, row_count=1, capacity=64)
    noise = torch.randn(40, model.embeddings.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        read_states = model.read(noise.to(place.dtype), [40], torch.tensor([39]), cache)
        return read_states, model.step(torch.tensor([7]), cache.advance(), cache)


@pytest.mark.parametrize(("dtype", "otherwise"), [("bfloat16", "none"), ("float32", "int8")])
def test_prompts_are_read_as_without_and_steps_are_near(dtype: Dtype, otherwise: Way) -> None:
    """What is read has not one other digit; a step is off, and by less than a third."""
    read_states, stepped = states_of("int4", dtype)
    expected_read, expected_stepped = states_of(otherwise, dtype)

    assert torch.equal(read_states, expected_read)
    distance = (stepped - expected_stepped).float().norm() / expected_stepped.float().norm()
    assert 0.005 < distance < 0.33


def test_company_changes_no_result_of_four_bits(engine: Engine, speech: list[Clip]) -> None:
    """All clips at once give the texts and times of single ones."""
    alone = {clip.clip_id: outcome(next(engine.run([clip]))) for clip in speech}

    together = results_by_id(engine, speech[::-1])

    assert {clip_id: outcome(result) for clip_id, result in together.items()} == alone


@pytest.mark.parametrize(
    ("dtype", "said"), [("bfloat16", "int4-bfloat16"), ("float32", "int4-int8")]
)
def test_the_numbers_are_told(dtype: Dtype, said: str) -> None:
    """What a run computes in names the steps, and the rest."""
    assert number_format(options("int4", dtype)) == said


def test_the_self_test_is_passed_in_four_bits() -> None:
    """The bundled sentence is heard as it was said."""
    assert run_self_test("cpu", quantize="int4").is_passed
