"""The real model and real people: a short form of `python -m tools.bench_speakers`.

Both come out of packages (Debian's prompts, a wheel of PyPI) and stay in `build/speakers`; where
they cannot be had, these tests skip and say why. `QASR_TEST_SPEAKERS` names another folder.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.media.voices.model import VoiceModel
from qasr_cli.voices.matching import sample_of
from qasr_cli.voices.recording import VoiceCount, voices_in
from tools.bench_speakers import heard, row_of
from tools.make_recordings import RECORDINGS, decoded
from tools.make_speaker_model import MOST_ALIKE, CannotBeMade, likeness, speaker_model
from tools.speakers.corpus import PEOPLE, PackagesMissing, Pcm, utterances
from tools.speakers.named import names, recording_of
from tools.speakers.talks import talk

FOLDER = Path(
    os.environ.get("QASR_TEST_SPEAKERS", str(Path(__file__).parents[2] / "build" / "speakers"))
)
_FEW = ("fr", "it", "armelle", "co")


@pytest.fixture(scope="module")
def voices() -> Mapping[str, Sequence[Pcm]]:
    """Utterances of four people."""
    people = [person for person in PEOPLE if person.name in _FEW]
    try:
        return utterances(FOLDER / "packages", people, most=20)
    except PackagesMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def model() -> VoiceModel:
    """CAM++, as `qasr models pull speakers` gets it."""
    try:
        return VoiceModel(speaker_model(FOLDER / "models"), thread_count=1)
    except CannotBeMade as error:
        pytest.skip(str(error))


def test_different_people_sound_different(
    voices: Mapping[str, list[Pcm]], model: VoiceModel
) -> None:
    """A model with one activation too many finds all of them alike, at a mean cosine of 0.38."""
    few = {name: list(pieces)[:4] for name, pieces in voices.items()}

    assert likeness(model, few) < MOST_ALIKE


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_talk_is_told_apart(
    voices: Mapping[str, Sequence[Pcm]], model: VoiceModel, count: int
) -> None:
    """The count is right, and hardly a word has the wrong speaker."""
    length_s = 60.0

    row = row_of(
        talk(voices, _FEW[:count], seed=count, length_s=length_s), model, length_s=length_s
    )

    assert row.found_count == count
    assert row.confused <= 0.02
    assert row.wrong_words <= 0.08


def test_who_is_known_is_named_and_nobody_else(
    voices: Mapping[str, Sequence[Pcm]], model: VoiceModel
) -> None:
    """Ten seconds of somebody name them in a talk of other sentences; a stranger has no name."""
    length_s = 60.0
    made = talk(
        {name: pieces[10:] for name, pieces in voices.items()},
        _FEW[:3],
        seed=7,
        length_s=length_s,
    )
    found = voices_in(heard(made.pcm, model), VoiceCount())
    people = {
        name: sample_of(heard(recording_of(voices[name][:10], length_s=12), model)).vector
        for name in (_FEW[0], _FEW[1], _FEW[3])
    }

    result = names([made], [found], people, length_s=length_s)

    assert (result.known_count, result.unnamed_count, result.wrong_count) == (2, 0, 0)
    assert (result.stranger_count, result.taken_count) == (1, 0)


def test_a_recording_of_ours_has_two_speakers(model: VoiceModel) -> None:
    """The one that `make demo` shows: two and two sentences, three and one."""
    sound = decoded(RECORDINGS / "podcast.opus")

    found = voices_in(heard(np.asarray(sound), model), VoiceCount())

    who = [turn.voice for turn in found.turns]
    changes = [one != other for one, other in pairwise(who)]
    assert len(found.speech_ms) == 2
    assert changes.count(True) == 3
