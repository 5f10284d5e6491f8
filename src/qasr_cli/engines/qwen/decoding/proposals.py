"""Few answers, several tokens at a time: the model in 4 bits proposes, the model itself decides.

A step of few answers takes a processor as long as reading all weights once, and hardly longer does
a check of several tokens. A proposed token costs a quarter of a step, and holds nearly always.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median_high

import torch

from qasr_cli.engines.qwen.decoding.paying import Paying
from qasr_cli.engines.qwen.decoding.rough_model import RoughModel
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.company import ROWS_ALIKE_WITH_TILES
from qasr_cli.engines.qwen.model.four_bits.matmul import NoProducts
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.packed_choice import choice_in
from qasr_cli.engines.qwen.model.products.choice import rows_in_one_read

# More seldom all hold, even where each does in 95 % of cases.
_MOST_COUNT = 7
# Tokens that are checked at once, all rows together: more are no longer nearly as cheap as one.
_MOST_CHECKED, _MOST_CHECKED_WITH_TILES = 16, ROWS_ALIKE_WITH_TILES
# Answers at once: with more of them a rough step takes too long, from three on `Paying` finds out.
# Times as fast as steps, all held, 0.6B shape, 448 positions, two threads of a Xeon, first held to
# AVX512-BF16, then with AMX: 1 row 3.2 and 3.1, 2 rows 2.4 and 2.6, 4 rows 1.4 and 1.7, 6 rows 1.2
# and 1.5, 8 rows with AMX 1.3 (with keys and values of rough steps in float32).
# With them in 8 bits, 95 % held, clips of 30 s on an EPYC with AVX512-BF16: 5 rows take 0.85 of the
# time with two threads and 0.98 with one, 6 as long either way, 8 longer by a twentieth.
_MOST_ROWS, _MOST_ROWS_WITH_TILES = 5, 6
# Fewer that hold than this cost more than they save. Judged over as many as say something.
_LEAST_SHARE = 0.4
_JUDGED_COUNT = 24

_log = logging.getLogger(__name__)


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
            self.count = max(self.count, min(2 * proposed, _MOST_COUNT))
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
        model: decides.
        rough: proposes.
        best: from states to tokens, as they stand in an answer.
        placement: where the model works, which says how many tokens are checked at once.

    Attributes:
        paying: knows whether proposals pay; it is told what steps take, too.
    """

    def __init__(
        self,
        model: LanguageModel,
        rough: RoughModel,
        best: Callable[[torch.Tensor], torch.Tensor],
        placement: Placement,
    ) -> None:
        self._model = model
        self._rough: RoughModel | None = rough
        self._best = best
        has_tiles = placement.has_tiles
        self.paying = Paying()
        self._most_rows = _MOST_ROWS_WITH_TILES if has_tiles else _MOST_ROWS
        most_checked = _MOST_CHECKED_WITH_TILES if has_tiles else _MOST_CHECKED
        self._most_checked = rows_in_one_read(placement) or most_checked

    def count_for(self, paces: Sequence[Pace], *, most: int) -> int:
        """Tokens to propose for each of these answers; 0 = a step is as good.

        Args:
            most: there is room for.
        """
        if self._rough is None or len(paces) > self._most_rows:
            return 0
        # As many as half of them want, the larger number of two: what others make of it is checked
        # beside theirs, which costs little.
        wanted = median_high(pace.count for pace in paces)
        return max(0, min(wanted, most, self._most_checked // len(paces) - 1))

    def begin(self, row_count: int) -> None:
        """Begin to make what proposes, if so few answers are to come, beside what else is done.

        With one thread that gains nothing; else it would be made later by one core alone.
        """
        if self._rough is not None and row_count <= self._most_rows and torch.get_num_threads() > 1:
            self._rough.begin()

    def checked(
        self,
        last: Sequence[int],
        paces: Sequence[Pace],
        cache: Cache,
        *,
        most: int,
        is_alone: bool,
    ) -> list[Checked]:
        """As `more`, for these paces; none where a step is as good, or nothing can be proposed.

        Args:
            is_alone: as of `Paying`.
        """
        count = self.count_for(paces, most=most)
        if not count or not self.paying.proposes(len(last), is_alone=is_alone):
            return []
        try:
            with self.paying.proposal(len(last), is_alone=is_alone) as kept_counts:
                found = self.more(last, cache, count)
                kept_counts.extend(each.kept_count for each in found)
        except NoProducts as error:
            self._end(f"no products with 4-bit weights ({error})")
            return []
        return found

    def give_back(self) -> bool:
        """Propose nothing more, and free what that takes; whether it took anything."""
        if self._rough is None or not self._rough.takes_memory:
            return False
        self._rough.wait()  # else it would still take memory while all is tried again
        self._end("memory ran out, and proposals give theirs back")
        return True

    def _end(self, reason: str) -> None:
        _log.warning("few clips take longer: %s", reason)
        self._rough = None

    def more(self, last: Sequence[int], cache: Cache, count: int) -> list[Checked]:
        """The next tokens of every row, at least one of which counts.

        Args:
            last: token of each answer.
            cache: holds everything before these, and gets them, and what is kept of the proposals.
            count: proposals for each.

        Raises:
            NoProducts: nothing can be proposed.
        """
        rough = self._rough
        if rough is None:
            raise NoProducts("its memory was given back")
        slots = cache.room_ahead(count + 1)
        rough.follow(cache, count)
        columns = [torch.tensor(last)]
        for number in range(count):
            lengths = [length + number for length in cache.lengths]
            columns.append(rough.next_tokens(columns[-1], lengths))
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
