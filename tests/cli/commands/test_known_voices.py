"""`--voices`: people whose names are known from recordings of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.cli.main import run
from qasr_cli.core.timing import SAMPLE_RATE_HZ
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
def people(tmp_path: Path) -> Path:
    """A folder with the voice of Anna in one file, and of Ben in two."""
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


def test_who_is_known_gets_a_name(talk: Path, people: Path) -> None:
    """Whose voice is in the folder is named in every output; others keep the number they have."""
    assert run(["transcribe", str(talk), *RUN, "--voices", str(people)]) == 0

    assert _speakers(talk.with_suffix(".json")) == ["Anna", "Ben", "Speaker 3"]
    assert "Ben: " in talk.with_suffix(".srt").read_text()
    result = talk.with_suffix(".json").read_text()
    assert str(people) not in result
    assert not (people / ".qasr").exists()


def test_each_channel_knows_them(talk: Path, people: Path) -> None:
    """With --channels split a name takes the place of a side and a number."""
    command = ["transcribe", str(talk), *RUN, "--voices", str(people), "--channels", "split"]
    stereo = talk.with_name("both.wav")
    left, right = soundfile.read(talk)[0], soundfile.read(people / "Anna.wav")[0]
    right = np.pad(right, (0, len(left) - len(right)))[::-1]
    soundfile.write(stereo, np.stack([left, right], axis=1), SAMPLE_RATE_HZ)

    assert run([*command[:1], str(stereo), *command[2:]]) == 0

    assert set(_speakers(stereo.with_suffix(".json"))) == {"Anna", "Ben", "left 3"}


def test_other_voices_hear_a_batch_again(
    talk: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is done stays while the folder says the same, wherever it lies; a new name redoes it."""
    command = ["batch", str(talk.parent), *RUN, "--voices"]
    assert run([*command, str(people)]) == 0
    moved = people.rename(people.with_name("moved"))
    capsys.readouterr()
    assert run([*command, str(moved)]) == 0
    assert "1 skipped" in capsys.readouterr().err

    (moved / "Anna.wav").rename(moved / "Änne.wav")
    assert run([*command, str(moved)]) == 0
    assert _speakers(talk.with_suffix(".json")) == ["Änne", "Ben", "Speaker 3"]


def test_names_reach_recordings_in_which_nobody_was_sure(talk: Path, people: Path) -> None:
    """With --same-speakers a known name stays, and unknown people are still voices."""
    long = [(0.5, 22.5, "low"), (23.0, 45.0, "middle")]
    for name in ("a.wav", "b.wav"):
        write_voices(talk.with_name(name), long, length_s=46.0)
    talk.unlink()
    options = ["--keep-voices", "--same-speakers", "--voices", str(people)]

    assert run(["batch", str(talk.parent), *RUN, *options]) == 0

    for name in ("a.json", "b.json"):
        assert _speakers(talk.with_name(name)) == ["Anna", "Voice 1"]
    found = json.loads(talk.with_name("speakers.json").read_text())["speakers"]
    assert [person["name"] for person in found] == ["Anna", "Voice 1"]


@pytest.mark.parametrize(
    ("turns", "name", "line"),
    [
        ([(0.5, 5.0, "low")], "Carl.wav", "4.5 s of speech; Carl is known by 10 s"),
        (TURNS, "Carl.wav", "more than one voice speaks in it"),
        (ALONE, "Speaker 2.wav", "Speaker 2 is what somebody unknown is called"),
    ],
)
def test_a_voice_that_nobody_is_known_by_is_refused(
    *,
    talk: Path,
    people: Path,
    turns: list[tuple[float, float, str]],
    name: str,
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the file and what to do, before any work."""
    write_voices(people / name, turns, length_s=21.0)

    assert run(["transcribe", str(talk), *RUN, "--voices", str(people)]) == 2

    said = capsys.readouterr().err
    assert line in said
    assert name in said
    assert not talk.with_suffix(".srt").exists()


def test_a_folder_without_voices_is_refused(
    talk: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Absent, a file, empty, damaged, or with names from elsewhere."""
    empty = people.with_name("empty")
    empty.mkdir()
    damaged = people.with_name("damaged")
    damaged.mkdir()
    (damaged / "Anna.wav").write_bytes(b"RIFF....WAVEfmt nothing")
    for folder, more, line in [
        ("absent", [], "absent"),
        (str(talk), [], "talk.wav"),
        (str(empty), [], "no recordings in it"),
        (str(damaged), [], "Anna.wav"),
        (str(people), ["--speaker-names", "A,B"], "leave out --speaker-names"),
    ]:
        assert run(["transcribe", str(talk), *RUN, "--voices", folder, *more]) == 2
        said = capsys.readouterr().err
        assert line in said
        assert said.count("\n") == 1
    assert run(["transcribe", str(talk), "--engine", "fake", "--voices", str(people)]) == 2
    assert "--voices goes with --diarize" in capsys.readouterr().err
