"""Transcript -> subtitles: which words stand on the screen together, and when.

Whole sentences first; a sentence that does not fit is cut into parts of like length where it
reads best.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from qasr_cli.core.atoms import Atom, atoms_from_segments, width_of
from qasr_cli.core.breaks import SENTENCE
from qasr_cli.core.languages import joins_without_space, profile_of
from qasr_cli.core.retime import Slot, retime
from qasr_cli.core.types import Cue, Segment, Transcript
from qasr_cli.core.wrap import line_count_of, wrap
from qasr_cli.options import CueOptions

LONG_PAUSE_MS = 1500  # nobody reads on over so long a silence
_SHAPE_WEIGHT = 200  # a part that misses its ideal length by half costs 100, half a bad break
_EXTRA_CUE_COST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """What one cue of a language may hold."""

    line_columns: int
    line_count: int
    columns_per_s: int
    min_ms: int
    max_ms: int
    gap_ms: int

    @property
    def columns(self) -> int:
        return self.line_columns * self.line_count

    def admit(self, atoms: Sequence[Atom]) -> bool:
        """True when these atoms may be one cue."""
        return (
            atoms[-1].end_ms - atoms[0].start_ms <= self.max_ms
            and line_count_of(atoms, line_columns=self.line_columns) <= self.line_count
            and all(a.column_end - a.column_start <= self.line_columns for a in atoms)
        )
