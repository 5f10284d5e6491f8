"""Who speaks, from the sound of a recording to what a run leaves."""

import itertools
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.options import DecodeOptions, Options, SplitOptions
from tests.run.conftest import (
    DiedError,
    ListeningEngine,
    RunFolders,
    mortal,
    result_of,
    statuses,
    turns_in,
    with_output,
    words_in,
)
from tests.voice_files import voices_pcm, write_voice_model, write_voices

PLAIN = replace(
    with_output(formats=("json", "srt")), split=SplitOptions(vad="energy", max_chunk_s=10.0)
)
TOLD = replace(PLAIN, speakers=SpeakerOptions(diarize=True))
TURNS = [
    (0.5, 6.5, "low"),
    (7.0, 13.0, "high"),
    (14.0, 20.0, "low"),
    (21.0, 27.0, "high"),
    (28.0, 34.0, "low"),
]


@pytest.fixture(autouse=True)
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_voice_model(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A folder with a recording in which two sounds take turns."""
    root = tmp_path / "in"
    root.mkdir()
    write_voices(root / "talk.wav", TURNS, length_s=35.0)
    return root


def test_sentences_have_their_speakers(talk: Path, run_folders: RunFolders) -> None:
    """Each turn is its speaker's, and no word or time differs from a run without."""
    run_folders(talk, options=TOLD)
    told = result_of(talk)
    plain = talk.with_name("plain")
    plain.mkdir()
    shutil.copy(talk / "talk.wav", plain)
    run_folders(plain, options=PLAIN)
    alone = result_of(plain)

    assert [who for who, _ in turns_in(told)] == [
        *("Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2", "Speaker 1")
    ]
    starts_s = [start_s for _, start_s in turns_in(told)]
    assert starts_s == pytest.approx([start_s for start_s, _, _ in TURNS], abs=1.1)
    assert words_in(told) == words_in(alone)
    assert told["text"] == alone["text"]
    assert told["speech"] == alone["speech"]
    assert "diarizer" in told["models"]
    assert {segment["speaker"] for segment in alone["segments"]} == {None}
    assert "diarizer" not in alone["models"]
    assert "speakers" not in alone["settings"]
    subtitles = (talk / "talk.srt").read_text()
    assert subtitles.count("Speaker 1: ") == 3
    assert subtitles.count("Speaker 2: ") == 2


def test_a_killed_run_gives_the_same_labels(talk: Path, run_folders: RunFolders) -> None:
    """What was heard of voices waits with the words, and every byte is as if nothing had been."""
    whole = talk.with_name("whole")
    shutil.copytree(talk, whole)
    run_folders(whole, options=TOLD)
    asked = itertools.count()
    with mortal(math.inf) as mortal_os:
        engine = ListeningEngine(lambda _: next(asked) >= 2, mortal_os=mortal_os)
        with pytest.raises(DiedError):
            run_folders(talk, engine=engine, options=TOLD)
    (spool,) = (talk / ".qasr" / "spool").iterdir()
    assert spool.stat().st_mode & 0o777 == 0o600
    assert all("voices" in json.loads(line) for line in spool.read_text().splitlines()[1:])

    again = ListeningEngine(lambda _: False)
    run_folders(talk, engine=again, options=TOLD)

    assert len(again.heard) < len(result_of(whole)["clips"])
    assert (talk / "talk.json").read_bytes() == (whole / "talk.json").read_bytes()
    assert not list((talk / ".qasr" / "spool").iterdir())


def test_no_vector_stays(talk: Path, run_folders: RunFolders) -> None:
    """How voices sound is nowhere once a recording is done."""
    run_folders(talk, options=TOLD)

    results = [path for path in talk.rglob("*.json") if ".qasr" in path.parts]
    assert len(results) == 1
    assert b"vectors" not in results[0].read_bytes()
    assert not list((talk / ".qasr" / "spool").iterdir())
    assert not (talk / ".qasr" / "voices").exists()


def test_told_counts_are_obeyed(talk: Path, run_folders: RunFolders) -> None:
    """One speaker where there is to be one, and a line where more are told than can be found."""
    one = replace(TOLD, speakers=SpeakerOptions(diarize=True, count=1))
    run_folders(talk, options=one)
    assert {segment["speaker"] for segment in result_of(talk)["segments"]} == {"Speaker 1"}

    quiet = talk.with_name("short")
    quiet.mkdir()
    write_voices(quiet / "talk.wav", [(0.5, 1.3, "low")], length_s=2.0)
    three = replace(TOLD, speakers=SpeakerOptions(diarize=True, count=3))
    run_folders(quiet, options=three)
    assert any("--speakers 3: only 1 voice" in line for line in result_of(quiet)["warnings"])


def test_names_are_given_in_order_and_need_no_sound(talk: Path, run_folders: RunFolders) -> None:
    """Other names are written from what was heard, back to the numbers too."""

    def named(*names: str) -> Options:
        return replace(TOLD, text=replace(TOLD.text, speaker_names=names))

    run_folders(talk, options=named("Anna", "Ben", "Carl"))
    assert [who for who, _ in turns_in(result_of(talk))][:2] == ["Anna", "Ben"]
    engine = ListeningEngine(lambda _: False)
    for names, first in ((("Dora",), ["Dora", "Speaker 2"]), ((), None)):
        options = named(*names) if names else TOLD
        run_folders(talk, engine=engine, options=options)
        found = [who for who, _ in turns_in(result_of(talk))][:2]
        assert found == (first or ["Speaker 1", "Speaker 2"])
    assert engine.heard == []
    run_folders(talk, engine=engine, options=TOLD)
    assert statuses(talk) == {"talk.wav": "skipped"}


def test_each_channel_has_speakers_of_its_own(tmp_path: Path, run_folders: RunFolders) -> None:
    """Two on the left line and one on the right are three people."""
    root = tmp_path / "in"
    root.mkdir()
    left = voices_pcm(TURNS[:2], length_s=35.0)
    right = voices_pcm([(14.0, 20.0, "low"), (21.0, 27.0, "low")], length_s=35.0, seed=1)
    soundfile.write(root / "talk.wav", np.stack([left, right], axis=1), SAMPLE_RATE_HZ)
    options = replace(TOLD, decode=DecodeOptions(channels="split"))

    run_folders(root, options=options)

    assert list(dict.fromkeys(who for who, _ in turns_in(result_of(root)))) == [
        *("left 1", "left 2", "right 1")
    ]


def test_batches_change_no_label(talk: Path, run_folders: RunFolders) -> None:
    """Clips that come back out of order are sorted before anybody is told apart."""
    other = talk.with_name("other")
    shutil.copytree(talk, other)

    run_folders(talk, options=TOLD)
    engine = ListeningEngine(lambda _: False, window_count=3)
    run_folders(other, engine=engine, options=TOLD)

    assert (talk / "talk.json").read_bytes() == (other / "talk.json").read_bytes()
