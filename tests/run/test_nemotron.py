"""Who speaks, by the model that hears whole recordings: from their sound to what a run leaves."""

import json
import math
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from qasr_cli.api.recovery import recover
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.options import DecodeOptions, SplitOptions
from tests.nemotron_files import write_band_nemotron, write_nemotron
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
# In a process that is gone no thread runs either.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

NEMOTRON = SpeakerOptions(diarize=True, diarizer="nemotron")
TOLD = replace(PLAIN, speakers=NEMOTRON)
TURNS = [
    (0.5, 6.5, "low"),
    (7.0, 13.0, "high"),
    (14.0, 20.0, "low"),
    (21.0, 24.0, "middle"),
    (25.0, 34.0, "high"),
]
LENGTH_S = 35.0


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models in which the diarizer hears "low", "middle" and "high"."""
    write_band_nemotron(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A folder with a recording in which three sounds take turns."""
    root = tmp_path / "in"
    root.mkdir()
    write_voices(root / "talk.wav", TURNS, length_s=LENGTH_S)
    return root


def speakers_in(document: dict[str, Any]) -> set[str | None]:
    """Everybody who speaks."""
    return {segment["speaker"] for segment in document["segments"]}


def copy_of(talk: Path, name: str) -> Path:
    """The same recording in another folder."""
    root = talk.with_name(name)
    root.mkdir()
    shutil.copy(talk / "talk.wav", root)
    return root


def test_sentences_have_their_speakers(talk: Path, run_folders: RunFolders) -> None:
    """Each turn is its speaker's, and no word or time differs from a run without."""
    run_folders(talk, options=TOLD)
    told = result_of(talk)
    plain = copy_of(talk, "plain")
    run_folders(plain, options=PLAIN)
    alone = result_of(plain)

    assert [who for who, _ in turns_in(told)] == [
        *("Speaker 1", "Speaker 2", "Speaker 1", "Speaker 3", "Speaker 2")
    ]
    starts_s = [start_s for _, start_s in turns_in(told)]
    assert starts_s == pytest.approx([start_s for start_s, _, _ in TURNS], abs=0.6)
    assert words_in(told) == words_in(alone)
    assert told["text"] == alone["text"]
    assert told["speech"] == alone["speech"]
    assert told["models"]["diarizer"].startswith("nemotron (")
    assert told["settings"]["speakers"] == {"diarize": True, "diarizer": "nemotron"}


@pytest.mark.parametrize("seed", [1, 3])
def test_whatever_the_weights_say_no_word_changes(
    talk: Path, run_folders: RunFolders, models: Path, seed: int
) -> None:
    """With random weights labels are arbitrary, and everything else is as without them."""
    write_nemotron(models, seed=seed)
    run_folders(talk, options=TOLD)
    told = result_of(talk)
    for other, options in (("again", TOLD), ("plain", PLAIN)):
        run_folders(copy_of(talk, other), options=options)

    assert (talk.with_name("again") / "talk.json").read_bytes() == (talk / "talk.json").read_bytes()
    alone = result_of(talk.with_name("plain"))
    assert words_in(told) == words_in(alone)
    assert told["text"] == alone["text"]


def test_who_speaks_at_once(tmp_path: Path, run_folders: RunFolders) -> None:
    """A word in overlap has one speaker, and who begins within another's turn is heard."""
    root = tmp_path / "in"
    root.mkdir()
    turns = [(0.5, 12.0, "low"), (9.0, 20.0, "high")]
    write_voices(root / "talk.wav", turns, length_s=21.0)

    run_folders(root, options=TOLD)

    assert [who for who, _ in turns_in(result_of(root))] == ["Speaker 1", "Speaker 2"]


def test_told_counts_are_obeyed(talk: Path, run_folders: RunFolders) -> None:
    """The one who speaks least is taken for another; more than there are is said."""
    two = replace(TOLD, speakers=replace(NEMOTRON, count=2))
    run_folders(talk, options=two)
    told = result_of(talk)
    assert speakers_in(told) == {"Speaker 1", "Speaker 2"}
    assert turns_in(told)[:2] == turns_in(result_of(talk))[:2]

    more = copy_of(talk, "more")
    run_folders(more, options=replace(TOLD, speakers=replace(NEMOTRON, count=5)))
    (warning,) = result_of(more)["warnings"]
    assert warning == "--speakers 5: only 3 voices could be told apart in what was said"

    most = copy_of(talk, "most")
    run_folders(most, options=replace(TOLD, speakers=replace(NEMOTRON, most=1)))
    assert speakers_in(result_of(most)) == {"Speaker 1"}


def test_sound_without_a_word_is_nobodys(tmp_path: Path, run_folders: RunFolders) -> None:
    """Where voices are heard and nothing is said there is no speaker, and nothing to warn of."""
    root = tmp_path / "in"
    root.mkdir()
    write_voices(root / "talk.wav", [(0.5, 8, "low")], length_s=9.0)

    run_folders(root, options=replace(TOLD, split=SplitOptions(vad="silero")))

    assert result_of(root)["segments"] == []
    assert not [line for line in result_of(root)["warnings"] if "speakers" in line]


def test_a_quiet_recording_is_lifted(tmp_path: Path, run_folders: RunFolders) -> None:
    """Voices that are hardly there are told apart as where speech is looked for."""
    root = tmp_path / "in"
    root.mkdir()
    faint = voices_pcm(TURNS, length_s=LENGTH_S) * np.float32(1e-4)
    soundfile.write(root / "talk.wav", faint, SAMPLE_RATE_HZ, subtype="FLOAT")

    run_folders(root, options=TOLD)

    assert speakers_in(result_of(root)) == {"Speaker 1", "Speaker 2", "Speaker 3"}


def test_each_channel_has_its_own(tmp_path: Path, run_folders: RunFolders) -> None:
    """Where channels are apart, voices are told apart on each."""
    root = tmp_path / "in"
    root.mkdir()
    left = voices_pcm([(0.5, 5, "low"), (12, 16, "high")], length_s=20.0)
    right = voices_pcm([(6, 11, "middle")], length_s=20.0, seed=1)
    soundfile.write(root / "talk.wav", np.stack([left, right], axis=1), SAMPLE_RATE_HZ)

    run_folders(root, options=replace(TOLD, decode=DecodeOptions(channels="split")))

    assert [who for who, _ in turns_in(result_of(root))] == ["left 1", "right 1", "left 2"]


def die_in_the_middle(root: Path, run_folders: RunFolders) -> None:
    """A run that is killed over a clip, when it was noted how far the sound was heard."""
    spool = root / ".qasr" / "spool"

    def dies_over(clip: Clip) -> bool:
        if clip.span.start_sample < 14 * SAMPLE_RATE_HZ:
            return False
        deadline_s = time.monotonic() + 60
        while not list(spool.glob("*.voices")) and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return True

    with mortal(math.inf) as mortal_os:
        engine = ListeningEngine(dies_over, mortal_os=mortal_os)
        with pytest.raises(DiedError):
            run_folders(root, engine=engine, options=TOLD)


def test_a_killed_run_goes_on(talk: Path, run_folders: RunFolders) -> None:
    """How far it was heard waits, for its owner alone, and every byte is as if nothing had been."""
    whole = copy_of(talk, "whole")
    run_folders(whole, options=TOLD)
    die_in_the_middle(talk, run_folders)
    kept = [path for path in (talk / ".qasr" / "spool").iterdir() if path.suffix == ".voices"]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]

    run_folders(talk, options=TOLD)

    assert (talk / "talk.json").read_bytes() == (whole / "talk.json").read_bytes()
    assert not list((talk / ".qasr" / "spool").iterdir())


def test_a_damaged_state_is_none(talk: Path, run_folders: RunFolders) -> None:
    """What a failing disk made of it is heard anew."""
    whole = copy_of(talk, "whole")
    run_folders(whole, options=TOLD)
    die_in_the_middle(talk, run_folders)
    (kept,) = (talk / ".qasr" / "spool").glob("*.voices")
    kept.write_bytes(kept.read_bytes()[:-100])

    run_folders(talk, options=TOLD)

    assert (talk / "talk.json").read_bytes() == (whole / "talk.json").read_bytes()


def test_another_sound_of_that_name_is_heard_anew(talk: Path, run_folders: RunFolders) -> None:
    """Where the sound is not that of which the beginning was heard, nothing of that counts."""
    die_in_the_middle(talk, run_folders)
    other = [(0.5, 15, "middle"), (16, 34, "low")]
    write_voices(talk / "talk.wav", other, length_s=LENGTH_S)
    fresh = copy_of(talk, "fresh")

    run_folders(talk, options=TOLD)

    run_folders(fresh, options=TOLD)
    assert statuses(talk) == {"talk.wav": "done"}
    assert (talk / "talk.json").read_bytes() == (fresh / "talk.json").read_bytes()


def test_what_was_heard_before_a_crash_has_its_speakers(
    talk: Path, run_folders: RunFolders
) -> None:
    """A recording that is recovered names who spoke, as far as that was heard."""
    whole = copy_of(talk, "whole")
    run_folders(whole, options=TOLD)
    for _ in range(3):
        die_in_the_middle(talk, run_folders)

    recover(str(talk / "talk.wav"), replace(TOLD, output=replace(TOLD.output, output_dir=None)))

    heard = [turn for turn in turns_in(result_of(talk)) if turn[0]]
    assert heard
    assert heard == turns_in(result_of(whole))[: len(heard)]


def test_vectors_name_who_is_known(talk: Path, run_folders: RunFolders, models: Path) -> None:
    """With --keep-voices each speaker has the vector that the other model gives to its turns."""
    write_voice_model(models)
    keeping = replace(TOLD, speakers=replace(NEMOTRON, keep_voices=True, same=True))

    run_folders(talk, options=keeping)

    (kept,) = (talk / ".qasr" / "voices").iterdir()
    lines = [json.loads(line) for line in kept.read_text().splitlines()[1:]]
    assert [line["speaker"] for line in lines] == ["Speaker 1", "Speaker 2", "Speaker 3"]
    assert len({line["vector"] for line in lines}) == 3


def test_kept_voices_are_enough_without_them(
    talk: Path, run_folders: RunFolders, models: Path
) -> None:
    """Who kept voices once need not hear a recording again to leave them out."""
    write_voice_model(models)
    run_folders(talk, options=replace(TOLD, speakers=replace(NEMOTRON, keep_voices=True)))

    again = ListeningEngine(lambda _: False)
    run_folders(talk, engine=again, options=TOLD)

    assert not again.heard
