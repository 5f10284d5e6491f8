"""The outline of a recording."""

from pathlib import Path

import pytest

from qasr_cli.errors import UnreadableInput
from qasr_cli.media.peaks import peaks_of
from qasr_cli.options import DecodeOptions
from tests.conftest import WriteWav


def test_each_column_is_its_loudest_sample(tmp_path: Path, write_wav: WriteWav) -> None:
    """Speech stands out from the silence around it, at its place."""
    path = tmp_path / "talk.wav"
    write_wav(path)

    peaks = peaks_of(str(path), decode=DecodeOptions(), column_count=50)

    assert len(peaks) == 50
    assert max(peaks) > 50
    assert min(peaks) < 5


def test_a_recording_that_is_gone_is_told(tmp_path: Path) -> None:
    """As every input that cannot be opened."""
    with pytest.raises(UnreadableInput):
        peaks_of(str(tmp_path / "gone.wav"), decode=DecodeOptions(), column_count=10)
