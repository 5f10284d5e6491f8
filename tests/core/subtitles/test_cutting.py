from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import Atom
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cutting import cut
from qasr_cli.core.subtitles.wrap import Layouts

LIMITS = limits_of("English", CueOptions(max_line_width=12))


def atoms_from(rows: list[tuple[int, int, int, bool]]) -> list[Atom]:
    """Atoms of these widths, break costs, pauses after them, and sentence ends; 300 ms each."""
    atoms = []
    column = time_ms = 0
    for index, (width, cost, pause_ms, ends) in enumerate(rows):
        atoms.append(
            Atom(
                char_start=index,
                char_end=index + 1,
                start_ms=time_ms,
                end_ms=time_ms + 300,
                column_start=column,
                column_end=column + width,
                break_cost=0 if ends else cost,
                ends_sentence=ends,
            )
        )
        column += width + 1
        time_ms += 300 + pause_ms
    return atoms


ROWS = st.lists(
    st.tuples(
        st.integers(1, 15),
        st.sampled_from((6, 10, 20, 180, 330)),
        st.sampled_from((0, 80, 400, 2000)),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


class CountingLayouts(Layouts):
    """Layouts that count how often they are asked for one."""

    asked_count = 0

    def cost(self, first: int, stop: int, *, below: float = float("inf")) -> float:
        """As ever."""
        self.asked_count += 1
        return super().cost(first, stop, below=below)


def layouts_of(atoms: list[Atom], limits: Limits) -> CountingLayouts:
    """Layouts within the limits."""
    return CountingLayouts(atoms, line_columns=limits.line_columns, line_count=limits.line_count)


@given(ROWS)
def test_cues_hold_every_atom_once_within_the_limits(
    rows: list[tuple[int, int, int, bool]],
) -> None:
    """In order; never over a long silence; over the limits only as a single atom."""
    atoms = atoms_from(rows)

    stretches = cut(atoms, layouts_of(atoms, LIMITS), LIMITS)

    assert [first for first, _ in stretches] == [0, *(stop for _, stop in stretches[:-1])]
    assert stretches[-1][1] == len(atoms)
    for first, stop in stretches:
        inside = atoms[first:stop]
        assert inside
        if len(inside) > 1:
            assert inside[-1].end_ms - inside[0].start_ms <= LIMITS.max_duration_ms
            assert all(b.start_ms - a.end_ms < LIMITS.max_gap_ms for a, b in pairwise(inside))
            assert all(a.column_end - a.column_start <= LIMITS.line_columns for a in inside)


def test_no_atoms_are_no_cues() -> None:
    """Nothing said, nothing cut."""
    assert cut([], layouts_of([], LIMITS), LIMITS) == []


@pytest.mark.parametrize("costs", list(product((10, 180), repeat=3)))
def test_the_cheapest_break_wins_among_equal_shapes(costs: tuple[int, ...]) -> None:
    """Where two cues are needed and any cut fits, the cut is at the lowest cost."""
    before_and_after = [(4, 330, 0, False)] * 3
    middle = [(4, cost, 0, False) for cost in costs]
    atoms = atoms_from([*before_and_after[:1], *middle, *before_and_after[:1]])
    one_line = limits_of("English", CueOptions(max_line_width=19, max_line_count=1))

    stretches = cut(atoms, layouts_of(atoms, one_line), one_line)

    cut_costs = [atoms[stop - 1].break_cost for _, stop in stretches[:-1]]
    assert len(cut_costs) == 1
    assert cut_costs[0] == min(costs)


def test_work_grows_with_the_text_and_no_faster() -> None:
    """Ten times the atoms are ten times the work."""
    rows = [(5, 180, 0, False), (4, 10, 80, False), (6, 20, 0, False), (7, 0, 240, True)]

    counts = []
    for times in (25, 250):
        atoms = atoms_from(rows * times)
        layouts = layouts_of(atoms, LIMITS)
        cut(atoms, layouts, LIMITS)
        counts.append(layouts.asked_count)

    assert counts[1] <= 10.5 * counts[0]
