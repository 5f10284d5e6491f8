"""Sets of speakers, as recorders and films have them."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from tests.media.decoding.recorded import ffmpeg
from tests.media.decoding.test_whole_sound import decoded

LAYOUTS = ["BL+BR", "TFL+TFR", "SL+SR", "FL+FC", "WL+WR", "FL+FR+SL", "binaural", "FL+BR"]


@pytest.mark.parametrize("layout", [*LAYOUTS, "5.1", "stereo", "FC+LFE", "ambisonic 1"])
def test_any_layout_is_mixed(tmp_path: Path, layout: str) -> None:
    """No set of speakers is refused: what cannot be mixed by name is averaged."""
    count = {"5.1": 6, "stereo": 2, "binaural": 2, "ambisonic 1": 4}.get(
        layout, layout.count("+") + 1
    )
    tone = "|".join(itertools.repeat("0.5*sin(2*PI*1000*t)", count))
    path = tmp_path / "layout.mka"
    ffmpeg(
        *("-f", "lavfi", "-i", f"aevalsrc={tone}:c={layout}:d=1:s=16000"),
        *("-c:a", "pcm_s16le", str(path)),
    )

    sound, lines = decoded(path)

    assert len(sound) == pytest.approx(SAMPLE_RATE_HZ, abs=100)
    assert np.abs(sound[2000:14000]).max() > 0.2
    assert lines == ()
