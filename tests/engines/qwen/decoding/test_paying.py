"""Proposals are made for as many answers as they pay for on this machine."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
import torch

from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.decoding.paying import Paying
from qasr_cli.engines.qwen.features import PreparedClip
from tests.engines.conftest import answers_of
from tests.engines.qwen.decoding.conftest import demo_recogniser

_TRY = 6  # turns, the first of which does not count


class _Machine:
    """Takes so long, and does what pays."""

    def __init__(self, *, proposal_s: float, step_s: float) -> None:
        self.now_s = 0.0
        self.paying = Paying(lambda: self.now_s)
        self.proposal_s, self.step_s = proposal_s, step_s

    def turn(self, row_count: int, *, is_alone: bool = True, kept: int = 4) -> str:
        """Which way the next tokens of so many answers are made."""
        if self.paying.proposes(row_count, is_alone=is_alone):
            with self.paying.proposal(row_count, is_alone=is_alone) as kept_counts:
                self.now_s += self.proposal_s
                kept_counts.extend([kept] * row_count)
            return "p"
        with self.paying.step(row_count, is_alone=is_alone):
            self.now_s += self.step_s
        return "s"

    def turns(self, turn_count: int, row_count: int, *, is_alone: bool = True) -> str:
        """The ways of so many turns, a letter each."""
        return "".join(self.turn(row_count, is_alone=is_alone) for _ in range(turn_count))


@pytest.mark.parametrize(("step_s", "then"), [(0.09, "s"), (0.11, "p")])
def test_both_ways_are_tried_and_the_faster_one_is_kept(step_s: float, then: str) -> None:
    """By what a token takes: four tokens in 0.4 s are slower than one in 0.09 s."""
    machine = _Machine(proposal_s=0.4, step_s=step_s)

    assert machine.turns(30, 4) == _TRY * "p" + _TRY * "s" + then * 18


def test_few_answers_need_no_trial() -> None:
    """One or two are always proposed to: a trial would cost them more than it tells."""
    machine = _Machine(proposal_s=0.4, step_s=0.01)

    assert machine.turns(20, 1) == machine.turns(20, 2) == "p" * 20


def test_the_first_turn_of_a_try_decides_nothing() -> None:
    """It has much to take over."""
    machine = _Machine(proposal_s=99.0, step_s=0.2)
    assert machine.turn(3) == "p"
    machine.proposal_s = 0.4

    assert machine.turns(20, 3) == (_TRY - 1) * "p" + _TRY * "s" + 9 * "p"


def test_some_turns_without_luck_decide_nothing() -> None:
    """Of the way in use more turns count than of a try: what holds of a few is chance."""
    machine = _Machine(proposal_s=0.35, step_s=0.1)
    machine.turns(60, 4)

    assert "".join(machine.turn(4, kept=1) for _ in range(3)) == "ppp"
    assert machine.turns(20, 4) == "p" * 20


def test_what_is_always_proposed_in_vain_is_slow() -> None:
    """A turn of which one token counts took as long for one as another for four."""
    machine = _Machine(proposal_s=0.4, step_s=0.3)
    made = "".join(machine.turn(4, kept=1) for _ in range(20))

    assert made == _TRY * "p" + 14 * "s"


@pytest.mark.parametrize("step_s", [0.09, 0.11])
def test_beside_other_work_nothing_is_tried_or_taken_in(step_s: float) -> None:
    """What is known counts, and where nothing is, proposals are the better guess."""
    machine = _Machine(proposal_s=0.4, step_s=step_s)
    assert machine.turns(20, 4, is_alone=False) == "p" * 20

    machine = _Machine(proposal_s=0.4, step_s=step_s)
    known = machine.turns(20, 4)[-1]
    machine.proposal_s, machine.step_s = 0.01 * (known == "s"), 0.01 * (known == "p")

    assert machine.turns(20, 4, is_alone=False) == known * 20
    machine.proposal_s, machine.step_s = 0.4, step_s
    assert machine.turns(20, 4) == known * 20


def test_the_slower_way_is_tried_again_at_last() -> None:
    """What was slow may have become fast: more proposals hold, another program has ended."""
    machine = _Machine(proposal_s=0.4, step_s=0.05)
    assert machine.turns(512, 4) == _TRY * "p" + "s" * 500 + _TRY * "p"
    machine.proposal_s = 0.1

    assert "p" not in machine.turns(500, 4)
    assert machine.turns(20, 4) == "p" * 20


def test_what_broke_off_was_no_turn() -> None:
    """Neither a refusal of proposals nor an error within a step counts as a time."""
    machine = _Machine(proposal_s=0.4, step_s=0.1)
    for _ in range(9):
        with pytest.raises(MemoryError), machine.paying.proposal(4, is_alone=True):
            raise MemoryError
        with pytest.raises(MemoryError), machine.paying.step(4, is_alone=True):
            raise MemoryError

    assert machine.turns(12, 4) == _TRY * "p" + _TRY * "s"


def _ever_shorter_looks() -> Iterator[float]:
    """A clock that each look moves on, by less every time: whatever comes later is faster."""
    now_s = 0.0
    for number in count(1):
        now_s += 1 / number
        yield now_s


def test_answers_do_not_depend_on_what_pays(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same tokens where it changes its mind in the middle of them."""
    recogniser = demo_recogniser()
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    looks = _ever_shorter_looks()
    proposer.paying = Paying(lambda: next(looks))
    ways, real_proposes = list[bool](), proposer.paying.proposes

    def noting(row_count: int, *, is_alone: bool) -> bool:
        ways.append(real_proposes(row_count, is_alone=is_alone))
        return ways[-1]

    monkeypatch.setattr(proposer.paying, "proposes", noting)

    assert answers_of(recogniser, clips, 4) == plain
    assert {True, False} == set(ways)


def test_who_works_beside_is_known(
    clips: list[PreparedClip], plain: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the turn after it has begun until it has ended, and all cores are back."""
    recogniser = demo_recogniser()
    proposer = recogniser._generator._proposer  # noqa: SLF001
    assert proposer is not None
    alone, thread_counts = list[bool](), list[int]()

    def noting(_: int, *, is_alone: bool) -> bool:
        alone.append(is_alone)
        thread_counts.append(torch.get_num_threads())
        return True

    def work(goes_on: Callable[[], bool]) -> None:
        while len(alone) < 5 and goes_on():
            pass

    monkeypatch.setattr(proposer.paying, "proposes", noting)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with Beside(work) as beside:
            answers = dict(recogniser.answers(clips, 4, beside=beside))
    finally:
        torch.set_num_threads(before)

    assert [answers[index] for index in range(len(clips))] == plain
    assert thread_counts == [3 if each else 2 for each in alone]
    assert alone[:5] == [True, False, False, False, False]
    assert alone[-1]
