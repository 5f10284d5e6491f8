"""Proposals of the model in 4 bits save time and change nothing: the model itself decides."""

from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.engines.qwen import recogniser as recognition
from qasr_cli.engines.qwen.decoding.proposals import Pace
from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.eight_bits.quantized import EightBits
from qasr_cli.engines.qwen.model.four_bits import graph
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits
from qasr_cli.engines.qwen.model.packed_choice import choice_in, probability_in
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.conftest import answers_of
from tests.engines.qwen.decoding.conftest import demo_recogniser

_POISON = 77


class _EmptyShelf:
    """Has weights made, as where none are kept yet, and perhaps never will."""

    is_filled = False

    def __init__(self, *, has_four_bits: bool) -> None:
        self.has_four_bits = has_four_bits

    def laid_out(self, _: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
        return lay_out()

    def eight_bits(self, _: tuple[int, int], lay_out: Callable[[], EightBits]) -> EightBits:
        return lay_out()

    def four_bits(self, _: tuple[int, int], quantize: Callable[[], FourBits]) -> FourBits:
        return quantize()


class _Notes:
    """What is noted of proposals, beside what the pace makes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.proposed_count = self.kept_count = 0
        note = Pace.note

        def noting(pace: Pace, *, proposed: int, kept: int) -> None:
            self.proposed_count += proposed
            self.kept_count += kept
            note(pace, proposed=proposed, kept=kept)

        monkeypatch.setattr(Pace, "note", noting)


@pytest.mark.parametrize(
    "numbers",
    [
        "float32",
        "bfloat16",
        pytest.param("int8", marks=pytest.mark.skipif(not has_fbgemm(), reason="no kernels")),
    ],
)
@pytest.mark.parametrize("row_count", [1, 2, 3, 4])
def test_answers_are_those_of_single_steps(
    clips: list[PreparedClip], numbers: str, row_count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same tokens, and nearly all proposals hold."""
    step_by_step = answers_of(demo_recogniser(numbers, proposes=False), clips, 1)
    notes = _Notes(monkeypatch)

    assert answers_of(demo_recogniser(numbers), clips, row_count) == step_by_step
    assert notes.proposed_count > len(clips)
    assert notes.kept_count > 0.9 * notes.proposed_count


def test_more_rows_make_do_without_at_first(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With five, proposals are made once the first answers have ended."""
    notes = _Notes(monkeypatch)

    assert answers_of(demo_recogniser(), clips, 5) == plain
    assert notes.proposed_count > len(clips)


def test_most_tokens_need_no_step_of_their_own(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all proposals hold, the model works once for several tokens."""
    recogniser = demo_recogniser()
    model = recogniser._generator._model  # noqa: SLF001
    real_check, checks = model.check, list[int]()

    def counted(ids: torch.Tensor, *rest: object) -> torch.Tensor:
        checks.append(len(ids))
        return real_check(ids, *rest)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(model, "check", counted)

    assert answers_of(recogniser, clips, 1) == plain
    assert len(checks) < sum(map(len, plain)) / 2


@given(data=st.data())
def test_any_proposals_give_the_same_answer(
    proposing: Recogniser, clips: list[PreparedClip], plain: list[list[int]], data: st.DataObject
) -> None:
    """Wrong ones from anywhere, ends and the place of sound among them."""
    token_count = len(proposing._generator._model.embeddings)  # noqa: SLF001
    wrong = st.integers(0, token_count - 1)
    share = data.draw(st.sampled_from([0, 1, 3]))
    some = slice(2)  # few, for there are many examples
    proposer = proposing._generator._proposer  # noqa: SLF001
    assert proposer is not None
    rough = proposer._rough  # noqa: SLF001
    assert rough is not None
    real = rough.next_tokens
    chance = data.draw(st.randoms(use_true_random=False))
    garbage = data.draw(st.lists(wrong, min_size=1, max_size=5))

    def spoilt(ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        tokens = real(ids, lengths).tolist()
        return torch.tensor(
            [t if chance.randrange(4) < share else chance.choice(garbage) for t in tokens]
        )

    rough.next_tokens = spoilt  # type: ignore[method-assign]
    try:
        assert answers_of(proposing, clips[some], data.draw(st.integers(1, 2))) == plain[some]
    finally:
        rough.next_tokens = real  # type: ignore[method-assign]


def test_a_proposal_that_overflows_says_nothing_of_its_clip(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the numbers of a wrong proposal become NaN, the answer is made without any."""
    assert not any(_POISON in answer for answer in plain)
    recogniser = demo_recogniser()
    model = recogniser._generator._model  # noqa: SLF001
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    rough, real_embed, calls = proposer._rough, model.embed, list[int]()  # noqa: SLF001
    assert rough is not None
    real_next = rough.next_tokens

    def spoilt(ids: torch.Tensor) -> torch.Tensor:
        return real_embed(ids).masked_fill((ids == _POISON)[:, None], float("nan"))

    def poisoned(ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        calls.append(1)
        tokens = real_next(ids, lengths)
        return torch.full_like(tokens, _POISON) if len(calls) % 7 == 5 else tokens

    monkeypatch.setattr(model, "embed", spoilt)
    monkeypatch.setattr(rough, "next_tokens", poisoned)

    assert answers_of(recogniser, clips, 2) == plain
    assert len(calls) > 7


def test_no_answer_is_longer_than_its_cap(
    proposing: Recogniser,
    clips: list[PreparedClip],
    plain: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer that is cut has the tokens that it would have had step by step."""
    for cap in (1, 2, 5):
        monkeypatch.setattr(recognition, "answer_cap", lambda _, cap=cap: cap)
        assert answers_of(proposing, clips, 1) == [answer[:cap] for answer in plain]


def test_tokens_keep_their_probabilities(clips: list[PreparedClip]) -> None:
    """A token is as probable as if it had been made in a step of its own."""
    step_by_step, proposed = (
        answers_of(demo_recogniser(proposes=each, with_confidence=True), clips, 1)
        for each in (False, True)
    )
    for one, other in zip(step_by_step, proposed, strict=True):
        assert list(map(choice_in, other)) == list(map(choice_in, one))
        expected = pytest.approx(list(map(probability_in, one)), abs=1e-4)
        assert list(map(probability_in, other)) == expected


def test_more_are_proposed_while_they_hold_and_none_where_none_does() -> None:
    """Many at first; one more than held; twice as many when all held; none after many misses."""
    pace = Pace()
    assert pace.count == 7

    pace.note(proposed=7, kept=0)
    counts = []
    for _ in range(5):
        counts.append(pace.count)
        pace.note(proposed=pace.count, kept=pace.count)
    assert counts == [1, 2, 4, 7, 7]

    pace.note(proposed=1, kept=1)  # fewer than it would have had
    assert pace.count == 7

    hopeless = Pace()
    for _ in range(40):
        if hopeless.count:
            hopeless.note(proposed=hopeless.count, kept=0)
    assert hopeless.count == 0


def test_proposals_are_made_where_kept_weights_pay() -> None:
    """Not for a model whose 4-bit weights would be made anew at each start."""
    assert demo_recogniser(proposes=None)._generator._proposer is None  # noqa: SLF001
    place = placement("cpu", "bfloat16")
    if not place.has_onednn:
        pytest.skip("this processor has no units for bfloat16")

    for can_be_kept in (False, True):
        with shelf.taking_from(_EmptyShelf(has_four_bits=can_be_kept)):
            proposer = demo_recogniser("bfloat16", proposes=None)._generator._proposer  # noqa: SLF001
        assert (proposer is not None) == can_be_kept


def test_a_machine_without_such_products_goes_on_in_steps(
    clips: list[PreparedClip],
    plain: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where onnxruntime cannot multiply 4-bit weights, that is said once, and nothing is lost."""

    def refused(*_: object) -> None:
        raise NotImplementedError("no such operator")

    recogniser = demo_recogniser()
    monkeypatch.setattr(graph, "session_of", refused)

    assert answers_of(recogniser, clips, 1) == plain
    assert [record.getMessage() for record in caplog.records] == [
        "few clips take longer: no products with 4-bit weights (no such operator)"
    ]


def test_an_answer_that_is_begun_anew_is_finished_after_a_stop(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong proposal that overflows costs nobody the answer that was in the making."""
    recogniser = demo_recogniser()
    model = recogniser._generator._model  # noqa: SLF001
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    real_embed = model.embed
    monkeypatch.setattr(
        model,
        "embed",
        lambda ids: real_embed(ids).masked_fill((ids == _POISON)[:, None], float("nan")),
    )
    monkeypatch.setattr(
        proposer._rough,  # noqa: SLF001
        "next_tokens",
        lambda ids, _: torch.full((len(ids),), _POISON),
    )
    asked: list[int] = []

    def goes_on() -> bool:
        asked.append(1)
        return len(asked) == 1

    found = dict(recogniser.answers(clips, 1, goes_on=goes_on))

    assert len(found) == 1
    ((index, answer),) = found.items()
    assert answer == plain[index]
