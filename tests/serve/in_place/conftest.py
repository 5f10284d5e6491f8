"""Folders that a batch has heard, and an edit of them."""

from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.conftest import WriteWav
from tests.saved.in_place.conftest import run_batch
from tests.serve.conftest import Served
from tests.serve.in_place.edits import editing


@pytest.fixture
def talks(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with two recordings that a batch has heard."""
    folder = tmp_path / "talks"
    bursts_s = [(float(second), second + 0.7) for second in range(1, 9, 2)]
    write_wav(folder / "a.wav", bursts_s, 10.0)
    write_wav(folder / "b.wav", bursts_s[:2], 5.0)
    assert run_batch(folder) == 0
    return folder


@pytest.fixture
def edited(talks: Path, tmp_path: Path) -> Iterator[Served]:
    """An edit of that folder."""
    with editing(talks, state=tmp_path / "state") as running:
        yield running


@pytest.fixture
def client(edited: Served) -> Iterator[httpx.Client]:
    """Asks it."""
    with edited.client() as asking:
        yield asking
