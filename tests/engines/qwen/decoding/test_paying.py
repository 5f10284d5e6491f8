"""Proposals are made for as many answers as they pay for on this machine."""

from collections.abc import Iterator
from itertools import count

import pytest

from qasr_cli.engines.qwen.decoding.paying import Paying
from qasr_cli.engines.qwen.features import PreparedClip
from tests.engines.conftest import answers_of
from tests.engines.qwen.decoding.conftest import demo_recogniser


class _Clock:
    """Stands still but for what a test lets pass."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class _Machine:
    """Takes so long, and does what pays."""

    def __init__(self, *, proposal_s: float, step_s: float, proposals_first: bool = True) -> None:
        self._clock = _Clock()
        self.paying = Paying(lambda: proposals_first, self._clock)
        self.proposal_s, self.step_s = proposal_s, step_s

    def turn(self, row_count: int, *, may_try_steps: bool = True, kept: int = 4) -> str:
        """Which way the next tokens of so many answers are made."""
        if self.paying.proposes(row_count, may_try_steps=may_try_steps):
            with self.paying.proposal(row_count) as kept_counts:
                self._clock.now_s += self.proposal_s
                kept_counts.extend([kept] * row_count)
            return "p"
        with self.paying.step(row_count):
            self._clock.now_s += self.step_s
        return "s"

    def turns(self, turn_count: int, row_count: int, **given: bool) -> str:
        """The ways of so many turns, a letter each."""
        return "".join(self.turn(row_count, **given) for _ in range(turn_count))


@pytest.mark.parametrize(("step_s", "then"), [(0.09, "s"), (0.11, "p")])
def test_both_ways_are_tried_and_the_faster_one_is_kept(step_s: float, then: str) -> None:
    """By what a token takes: four tokens in 0.4 s are slower than one in 0.09 s."""
    machine = _Machine(proposal_s=0.4, step_s=step_s)

    assert machine.turns(20, 4) == "ppp" + "sss" + then * 14


@pytest.mark.parametrize(("proposal_s", "then"), [(0.4, "s"), (0.3, "p")])
def test_what_is_likely_slower_is_tried_late(proposal_s: float, then: str) -> None:
    """Where steps are the better guess, proposals are tried once many tokens were made."""
    machine = _Machine(proposal_s=proposal_s, step_s=0.09, proposals_first=False)

    assert machine.turns(510, 4) == "s" * 500 + "ppp" + then * 7


def test_few_answers_need_no_trial() -> None:
    """One or two are always proposed to: a trial would cost them more than it tells."""
    machine = _Machine(proposal_s=0.4, step_s=0.01)

    assert machine.turns(20, 1) == machine.turns(20, 2) == "p" * 20


def test_one_slow_turn_decides_nothing() -> None:
    """The first one has much to take over."""
    machine = _Machine(proposal_s=9.0, step_s=0.2)
    assert machine.turn(3) == "p"
    machine.proposal_s = 0.4

    assert machine.turns(9, 3) == "pp" + "sss" + "pppp"


def test_what_works_beside_is_no_reason_for_steps() -> None:
    """Steps are not tried then, but those that were made for other reasons count."""
    machine = _Machine(proposal_s=0.4, step_s=0.05)
    assert machine.turns(9, 4, may_try_steps=False) == "p" * 9

    for _ in range(3):
        with machine.paying.step(4):
            machine._clock.now_s += machine.step_s  # noqa: SLF001

    assert machine.turns(3, 4, may_try_steps=False) == "sss"


def test_the_slower_way_is_tried_again_at_last() -> None:
    """What was slow may have become fast: more proposals hold, another program has ended."""
    machine = _Machine(proposal_s=0.4, step_s=0.05)
    assert machine.turns(506, 4) == "ppp" + "s" * 500 + "ppp"
    machine.proposal_s = 0.1

    assert "p" not in machine.turns(498, 4)
    assert machine.turns(9, 4).endswith("p" * 5)


def test_what_was_proposed_in_vain_is_slow() -> None:
    """A turn of which one token counts took as long for one as another for four."""
    machine = _Machine(proposal_s=0.4, step_s=0.3)
    made = "".join(machine.turn(4, kept=1) for _ in range(9))

    assert made == "ppp" + "sss" + "sss"


def test_what_broke_off_was_no_turn() -> None:
    """Neither a refusal of proposals nor an error within a step counts as a time."""
    machine = _Machine(proposal_s=0.4, step_s=0.1)
    for _ in range(5):
        with pytest.raises(MemoryError), machine.paying.proposal(4):
            raise MemoryError
        with pytest.raises(MemoryError), machine.paying.step(4):
            raise MemoryError

    assert machine.turns(6, 4) == "ppp" + "sss"


def _slow_proposals() -> Iterator[float]:
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
    looks = _slow_proposals()
    proposer.paying = Paying(lambda: True, lambda: next(looks))
    ways, real_proposes = list[bool](), proposer.paying.proposes

    def noting(row_count: int, *, may_try_steps: bool) -> bool:
        ways.append(real_proposes(row_count, may_try_steps=may_try_steps))
        return ways[-1]

    monkeypatch.setattr(proposer.paying, "proposes", noting)

    assert answers_of(recogniser, clips, 4) == plain
    assert {True, False} == set(ways)
