"""Times that break the order are repaired as the library repairs them."""

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from transformers.models.qwen3_asr.processing_qwen3_asr import _fix_timestamps

from qasr_cli.engines.qwen.timestamp_repair import in_order

STEP_MS = 80

grid_times = st.one_of(
    st.lists(st.integers(0, 4), min_size=1, max_size=60),  # ties everywhere
    st.lists(st.integers(0, 5000), min_size=1, max_size=60),
    st.lists(st.integers(0, 400), min_size=1, max_size=60).map(sorted),
)


@st.composite
def nearly_sorted(draw: st.DrawFn) -> list[int]:
    """Sorted classes with some of them thrown anywhere."""
    classes = sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=80)))
    for index in draw(st.lists(st.integers(0, len(classes) - 1), max_size=20)):
        classes[index] = draw(st.integers(0, 400))
    return classes


@given(st.one_of(grid_times, nearly_sorted()))
@example([9, 1, 2, 3])
@example([1, 2, 3, 0])
@example([1, 9, 8, 7, 2])
@example([1, 9, 8, 2])
@example([5, 5, 5])
def test_the_repair_is_the_librarys(classes: list[int]) -> None:
    """Whatever the model predicts, the repaired times equal the library's, ties included."""
    times_ms = [number * STEP_MS for number in classes]

    assert in_order(times_ms) == _fix_timestamps(np.array(times_ms, np.float32))


@given(nearly_sorted())
def test_repaired_times_never_decrease(classes: list[int]) -> None:
    """A word never ends before it starts, nor starts before the last one ended."""
    assert all(before <= after for before, after in pairwise(in_order(classes)))


def test_nothing_stays_nothing() -> None:
    """No words have no times; the library fails here."""
    assert in_order([]) == []


def test_ordered_times_stay() -> None:
    """What is in order is not touched."""
    assert in_order([0, 80, 80, 4000]) == [0, 80, 80, 4000]
