"""How much sooner several workers are done: the measurement itself, on seconds of sound."""

from pathlib import Path

import pytest
import soundfile

from tools.bench_workers import make_recordings, wall_s


def test_the_engine_sleeps_in_proportion_to_the_sound(tmp_path: Path) -> None:
    """Recordings of 1 and 3 seconds, at 6 s a minute: one worker sleeps for about 0.4 s."""
    make_recordings(tmp_path / "in", [1, 3], seed=1)
    lengths_s = [soundfile.info(path).duration for path in sorted((tmp_path / "in").iterdir())]

    assert lengths_s == [1.0, 3.0]
    # 0.35: silence at an end of a clip may be cut off.
    assert wall_s(tmp_path / "in", tmp_path / "out", worker_count=1, s_a_minute=6.0) >= 0.35
    assert len(list((tmp_path / "out").glob("*.srt"))) == 2


def test_a_run_that_does_not_do_every_file_measures_nothing(tmp_path: Path) -> None:
    """What failed took no time, and would look fast."""
    make_recordings(tmp_path / "in", [1], seed=1)
    (tmp_path / "in" / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVEjunk")

    with pytest.raises(RuntimeError, match="not every file is done"):
        wall_s(tmp_path / "in", tmp_path / "out", worker_count=1, s_a_minute=0.0)
