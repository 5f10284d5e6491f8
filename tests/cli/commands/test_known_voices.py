"""`--voices`: people whose names are known from recordings of them."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.voice_files import write_voice_model, write_voices

TURNS = [(0.5, 6.5, "low"), (7.0, 13.0, "high"), (14.0, 20.0, "middle")]
ALONE = [(0.5, 13.0, "low")]
RUN = ["--engine", "fake", "--vad", "energy", "--diarize", "--no-progress", "-f", "json,srt"]


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of three voices, and the model that tells them apart."""
    write_voice_model(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "talks"
    folder.mkdir()
    return write_voices(folder / "talk.wav", TURNS, length_s=21.0)


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the voice of Anna in one file, and of Ben in two."""
    # Silero hears no speech in such sounds.
    monkeypatch.setattr("qasr_cli.run.known_voices.SplitOptions", _by_loudness)
    folder = tmp_path / "people"
    (folder / "Ben").mkdir(parents=True)
    write_voices(folder / "Anna.wav", ALONE, length_s=14.0, seed=1)
    for number in (1, 2):
        path = folder / "Ben" / f"{number}.wav"
        write_voices(path, [(0.5, 7.0, "high")], length_s=8.0, seed=number + 1)
    (folder / "notes.txt").write_text("whoever is in it agreed\n")
    return folder


def _speakers(path: Path) -> list[str]:
    segments = json.loads(path.read_text())["segments"]
    return list(dict.fromkeys(segment["speaker"] for segment in segments))
