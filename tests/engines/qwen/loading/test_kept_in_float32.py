"""Where FBGEMM multiplies, only weights of 4 bits are kept: those that propose tokens."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.checkpoints import kept_weights
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.decoding.proposals import Proposer
from qasr_cli.engines.qwen.device import has_fbgemm
from qasr_cli.engines.qwen.model import convolution
from qasr_cli.engines.qwen.model.eight_bits import packing as eight_bits_packing
from qasr_cli.engines.qwen.model.eight_bits import scaled
from qasr_cli.engines.qwen.model.four_bits import packing
from qasr_cli.options import EngineOptions
from tests.engines.qwen.loading.conftest import heard

pytestmark = pytest.mark.skipif(not has_fbgemm(), reason="this processor proposes no tokens")


@pytest.fixture(params=["none", "int8"])
def by_fbgemm(
    pair: EngineOptions, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> EngineOptions:
    """In float32, as auto has it without units for bfloat16; in 8 bits without VNNI."""
    for module in (scaled, eight_bits_packing, convolution):
        monkeypatch.setattr(module, "are_onednns", lambda: False)
    return replace(pair, dtype="float32", quantize=request.param)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], list[None]]:
    """Makes a list that grows with every call of something."""

    def count(owner: object, name: str) -> list[None]:
        made: list[None] = []
        real = getattr(owner, name)

        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # as they come
            made.append(None)
            return real(*given, **named)

        monkeypatch.setattr(owner, name, counted)
        return made

    return count


@pytest.mark.parametrize("threads", [1, 2])
def test_the_second_start_makes_nothing_anew(
    by_fbgemm: EngineOptions,
    speech: list[Clip],
    calls: Callable[[object, str], list[None]],
    threads: int,
) -> None:
    """It proposes with what the first one kept, and hears the same; with two threads as well."""
    by_fbgemm = replace(by_fbgemm, threads=threads)
    made, proposed = calls(packing, "quantized"), calls(Proposer, "more")
    first = heard(by_fbgemm, speech[:3])
    made_count, proposed_count = len(made), len(proposed)

    assert heard(by_fbgemm, speech[:3]) == first
    assert len(made) == made_count > 10
    assert len(proposed) == 2 * proposed_count > 0
    kept = [
        sorted(file.name.partition("-")[0] for file in Path(name, PACKED_FOLDER).glob("*"))
        for name in (by_fbgemm.model, str(by_fbgemm.aligner))
    ]
    assert kept == [["int4"], []]


def test_what_is_kept_serves_4_bits_as_well(
    by_fbgemm: EngineOptions, speech: list[Clip], calls: Callable[[object, str], list[None]]
) -> None:
    """Steps in 4 bits have the weights that proposals have."""
    heard(by_fbgemm, speech[:1])
    made = calls(packing, "quantized")

    heard(replace(by_fbgemm, quantize="int4"), speech[:1])

    assert made == []


def test_answers_are_those_of_a_folder_that_cannot_be_written(
    by_fbgemm: EngineOptions,
    speech: list[Clip],
    calls: Callable[[object, str], list[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing can be kept nothing is proposed, and as much is heard."""
    proposed = calls(Proposer, "more")
    with monkeypatch.context() as there:
        there.setattr(kept_weights, "can_keep", lambda *_: False)
        plain = heard(by_fbgemm, speech[:3])
    assert proposed == []

    assert heard(by_fbgemm, speech[:3]) == plain
    assert proposed
