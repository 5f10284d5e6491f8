"""Few answers, several tokens at a time: the model in 4 bits proposes, the model itself decides.

A step of one answer takes a processor as long as reading all weights once, and so does a check of
several tokens. A proposed token costs a third of a step, and holds nearly always.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.packed_choice import choice_in

# From states of rough steps, shape (rows, hidden size), to tokens.
RoughHead = Callable[[torch.Tensor], torch.Tensor]

# More seldom all hold, even where each does in 95 % of cases.
_MOST_COUNT = 7
# Tokens that are checked at once, all rows together: more are no longer as cheap as one.
_MOST_CHECKED = 8
# Answers at once: with more, all cores are busy anyway.
MOST_ROWS = 3
# Fewer that hold than this cost more than they save. Judged over as many as say something.
_LEAST_SHARE = 0.4
_JUDGED_COUNT = 24


@dataclass(slots=True, kw_only=True)
class Pace:
    """How many tokens of an answer are proposed at once: more while they hold.

    Attributes:
        count: next time, and as many as may be to begin with, since most hold; 0 = it does not pay
            for this answer.
    """

    count: int = _MOST_COUNT
    _proposed_count: int = 0
    _kept_count: int = 0

    def note(self, *, proposed: int, kept: int) -> None:
        """Take in how many were proposed, and how many of these the model would have written."""
        self._proposed_count += proposed
        self._kept_count += kept
        share = self._kept_count / self._proposed_count
        if self._proposed_count >= _JUDGED_COUNT and share < _LEAST_SHARE:
            self.count = 0
        elif kept == proposed:
            self.count = min(proposed + 1, _MOST_COUNT)
        else:
            self.count = kept + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the model writes after the last token of an answer, and after each proposed one.

    Attributes:
        kept_count: tokens that count; the others were chosen behind a proposal that did not hold.
    """

    tokens: list[int]
    kept_count: int


class Proposer:
    """Goes on with answers in the making.

    Args:
        model: can take rough steps.
        best: from states to tokens, as they stand in an answer.
    """

    def __init__(
        self,
        model: LanguageModel,
        rough_head: RoughHead,
        best: Callable[[torch.Tensor], torch.Tensor],
    ) -> None:
        self._model = model
        self._rough_head = rough_head
        self._best = best

    def count_for(self, paces: Sequence[Pace], *, most: int) -> int:
        """Tokens to propose for each of these answers; 0 = a step is as good.

        Args:
            most: there is room for.
        """
        if len(paces) > MOST_ROWS:
            return 0
        wanted = min(pace.count for pace in paces)
        return max(0, min(wanted, most, _MOST_CHECKED // len(paces) - 1))

    def more(self, last: Sequence[int], cache: Cache, count: int) -> list[Checked]:
        """The next tokens of every row, at least one of which counts.

        Args:
            last: token of each answer.
            cache: holds everything before these, and gets them, and what is kept of the proposals.
            count: proposals for each.
        """
        slots = cache.room_ahead(count + 1)
        columns = [torch.tensor(last)]
        for number in range(count):
            places = slots.some(slice(number, None, count + 1))
            states = self._model.rough_step(columns[-1], places, cache)
            columns.append(self._rough_head(states))
        ids = torch.stack(columns, dim=1)
        states = self._model.check(ids.flatten(), slots, cache)
        tokens = self._best(states).view(ids.shape).tolist()
        checked = [
            Checked(tokens=some, kept_count=1 + held_count(proposed, some))
            for proposed, some in zip(ids[:, 1:].tolist(), tokens, strict=True)
        ]
        for row, one in enumerate(checked):
            cache.lengthen_row(row, one.kept_count)
        return checked


def held_count(proposed: Sequence[int], tokens: Sequence[int]) -> int:
    """How many tokens of a draft or a proposal are what the model wrote, up to the first other."""
    for number, (one, token) in enumerate(zip(proposed, tokens, strict=False)):
        if choice_in(token) != one:
            return number
    return len(proposed)
