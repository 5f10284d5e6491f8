"""`qasr serve --diarize --voices`: people get their names in what the service answers, too."""

import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.serve.conftest import Serve
from tests.serve.jobs.conftest import done
from tests.voice_files import write_voice_model, write_voices

_TURNS = [(0.5, 6.5, "low"), (7.0, 13.0, "high"), (14.0, 20.0, "middle")]
_DIARIZE = ("--vad", "energy", "--diarize")


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the voice of Anna."""
    write_voice_model(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "people"
    folder.mkdir()
    write_voices(folder / "Anna.wav", [(0.5, 13.0, "low")], length_s=14.0, seed=1)
    return folder


def _speakers(client: httpx.Client, talk: Path, **asked: str) -> list[str]:
    with talk.open("rb") as sound:
        answer = client.post(
            "/v1/audio/transcriptions",
            files={"file": ("talk.wav", sound)},
            data={"model": "whisper-1", "response_format": "diarized_json", **asked},
        )
    assert answer.is_success, answer.text
    return list(dict.fromkeys(each["speaker"] for each in answer.json()["segments"]))


def test_who_is_known_has_a_name_in_every_answer(
    serve: Serve, people: Path, tmp_path: Path
) -> None:
    """Also where the request says how many speak."""
    talk = write_voices(tmp_path / "talk.wav", _TURNS, length_s=21.0)
    with serve(*_DIARIZE, "--voices", str(people)) as running, running.client() as client:
        assert _speakers(client, talk) == ["Anna", "Speaker 2", "Speaker 3"]
        assert _speakers(client, talk, speakers="3") == ["Anna", "Speaker 2", "Speaker 3"]
        job = f"/api/jobs/{done(client, talk)['id']}"
        assert "Anna: " in client.get(f"{job}/result.srt").text


def test_a_voice_that_cannot_be_known_is_said_at_the_start(people: Path, tmp_path: Path) -> None:
    """One line, and code 2, before anybody is answered."""
    write_voices(people / "Ben.wav", [(0.5, 2.0, "high")], length_s=3.0)
    command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--port", "0"]
    command += [*_DIARIZE, "--voices", str(people), "--state-dir", str(tmp_path / "state")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ended.returncode == 2
    assert "Ben is known by 10 s: record more" in ended.stderr
    assert "listening" not in ended.stderr


def test_voices_go_with_telling_voices_apart(people: Path) -> None:
    """As everywhere; who corrects what was heard has no use for them."""
    for command, line in (
        (("serve", "--voices", str(people)), "--voices goes with --diarize"),
        (("edit", str(people), "--voices", str(people)), "--voices"),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "qasr_cli", *command],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 2
        assert line in ended.stderr
