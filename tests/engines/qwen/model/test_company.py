"""At the width of the published models no row's numbers depend on how many others there are."""

from collections.abc import Sequence

import pytest
import torch
from transformers import Qwen3Config, Qwen3Model

from qasr_cli.engines.qwen.device import Placement, has_fbgemm, placement
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.company import groups
from qasr_cli.engines.qwen.model.language_model import LanguageModel

LENGTHS = (37, 300, 41, 33, 9, 70)
TOKEN_COUNT = 64


@pytest.fixture(scope="module", params=["bfloat16", "int8", "float32"])
def place(request: pytest.FixtureRequest) -> Placement:
    """Where numbers are added up in an order that may depend on how many there are."""
    if request.param == "int8":
        return placement("cpu", "auto", "int8")
    place = placement("cpu", request.param)
    if not (place.has_onednn or (request.param == "float32" and has_fbgemm())):
        pytest.skip("other kernels multiply here")
    return place


def layers_of(place: Placement, *, steps: bool) -> LanguageModel:
    """Two layers as wide as those of 0.6B."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=TOKEN_COUNT,
        hidden_size=1024,
        intermediate_size=3072,
        num_hidden_layers=2,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
    )
    return LanguageModel(Qwen3Model(config).bfloat16(), place, steps=steps)


@pytest.fixture(scope="module")
def model(place: Placement) -> LanguageModel:
    """One that makes answers."""
    return layers_of(place, steps=True)


def ids_of(count: int, seed: int) -> torch.Tensor:
    """Any tokens."""
    return torch.randint(TOKEN_COUNT, (count,), generator=torch.Generator().manual_seed(seed))


def read_and_step(
    model: LanguageModel, place: Placement, numbers: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """States after the last position of sequences with these numbers, and after a step more."""
    shape = (model.layer_count, model.key_head_count, model.head_dim)
    cache = Cache(place, shape, row_count=len(numbers), capacity=512, bucket=64)
    lengths = [LENGTHS[number % len(LENGTHS)] for number in numbers]
    read = []
    for group in groups(lengths, place):
        some = [lengths[each] for each in group]
        ids = [ids_of(lengths[each], seed=numbers[each]) for each in group]
        lasts = torch.tensor(some).cumsum(0) - 1
        read.append(model.read(model.embed(torch.cat(ids)), some, lasts, cache))
    steps = torch.cat([ids_of(1, seed=1000 + number) for number in numbers])
    return torch.cat(read), model.step(steps, cache.advance(), cache)


@torch.inference_mode()
def test_a_row_is_the_same_alone_and_among_many(model: LanguageModel, place: Placement) -> None:
    """Read by themselves or with others, and then stepped with 39 others."""
    together = read_and_step(model, place, range(40))

    for number in (0, 1, 4, 31, 32, 39):
        alone = read_and_step(model, place, [number])
        for one, many in zip(alone, together, strict=True):
            assert torch.equal(one[0], many[number])


@torch.inference_mode()
def test_what_only_reads_knows_no_neighbours_either(place: Placement) -> None:
    """As the aligner does: sequences by themselves, and all together (with AMX they never are)."""
    model = layers_of(place, steps=False)
    ids = [ids_of(length, seed=number) for number, length in enumerate(LENGTHS)]

    def read(some: Sequence[int]) -> list[torch.Tensor]:
        states: list[torch.Tensor] = []
        for group in groups([LENGTHS[each] for each in some], place):
            mine = [some[each] for each in group]
            lengths = [LENGTHS[each] for each in mine]
            x = model.embed(torch.cat([ids[each] for each in mine]))
            together = model.read(x, lengths, torch.arange(sum(lengths)))
            states += together.split_with_sizes(lengths)
        return states

    for number, states in enumerate(read(range(len(LENGTHS)))):
        assert torch.equal(states, *read([number]))
