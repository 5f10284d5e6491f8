"""Where one voice follows another at once, told from two windows that overlap."""

import numpy as np
import pytest

from qasr_cli.core.voice_types import VECTOR_SIZE
from qasr_cli.voices.edges import with_edges
from qasr_cli.voices.vectors import Vectors, unit

_WINDOW_MS, _SHIFT_MS = 1500, 750
_COUNT = 12


def _people() -> Vectors:
    chance = np.random.default_rng(7)
    return unit(chance.normal(size=(2, VECTOR_SIZE)).astype(np.float32))


def _heard(change_ms: int) -> tuple[np.ndarray, Vectors, np.ndarray]:
    """Stretches, vectors and labels of windows in which the second of two people begins then."""
    middles = _WINDOW_MS // 2 + _SHIFT_MS * np.arange(_COUNT)
    edges = np.concatenate(([0], (middles[:-1] + middles[1:]) // 2, [middles[-1] + 750]))
    starts = middles - _WINDOW_MS // 2
    shares = np.clip((starts + _WINDOW_MS - change_ms) / _WINDOW_MS, 0.0, 1.0)[:, np.newaxis]
    people = _people()
    vectors = unit(((1 - shares) * people[0] + shares * people[1]).astype(np.float32))
    labels = (shares[:, 0] > 0.5).astype(np.int64)
    return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64), vectors, labels


@pytest.mark.parametrize("change_ms", range(3000, 5000, 130))
def test_the_edge_is_where_the_voice_changes(change_ms: int) -> None:
    """Within 150 ms, where windows alone know it to 375."""
    stretches, vectors, labels = _heard(change_ms)
    is_told = np.ones(_COUNT, np.bool_)

    moved = with_edges(stretches, is_told, vectors @ _people().T, labels)

    second = int(labels.argmax())
    assert abs(int(moved[second, 0]) - change_ms) <= 150
    assert (moved[:, 0] < moved[:, 1]).all()
    assert (moved[1:, 0] == moved[:-1, 1]).all()
    others = np.delete(np.arange(_COUNT), [second - 1, second])
    assert (moved[others] == stretches[others]).all()


def test_quick_turns_have_their_edges_too() -> None:
    """Where most windows hold both voices, those beside a change say nothing of either alone."""
    changes_ms = np.array([2495, 4840, 7097, 9185, 11300, 13228, 15180, 17091, 19113])
    starts = _SHIFT_MS * np.arange(30)
    cuts = np.clip(changes_ms[np.newaxis] - starts[:, np.newaxis], 0, _WINDOW_MS)
    parts = np.diff(cuts, axis=1, prepend=0, append=_WINDOW_MS) / _WINDOW_MS
    shares = parts[:, 1::2].sum(axis=1, keepdims=True)
    people = _people()
    vectors = unit(((1 - shares) * people[0] + shares * people[1]).astype(np.float32))
    labels = (shares[:, 0] > 0.5).astype(np.int64)
    middles = starts + _WINDOW_MS // 2
    edges = np.concatenate(([0], (middles[:-1] + middles[1:]) // 2, [middles[-1] + 750]))
    stretches = np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)

    moved = with_edges(stretches, np.ones(30, np.bool_), vectors @ people.T, labels)

    found_ms = moved[1:, 0][labels[1:] != labels[:-1]]
    assert len(found_ms) == len(changes_ms)
    assert np.abs(found_ms - changes_ms).max() <= 10


def test_over_a_pause_nothing_is_known() -> None:
    """Nor where a stretch without a voice stands between."""
    stretches, vectors, labels = _heard(4000)
    second = int(labels.argmax())
    late = stretches.copy()
    late[second:] += 300
    everybody = np.ones(_COUNT, np.bool_)
    likeness = vectors @ _people().T
    assert (with_edges(late, everybody, likeness, labels) == late).all()

    is_told = everybody.copy()
    is_told[second] = False
    rest = np.delete(np.arange(_COUNT), second)
    moved = with_edges(stretches, is_told, likeness[rest], labels[rest])
    assert (moved == stretches).all()


def test_one_voice_has_no_edges() -> None:
    """And two that cannot be told apart have none that could be moved."""
    stretches, vectors, labels = _heard(4000)
    everybody = np.ones(_COUNT, np.bool_)
    alone = np.zeros(_COUNT, np.int64)
    one = vectors @ _people()[:1].T
    assert (with_edges(stretches, everybody, one, alone) == stretches).all()
    same = vectors @ np.stack([_people()[0]] * 2).T
    assert (with_edges(stretches, everybody, same, labels) == stretches).all()
