"""In float32 only weights of 4 bits are kept: those that propose tokens."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.decoding.proposals import Proposer
from qasr_cli.engines.qwen.device import has_fbgemm
from qasr_cli.engines.qwen.model.four_bits import packing
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import results_by_id
from tests.engines.qwen.loading.conftest import heard

pytestmark = pytest.mark.skipif(not has_fbgemm(), reason="this processor proposes no tokens")


@pytest.fixture
def in_float32(pair: EngineOptions) -> EngineOptions:
    """As auto has it where the processor does not multiply bfloat16."""
    return replace(pair, dtype="float32")


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
    in_float32: EngineOptions,
    speech: list[Clip],
    calls: Callable[[object, str], list[None]],
    threads: int,
) -> None:
    """It proposes with what the first one kept, and hears the same; with two threads as well."""
    in_float32 = replace(in_float32, threads=threads)
    made, proposed = calls(packing, "quantized"), calls(Proposer, "more")
    first = heard(in_float32, speech[:3])
    made_count, proposed_count = len(made), len(proposed)

    assert heard(in_float32, speech[:3]) == first
    assert len(made) == made_count > 10
    assert len(proposed) == 2 * proposed_count > 0
    kept = [
        sorted(file.name.partition("-")[0] for file in Path(name, PACKED_FOLDER).glob("*"))
        for name in (in_float32.model, str(in_float32.aligner))
    ]
    assert kept == [["int4"], []]


def test_what_is_kept_serves_every_number_format(
    in_float32: EngineOptions, speech: list[Clip], calls: Callable[[object, str], list[None]]
) -> None:
    """Weights of 4 bits are the same in all of them."""
    heard(in_float32, speech[:1])
    made = calls(packing, "quantized")

    heard(replace(in_float32, quantize="int4"), speech[:1])

    assert made == []


def test_answers_are_those_of_a_folder_that_cannot_be_written(
    in_float32: EngineOptions, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be kept nothing is proposed, and as much is heard."""
    with contextlib.closing(build_engine(in_float32)) as engine:
        proposed = results_by_id(engine, speech[:3])

    monkeypatch.setattr("qasr_cli.checkpoints.kept_weights.can_keep", lambda *_: False)
    monkeypatch.setattr("qasr_cli.checkpoints.kept_weights.find", lambda *_: None)

    with contextlib.closing(build_engine(in_float32)) as engine:
        assert results_by_id(engine, speech[:3]) == proposed
