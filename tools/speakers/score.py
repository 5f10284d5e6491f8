"""How right an answer to "who speaks when" is. Overlap counts, and no collar forgives anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VoiceTurn
from tools.speakers.talks import Spoken

_STEP_MS = 10
_MOST_PERMUTED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares of the speech that somebody should be said to speak in."""

    missed: float
    false: float
    confused: float

    @property
    def der(self) -> float:
        """The diarization error rate."""
        return self.missed + self.false + self.confused


def score(truth: Sequence[Spoken], turns: Sequence[VoiceTurn], *, length_s: float) -> Score:
    """The errors under the best assignment of voices to people."""
    _, real, told = _grids(truth, turns, length_s)
    right = _matched(_shared(real, told), real, told)
    real_count, found_count = real.sum(axis=1), told.sum(axis=1)
    total = max(1, int(real_count.sum()))
    both = np.minimum(real_count, found_count)
    return Score(
        missed=float(np.maximum(real_count - found_count, 0).sum() / total),
        false=float(np.maximum(found_count - real_count, 0).sum() / total),
        confused=float((both - np.minimum(right, both)).sum() / total),
    )


def voices_to_people(
    truth: Sequence[Spoken], turns: Sequence[VoiceTurn], *, length_s: float
) -> dict[int, str]:
    """Whose voice each is, under the best assignment; extra voices are nobody's."""
    people, real, told = _grids(truth, turns, length_s)
    return {voice: people[person] for person, voice in best_pairs(_shared(real, told))}


_Grid = npt.NDArray[np.bool_]


def _grids(
    truth: Sequence[Spoken], turns: Sequence[VoiceTurn], length_s: float
) -> tuple[list[str], _Grid, _Grid]:
    """The people, who of them speaks at each step, and which voices are said to."""
    people = sorted({spoken.speaker for spoken in truth})
    real = _grid(
        [(round(s.start_s * 1000), round(s.end_s * 1000), people.index(s.speaker)) for s in truth],
        len(people),
        length_s,
    )
    told_count = max((turn.voice for turn in turns), default=-1) + 1
    told = _grid([(turn.start_ms, turn.end_ms, turn.voice) for turn in turns], told_count, length_s)
    return people, real, told


def _shared(real: _Grid, told: _Grid) -> npt.NDArray[np.int64]:
    return real.T.astype(np.int64) @ told.astype(np.int64)


def _grid(
    spans: Iterable[tuple[int, int, int]], count: int, length_s: float
) -> npt.NDArray[np.bool_]:
    grid = np.zeros((round(length_s * 1000) // _STEP_MS + 1, max(1, count)), bool)
    for start_ms, end_ms, column in spans:
        grid[round(start_ms / _STEP_MS) : round(end_ms / _STEP_MS), column] = True
    return grid


def _matched(
    shared: npt.NDArray[np.int64], real: npt.NDArray[np.bool_], told: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """At every step, how many people are told under the right name."""
    right = np.zeros(len(real), np.int64)
    for person, voice in best_pairs(shared):
        right += real[:, person] & told[:, voice]
    return right


def best_pairs(shared: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """The pairs of a row and a column, each used once, whose sum is the greatest."""
    rows, columns = shared.shape
    if min(rows, columns) <= _MOST_PERMUTED and max(rows, columns) <= 2 * _MOST_PERMUTED:
        is_turned = rows > columns
        table = shared.T if is_turned else shared
        few, many = table.shape
        best = max(
            permutations(range(many), few), key=lambda p: sum(table[i, j] for i, j in enumerate(p))
        )
        return [(j, i) if is_turned else (i, j) for i, j in enumerate(best)]
    left, pairs = shared.copy(), []
    for _ in range(min(rows, columns)):
        row, column = np.unravel_index(left.argmax(), left.shape)
        pairs.append((int(row), int(column)))
        left[row], left[:, column] = -1, -1
    return pairs
