"""The lines of one cue: as few as fit, broken where it reads best. No times here."""

from collections.abc import Sequence

from qasr_cli.core.atoms import Atom, width_of

# Weights of a layout against the break costs (which count _BREAK_WEIGHT a point).
_BREAK_WEIGHT = 45
_IMBALANCE_WEIGHT = 1000
_TOP_HEAVY_WEIGHT = 1700  # a line above that is the longer one hides more of the picture
_STUB_COST = 2000  # a line under half of the other. Source: TED's subtitling guidelines


def line_count_of(atoms: Sequence[Atom], *, line_columns: int) -> int:
    """Lines that these atoms need; an atom wider than a line counts as one."""
    count = 1
    first = atoms[0]
    for atom in atoms[1:]:
        if atom.column_end - first.column_start > line_columns:
            count += 1
            first = atom
    return count


def wrap(atoms: Sequence[Atom], *, line_columns: int) -> tuple[int, ...]:
    """Where each line ends: indices past its last atom, the last of them len(atoms).

    Breaks follow the sense before the shape: after punctuation, before conjunctions, and among
    equals so that the lines are of like length, the lower one the longer.

    Args:
        atoms: of one cue, not empty.
        line_columns: width of a line; only an atom that is wider alone may exceed it.
    """
    line_count = line_count_of(atoms, line_columns=line_columns)
    mean_columns = width_of(atoms) // line_count
    # best[k]: cost and line ends of the best layout of atoms[:k] in the lines so far.
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for line in range(1, line_count + 1):
        is_last = line == line_count
        longer: dict[int, tuple[int, tuple[int, ...]]] = {}
        for first, (cost, ends) in best.items():
            for end in _line_ends(atoms, first, line_columns, is_last=is_last):
                width = atoms[end - 1].column_end - atoms[first].column_start
                total = cost + _line_cost(width, mean_columns, is_last=is_last)
                if not is_last:
                    total += _BREAK_WEIGHT * atoms[end - 1].break_cost
                if end not in longer or total < longer[end][0]:
                    longer[end] = (total, (*ends, end))
        best = longer
    return best[len(atoms)][1]


def _line_ends(
    atoms: Sequence[Atom], first: int, line_columns: int, *, is_last: bool
) -> Sequence[int]:
    end = first + 1
    while end < len(atoms) and atoms[end].column_end - atoms[first].column_start <= line_columns:
        end += 1
    if is_last:
        return (end,) if end == len(atoms) else ()
    return range(first + 1, min(end, len(atoms) - 1) + 1)


def _line_cost(width: int, mean_columns: int, *, is_last: bool) -> int:
    mean_columns = max(1, mean_columns)
    weight = _IMBALANCE_WEIGHT if is_last or width <= mean_columns else _TOP_HEAVY_WEIGHT
    cost = weight * abs(width - mean_columns) // (2 * mean_columns)
    return cost + (_STUB_COST if 3 * width < 2 * mean_columns else 0)  # 1/3 of two lines
