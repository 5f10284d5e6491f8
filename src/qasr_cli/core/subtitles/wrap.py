"""The lines of one cue: as few as fit, broken where it reads best. No times here."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from qasr_cli.core.subtitles.atoms import Atom

# Against the break costs. Tuned on subtitles cut by people.
_BREAK_WEIGHT = 0.4
_IMBALANCE_COST = 10.0
_TOP_HEAVY = 1.35  # a line above that is the longer one hides more of the picture
_STUB_COST = 20.0  # a line under half of the other. Source: TED's subtitling guidelines
_FEW_LINES = 3  # of a cue; others were written by somebody

_Layout = tuple[float, tuple[int, ...]]  # its cost, and where its lines end


class Layouts:
    """The best layout of every stretch of atoms that a cue could hold.

    Breaks follow the sense before the shape: after punctuation, before conjunctions, and among
    equals so that the lines are of like length, the lower one the longer. Two speakers never share
    a line.
    """

    def __init__(
        self,
        atoms: Sequence[Atom],
        *,
        line_columns: int,
        line_count: int,
        line_words: int = 0,
        second_line_cost: float = 0,
    ) -> None:
        """Layouts of stretches of these atoms.

        Args:
            atoms: on one endless line.
            line_columns: width of a line; only an atom that is wider alone exceeds it.
            line_count: lines of a cue at most.
            line_words: atoms on a line at most; 0 = any number.
            second_line_cost: of every line after the first.
        """
        self._line_count = line_count
        self._second_line_cost = second_line_cost
        self._lefts = [atom.column_start for atom in atoms]
        self._rights = [atom.column_end for atom in atoms]
        self._break_costs = [_BREAK_WEIGHT * atom.break_cost for atom in atoms]
        most = line_words or len(atoms)
        turn_firsts, turn_stops = _turns(atoms)
        # Up to where a line reaches that begins with an atom, and from where one that ends there.
        self._line_stops = [
            max(first + 1, min(bisect_right(self._rights, left + line_columns), first + most, turn))
            for first, (left, turn) in enumerate(zip(self._lefts, turn_stops, strict=True))
        ]
        self._line_firsts = [
            min(stop - 1, max(bisect_left(self._lefts, right - line_columns), stop - most, turn))
            for stop, (right, turn) in enumerate(zip(self._rights, turn_firsts, strict=True), 1)
        ]
        self._begins_turn = [atom.begins_turn for atom in atoms]

    def furthest_stop(self, first: int) -> int:
        """The end of the longest stretch from `first` that a cue has the lines for."""
        return self._reach(first, self._line_count)

    def cost(self, first: int, stop: int, *, below: float = math.inf) -> float:
        """Cost of the best layout of atoms[first:stop], which a cue has the lines for.

        Args:
            first, stop: a stretch of atoms, not empty.
            below: a cost past which it does not matter; then the answer is no less than this.
        """
        if stop <= self._line_stops[first]:
            return 0.0
        return self._of_lines(first, stop, self._line_count_of(first, stop), below)[0]

    def line_ends(self, first: int, stop: int) -> tuple[int, ...]:
        """Where each line of the best layout of atoms[first:stop] ends; the last ends at stop."""
        line_count = self._line_count_of(first, stop)
        if line_count > _FEW_LINES:
            return self._ends_of_many(first, stop, line_count)
        return self._of_lines(first, stop, line_count, math.inf)[1]

    def _reach(self, first: int, line_count: int) -> int:
        stop = first
        for _ in range(line_count):
            if stop < len(self._lefts):
                stop = self._line_stops[stop]
        return stop

    def _line_count_of(self, first: int, stop: int) -> int:
        line_count = 1
        reach = self._line_stops[first]
        while reach < stop:
            reach = self._line_stops[reach]
            line_count += 1
        return line_count

    def _of_lines(self, first: int, stop: int, line_count: int, below: float) -> _Layout:
        """The best layout in just so many lines, if it costs less than that."""
        if line_count == 1:
            return 0.0, (stop,)
        upper_count = line_count - 1
        best: _Layout = (below, ())
        earliest = max(first + upper_count, self._line_firsts[stop - 1])
        reach = self._line_stops[first] if upper_count == 1 else self._reach(first, upper_count)
        latest = min(stop - 1, reach)
        for edge in range(earliest, latest + 1):  # where the last line begins
            cost = self._second_line_cost + self._break_costs[edge - 1]
            if cost < best[0] and not self._begins_turn[edge]:
                cost += self._shape_cost(first, edge, stop, upper_count)
            if cost < best[0]:
                upper = (
                    (0.0, (edge,))
                    if upper_count == 1
                    else self._of_lines(first, edge, upper_count, best[0] - cost)
                )
                # None was found where it has no ends, whatever rounding makes of the sum.
                if upper[1] and cost + upper[0] < best[0]:
                    best = (cost + upper[0], (*upper[1], stop))
        return best

    def _ends_of_many(self, first: int, stop: int, line_count: int) -> tuple[int, ...]:
        """The same of what no cue would hold, line by line: `_of_lines` would take for ever."""
        soonest = [stop]  # where a line has to end at least, if the rest is to fit; the last first
        while len(soonest) < line_count:
            soonest.append(max(first + 1, self._line_firsts[soonest[-1] - 1]))
        reach = self._line_stops[first]
        known = [dict.fromkeys(range(first + 1, reach + 1), (0.0, first))]
        for upper_count, least in enumerate(reversed(soonest[:-1]), 1):
            reach = min(stop, self._line_stops[min(reach, stop - 1)])
            stops = range(max(least, first + upper_count + 1), reach + 1)
            known.append(self._with_one_more(first, stops, upper_count, known[-1]))
        ends = [stop]
        for of_lines in reversed(known[1:]):
            ends.append(of_lines[ends[-1]][1])
        return tuple(reversed(ends))

    def _with_one_more(
        self, first: int, stops: range, upper_count: int, known: Mapping[int, tuple[float, int]]
    ) -> dict[int, tuple[float, int]]:
        """Cost of the best layout up to each of these stops, and where its last line begins.

        Args:
            known: the same of all lines but the last, of which there are so many.
        """
        found: dict[int, tuple[float, int]] = {}
        for stop in stops:
            best = (math.inf, 0)
            earliest = max(first + upper_count, self._line_firsts[stop - 1])
            for edge in (edge for edge in range(earliest, stop) if edge in known):
                cost = self._second_line_cost + self._break_costs[edge - 1]
                if not self._begins_turn[edge]:
                    cost += self._shape_cost(first, edge, stop, upper_count)
                best = min(best, (cost + known[edge][0], edge))
            if best[0] < math.inf:
                found[stop] = best
        return found

    def _shape_cost(self, first: int, edge: int, stop: int, upper_count: int) -> float:
        """Cost of the widths with a last line from `edge` on, below so many others."""
        upper = (self._rights[edge - 1] - self._lefts[first]) / upper_count
        lower = self._rights[stop - 1] - self._lefts[edge]
        imbalance = abs(upper - lower) / ((upper + lower) or 1)
        cost = _IMBALANCE_COST * imbalance * (_TOP_HEAVY if upper > lower else 1)
        return cost + _STUB_COST if 2 * min(upper, lower) < max(upper, lower) else cost


def _turns(atoms: Sequence[Atom]) -> tuple[list[int], list[int]]:
    """For every atom: where the turn of its speaker begins, and where that of the next one does."""
    firsts = [index if atom.begins_turn else 0 for index, atom in enumerate(atoms)]
    stops = [following or len(atoms) for following in (*firsts, 0)[1:]]
    return list(accumulate(firsts, max)), list(accumulate(reversed(stops), min))[::-1]
