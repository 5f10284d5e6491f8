from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from qasr_cli.core.text import canonical, is_visible
from qasr_cli.core.types import Cue, Transcript
from tests.strategies import ENDLESS, assembled, texts

EMPTY: Transcript = assembled([])

# Lines that a reader of subtitles could take for something else.
_TRAPS = (
    *("-->", "1 --> 2", "--->", "5", "NOTE", "WEBVTT", "&amp;", "<i>&lt;", "]]>"),
    *("{\\an8}", "a\\Nb", "\\", "{", "[00:12.00]", "<00:01.000>", "[ti:x]", ENDLESS),
)


def _is_line(text: str) -> bool:
    return any(map(is_visible, text))


def cue_lists() -> SearchStrategy[tuple[Cue, ...]]:
    """Cues as `cut_cues` makes them: ordered, not empty; with texts made to confuse."""
    line = st.one_of(
        st.sampled_from(_TRAPS), texts(max_pieces=6).map(canonical).map(str.strip)
    ).filter(_is_line)
    lines = st.lists(line, min_size=1, max_size=3).map(tuple)
    steps_ms = st.tuples(st.integers(0, 5000), st.integers(1, 7000), lines)
    return st.lists(steps_ms, max_size=8).map(_cues_from_steps)


def _cues_from_steps(steps: list[tuple[int, int, tuple[str, ...]]]) -> tuple[Cue, ...]:
    cues: list[Cue] = []
    for gap_ms, long_ms, lines in steps:
        start_ms = gap_ms + (cues[-1].end_ms if cues else 0)
        cues.append(Cue(start_ms=start_ms, end_ms=start_ms + long_ms, lines=lines))
    return tuple(cues)
