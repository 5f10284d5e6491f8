"""What is drawn, played and heard again of a recording that stands: what its batch has heard."""

import subprocess
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from tests.conftest import WriteWav
from tests.saved.in_place.conftest import run_batch
from tests.serve.in_place.edits import editing, jobs_of


@pytest.fixture
def film(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with a film: nothing is said in its first track, and only later in the second."""
    folder = tmp_path / "films"
    folder.mkdir()
    write_wav(tmp_path / "silent.wav", [], 10.0)
    write_wav(tmp_path / "spoken.wav", [(6.0, 9.0)], 10.0)
    tracks = [part for name in ("silent", "spoken") for part in ("-i", tmp_path / f"{name}.wav")]
    codecs = ("-map", "0:a", "-map", "1:a", "-c:a", "aac")
    command = [ffmpeg_path(), "-v", "error", *map(str, tracks), *codecs, str(folder / "film.mp4")]
    subprocess.run(command, check=True)
    return folder


def test_track_that_was_heard(film: Path, tmp_path: Path) -> None:
    """The track that the batch was told to hear is drawn, played, and heard again."""
    assert run_batch(film, "--audio-track", "1") == 0
    with editing(film, state=tmp_path / "state") as running, running.client() as client:
        path = f"/api/jobs/{jobs_of(client)['film.mp4']}"
        columns = client.get(f"{path}/peaks", params={"columns": 10}).content
        assert max(columns[:5]) < 10 < min(columns[6:9])
        assert client.get(path).json()["playable"] == "proxy"  # browsers play the first
        stretch = {"start_ms": 5500, "end_ms": 9500}
        assert client.post(f"{path}/hear", json=stretch).json()["text"]
        piece = f"{path}/media?proxy=true"
        spoken = client.get(f"{piece}&start_ms=5000&end_ms=9000")
        silent = client.get(f"{piece}&start_ms=0&end_ms=4000")
        assert len(spoken.content) > 2 * len(silent.content)


def test_channel_that_was_heard(tmp_path: Path, write_wav: WriteWav) -> None:
    """The one channel that the batch was told to hear is drawn; stretches are heard as before."""
    folder = tmp_path / "calls"
    folder.mkdir()
    write_wav(tmp_path / "left.wav", [(1.0, 4.0)], 10.0)
    write_wav(tmp_path / "right.wav", [(6.0, 9.0)], 10.0)
    sides = [part for name in ("left", "right") for part in ("-i", f"{tmp_path / name}.wav")]
    both = ("-filter_complex", "[0:a][1:a]join=inputs=2:channel_layout=stereo")
    command = [ffmpeg_path(), "-v", "error", *sides, *both, str(folder / "call.wav")]
    subprocess.run(command, check=True)
    assert run_batch(folder, "--channels", "right") == 0
    with editing(folder, state=tmp_path / "state") as running, running.client() as client:
        path = f"/api/jobs/{jobs_of(client)['call.wav']}"
        columns = client.get(f"{path}/peaks", params={"columns": 10}).content
        assert max(columns[:5]) < 10 < min(columns[6:9])
        stretch = {"start_ms": 5500, "end_ms": 9500}
        assert client.post(f"{path}/hear", json=stretch).json()["text"]


def test_a_recording_that_comes_back_is_played(client: httpx.Client, talks: Path) -> None:
    """As from a disk that was not there for a while; what was heard is corrected meanwhile."""
    path = f"/api/jobs/{jobs_of(client)['a.wav']}"
    (talks / "a.wav").rename(talks / "away")
    assert client.get(path).json()["playable"] is False
    assert client.get(f"{path}/media").status_code == httpx.codes.NOT_FOUND
    assert client.get(f"{path}/cues").is_success
    (talks / "away").rename(talks / "a.wav")
    assert client.get(path).json()["playable"] is True
    assert client.get(f"{path}/media").is_success


def test_language_that_was_heard(film: Path, tmp_path: Path) -> None:
    """Words are timed in the language of the result, which no text of two words would tell."""
    assert run_batch(film, "--audio-track", "1", "--language", "German") == 0
    with editing(film, state=tmp_path / "state") as running, running.client() as client:
        path = f"/api/jobs/{jobs_of(client)['film.mp4']}"
        assert client.get(f"{path}/cues").status_code == httpx.codes.OK
        stretch = {"start_ms": 5500, "end_ms": 9500, "text": "so so"}
        assert client.post(f"{path}/align", json=stretch).json()["language"] == "German"
