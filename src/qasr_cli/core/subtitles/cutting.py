"""Where subtitles are cut: the cheapest way through all atoms, by dynamic programming. Pure.

Every cut costs what the break costs, and every cue what is wrong with it: too fast to read, too
short, an orphan, the end of one sentence with the start of another. Time is linear in the number
of atoms, since only so many of them fit into one cue.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import Atom, width_of
from qasr_cli.core.subtitles.wrap import Layouts

# Against the break costs. Tuned on subtitles cut by people.
_CUE_COST = 8.0
_HASTE_COST = 120.0  # of a cue that is read in half the time it takes, ...
_MOST_HASTE = 1.5  # ... growing up to so many times that
_FLASH_COST = 70.0  # of a cue that is gone at once, falling to ...
_SHORT_COST = 15.0  # ... of one that just misses its minimum
_LONG_COST_PER_MS = 0.03
_LONG_SHARE = 6 / 7  # of the longest duration: 6 s of 7
_PAUSE_COST_PER_MS = 0.05
_SMOOTH_PAUSE_MS = 350  # a longer one inside a cue is felt
_INNER_SENTENCE_COST = 40.0  # of every sentence that ends inside a cue
_DANGLING_COST = 40.0  # of another that such a cue does not end
_LONE_TURN_COST = 25.0  # of a question whose answer comes in the next cue
_ORPHAN_COST = 45.0
_ORPHAN_COLUMNS = 8
# Of a short piece of a sentence in a cue of its own, falling to 0 over so much of a line.
_OPENING_COST = 40.0
_CLOSING_COST = 20.0
_SHORT_SHARE = 0.45


def cut(atoms: Sequence[Atom], layouts: Layouts, limits: Limits) -> list[tuple[int, int]]:
    """The stretches atoms[first:stop] that become cues: in order, every atom, none empty.

    Args:
        atoms: of one language, in order.
        layouts: of these atoms.
        limits: for this language.
    """
    cutter = _Cutter(atoms, layouts, limits)
    totals = [0.0] + [math.inf] * len(atoms)  # cost of the best way to cut atoms[:stop]
    firsts = [0] * len(totals)  # where its last cue begins
    for first in range(len(atoms)):
        for stop, total in cutter.better_cues(first, totals):
            totals[stop] = total
            firsts[stop] = first
    stops = [len(atoms)]
    while stops[-1] > 0:
        stops.append(firsts[stops[-1]])
    return list(pairwise(reversed(stops)))


class _Cutter:
    """Costs of cues, from lists of plain numbers, since most of the time is spent here."""

    def __init__(self, atoms: Sequence[Atom], layouts: Layouts, limits: Limits) -> None:
        self._layouts = layouts
        self._limits = limits
        self._starts_ms = [atom.start_ms for atom in atoms]
        self._ends_ms = [atom.end_ms for atom in atoms]
        self._lefts = [atom.column_start for atom in atoms]
        self._rights = [atom.column_end for atom in atoms]
        self._break_costs = [*(atom.break_cost for atom in atoms[:-1]), 0]
        self._is_end = [atom.ends_sentence for atom in atoms]
        self._end_counts = list(accumulate(self._is_end, initial=0))
        self._begins_turn = [*(atom.begins_turn for atom in atoms), False]
        self._turn_counts = list(accumulate(self._begins_turn))
        self._pauses_ms = [right.start_ms - left.end_ms for left, right in pairwise(atoms)]
        self._pauses_ms.append(limits.max_gap_ms)  # nothing follows
        self._free_ms = [min(ms - limits.gap_ms, limits.linger_ms) for ms in self._pauses_ms]
        self._ms_per_column = 1000 / (limits.chars_per_s * limits.char_columns)
        self._short_columns = _SHORT_SHARE * limits.line_columns
        self._orphan_atoms = limits.char_columns  # two characters are an orphan as one word is
        self._min_duration_ms = limits.min_duration_ms
        self._long_ms = _LONG_SHARE * limits.max_duration_ms
        self._latest_stops = self._stops_at_cuts(atoms)

    def _stops_at_cuts(self, atoms: Sequence[Atom]) -> list[int]:
        """For every atom: the end of the stretch from it on that no cut must part."""
        limits = self._limits
        is_too_wide = [width_of((atom,)) > limits.line_columns for atom in atoms]
        stops = [len(atoms)] * len(atoms)
        for index in range(len(atoms) - 2, -1, -1):
            must_cut = (
                atoms[index].is_sound != atoms[index + 1].is_sound
                or self._pauses_ms[index] >= limits.max_gap_ms
                or (limits.sentence and self._is_end[index])
                or is_too_wide[index]
                or is_too_wide[index + 1]
            )
            stops[index] = index + 1 if must_cut else stops[index + 1]
        return stops

    def better_cues(self, first: int, totals: Sequence[float]) -> Iterator[tuple[int, float]]:
        """Where a cue from `first` may end, and the total up to there, if less than the known."""
        pauses_ms, break_costs = self._pauses_ms, self._break_costs
        smooth_total = totals[first] + _CUE_COST
        longest_pause_ms = _SMOOTH_PAUSE_MS
        for last in range(first, self._latest_stop(first)):
            # The cheap part first: mostly it is too much already.
            total = smooth_total + break_costs[last]
            if total < totals[last + 1]:
                total += self._sense_cost(first, last)
                total += self._time_cost(first, last)
                if total < totals[last + 1]:
                    below = totals[last + 1] - total
                    total += self._layouts.cost(first, last + 1, below=below)
                    if total < totals[last + 1]:
                        yield last + 1, total
            if pauses_ms[last] > longest_pause_ms:
                smooth_total += _PAUSE_COST_PER_MS * (pauses_ms[last] - longest_pause_ms)
                longest_pause_ms = pauses_ms[last]

    def _latest_stop(self, first: int) -> int:
        """Up to where a cue from `first` may reach; one atom always may."""
        latest_ms = self._starts_ms[first] + self._limits.max_duration_ms
        stop_in_time = bisect_right(self._ends_ms, latest_ms)
        stop = min(self._layouts.furthest_stop(first), stop_in_time, self._latest_stops[first])
        return max(stop, first + 1)

    def _sense_cost(self, first: int, last: int) -> float:
        """Cost of sentences that end inside, and of too little text for part of a sentence."""
        cost = 0.0
        inner_count = self._end_counts[last] - self._end_counts[first]
        if self._begins_turn[first]:  # a question and its answer, a line each
            turn_count = self._turn_counts[last] - self._turn_counts[first]
            inner_count -= turn_count
            if not turn_count and self._begins_turn[last + 1]:
                cost = _LONE_TURN_COST
        if inner_count:
            cost += _INNER_SENTENCE_COST * inner_count
            if not self._is_end[last]:
                cost += _DANGLING_COST
        columns = self._rights[last] - self._lefts[first]
        begins, ends = self._begins_sentence(first), self._is_end[last]
        if begins and ends:
            return cost
        if columns < _ORPHAN_COLUMNS or last - first < self._orphan_atoms:
            cost += _ORPHAN_COST
        if columns < self._short_columns and (begins or ends):
            most = _OPENING_COST if begins else _CLOSING_COST
            cost += most * (1 - columns / self._short_columns)
        return cost

    def _begins_sentence(self, index: int) -> bool:
        return index == 0 or self._is_end[index - 1]

    def _time_cost(self, first: int, last: int) -> float:
        """Cost of too little time to read, too little to be seen, and too much."""
        spoken_ms = self._ends_ms[last] - self._starts_ms[first]
        shown_ms = max(spoken_ms + self._free_ms[last], 1)
        read_ms = (self._rights[last] - self._lefts[first]) * self._ms_per_column
        cost = 0.0
        if read_ms > shown_ms:
            cost = _HASTE_COST * min(read_ms / shown_ms - 1, _MOST_HASTE)
        if shown_ms < self._min_duration_ms:
            lack = 1 - shown_ms / self._min_duration_ms
            cost += _SHORT_COST + (_FLASH_COST - _SHORT_COST) * lack
        if spoken_ms > self._long_ms:
            cost += _LONG_COST_PER_MS * (spoken_ms - self._long_ms)
        return cost
