"""Rough steps follow the model, and cost nobody an answer."""

import gc
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import onnxruntime
import pytest
import torch

from qasr_cli.engines.qwen.decoding.proposals import Checked
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.four_bits import graph, matmul, onnx_bytes
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.conftest import answers_of
from tests.engines.qwen.decoding.conftest import demo_recogniser
from tests.engines.rough_numbers import numbers_in

_POISON = 77


class _Sessions:
    """Makes sessions; which thread made each, and for how many threads."""

    def __init__(self) -> None:
        self.is_begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()
        self.made: list[tuple[str, int]] = []

    def make(self, model: onnx_bytes.Graph, threads: int) -> onnxruntime.InferenceSession:
        """As `session_of`, once it may go on."""
        self.is_begun.set()
        assert self.may_go_on.wait(timeout=30)
        session = matmul.session_of(model, threads)
        self.made.append((threading.current_thread().name, threads))
        return session


def test_no_memory_for_proposals_costs_no_clip(
    clips: list[PreparedClip],
    plain: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where the keys and values of rough steps have no room, the answers are made without them."""
    monkeypatch.setattr(graph, "_ROOM_SHARE", 1e12)  # more than any machine has

    assert answers_of(demo_recogniser(), clips, 2) == plain
    (record,) = caplog.records
    assert "few clips take longer" in record.getMessage()


def test_memory_of_proposals_is_given_back_before_a_clip_fails(
    clips: list[PreparedClip],
    plain: list[list[int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Once; then answers are made in steps, and are the same."""
    recogniser = demo_recogniser()
    assert not recogniser.give_back()  # nothing is held that was never used
    assert answers_of(recogniser, clips, 2) == plain
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    graph_held = weakref.ref(proposer._rough._graph)  # type: ignore[union-attr]  # noqa: SLF001

    assert [recogniser.give_back(), recogniser.give_back()] == [True, False]

    gc.collect()
    assert graph_held() is None
    assert answers_of(recogniser, clips, 2) == plain
    (record,) = caplog.records
    assert "few clips take longer" in record.getMessage()


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Sessions]:
    """Those that are made meanwhile."""
    made = _Sessions()
    monkeypatch.setattr(graph, "session_of", made.make)
    yield made
    made.may_go_on.set()


@pytest.mark.parametrize(
    ("row_count", "thread_count", "is_made"),
    [(1, 2, True), (4, 2, True), (7, 2, False), (1, 1, False)],
)
def test_what_proposes_is_made_in_a_thread(
    row_count: int,
    thread_count: int,
    is_made: bool,
    sessions: _Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where few answers are to come, and there is a core for it; once, whoever asks."""
    proposer = demo_recogniser()._generator._proposer  # noqa: SLF001
    assert proposer is not None
    assert proposer._rough is not None  # noqa: SLF001
    monkeypatch.setattr(torch, "get_num_threads", lambda: thread_count)

    for _ in range(2):
        proposer.begin(row_count)
    proposer._rough.wait()  # noqa: SLF001

    assert sessions.made == [("qasr-rough-model", thread_count)] * is_made


def test_the_first_prompts_are_read_meanwhile(
    clips: list[PreparedClip],
    plain: list[list[int]],
    sessions: _Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The session is begun before, and waited for after that."""
    sessions.may_go_on.clear()
    recogniser = demo_recogniser()
    model = recogniser._generator._model  # noqa: SLF001
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    read, begun_before = model.read, list[bool]()

    def noting(*given: Any, **named: Any) -> torch.Tensor:  # noqa: ANN401  # as they come
        states = read(*given, **named)
        begun_before.append(sessions.is_begun.wait(timeout=30))
        sessions.may_go_on.set()
        return states

    monkeypatch.setattr(model, "read", noting)

    assert answers_of(recogniser, clips[:1], 1) == plain[:1]
    assert begun_before == [True]
    assert sessions.made == [("qasr-rough-model", 2)]


def test_memory_of_what_is_still_being_made_is_given_back(
    clips: list[PreparedClip], plain: list[list[int]], sessions: _Sessions
) -> None:
    """Who asks for it back waits until nothing more is taken."""
    sessions.may_go_on.clear()
    recogniser = demo_recogniser()
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    assert proposer._rough is not None  # noqa: SLF001
    graph_held = weakref.ref(proposer._rough._graph)  # noqa: SLF001
    proposer._rough.begin()  # noqa: SLF001
    assert sessions.is_begun.wait(timeout=30)
    threading.Timer(0.2, sessions.may_go_on.set).start()

    assert recogniser.give_back()

    assert len(sessions.made) == 1
    gc.collect()
    assert graph_held() is None
    assert answers_of(recogniser, clips, 2) == plain


@torch.inference_mode()
def test_what_is_held_of_one_cache_is_not_taken_for_anothers(proposing: Recogniser) -> None:
    """Rows of a new cache are copied whole, though they have the numbers of an earlier one's."""
    generator = proposing._generator  # noqa: SLF001
    model, proposer = generator._model, generator._proposer  # noqa: SLF001
    assert proposer is not None
    rough = proposer._rough  # noqa: SLF001
    assert rough is not None
    shape = (model.layer_count, model.key_head_count, model.head_dim)
    for seed in (1, 2):
        cache = Cache(placement("cpu", "float32"), shape, row_count=2, capacity=64, bucket=64)
        cache.add_rows([20, 30 + seed])
        torch.manual_seed(seed)
        for held in (each for layer in range(model.layer_count) for each in cache.held(layer)):
            held.copy_(torch.randn(held.shape))

        rough.follow(cache, 3)

        memory = rough._graph.memory  # noqa: SLF001
        for layer, both in enumerate(numbers_in(memory)):
            for ours, exact in zip(both, cache.held(layer), strict=True):
                for row, length in enumerate(cache.lengths):
                    off = ours[row, :, :length] - exact[row, :, :length]
                    assert off.abs().max() <= (0 if memory.scales is None else 0.05)


def test_an_answer_that_is_begun_anew_is_proposed_nothing_in_company(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proposal that overflows is not made again to the answer that it spoilt."""
    recogniser = demo_recogniser()
    generator = recogniser._generator  # noqa: SLF001
    real_checked, companies = generator._checked, list[list[bool]]()  # noqa: SLF001
    rough, model = generator._proposer._rough, generator._model  # type: ignore[union-attr]  # noqa: SLF001
    assert rough is not None
    real_next, real_embed, calls = rough.next_tokens, model.embed, list[int]()

    def noting(rows: Sequence[Any], cache: Cache, *, is_alone: bool) -> list[Checked]:
        found = real_checked(rows, cache, is_alone=is_alone)
        companies.append([row.prompt.is_stepwise for row in rows])
        assert not (found and any(companies[-1]))
        return found

    def poisoned(ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        calls.append(1)
        tokens = real_next(ids, lengths)
        return tokens.index_fill(0, torch.tensor([0]), _POISON) if len(calls) == 3 else tokens

    monkeypatch.setattr(rough, "next_tokens", poisoned)
    monkeypatch.setattr(
        model,
        "embed",
        lambda ids: real_embed(ids).masked_fill((ids == _POISON)[:, None], float("nan")),
    )
    monkeypatch.setattr(generator, "_checked", noting)

    assert answers_of(recogniser, clips, 3) == plain
    assert any(any(stepwise) and not all(stepwise) for stepwise in companies)
