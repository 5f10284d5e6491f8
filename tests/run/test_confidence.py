"""How sure the models were, from the clips of a run to what it leaves."""

import itertools
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.options import Options, OutputOptions
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    DiedError,
    ListeningEngine,
    RunFolders,
    mortal,
    statuses,
    with_output,
)

PLAIN = with_output(formats=("json",))
SURE = replace(PLAIN, engine=replace(OPTIONS.engine, confidence=True))
KEYS = {"probability", "time_probability"}


@pytest.fixture
def talk(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with one recording of some clips."""
    root = tmp_path / "in"
    bursts_s = tuple((0.5 + 2 * n, 1.5 + 2 * n) for n in range(4))
    write_wav(root / "talk.wav", bursts_s=bursts_s, duration_s=9.0)
    return root


def heard(run_folders: RunFolders, root: Path, options: Options) -> list[str]:
    """Run, and say which clips were heard."""
    engine = ListeningEngine(confidence=options.engine.confidence)
    run_folders(root, engine=engine, options=options)
    return engine.heard


def words_in(path: Path) -> list[dict[str, Any]]:
    """All words of a result."""
    segments = json.loads(path.read_text())["segments"]
    return [word for segment in segments for word in segment["words"]]


def with_formats(options: Options, *formats: str) -> Options:
    """The options with other formats."""
    return replace(options, output=OutputOptions(formats=formats))


def test_only_json_says_more(talk: Path, run_folders: RunFolders) -> None:
    """Two numbers a word, behind what was there before; every other output is the same."""
    everything = ("srt", "vtt", "ass", "lrc", "tsv", "ttml", "words", "md", "txt", "simple", "json")
    sure = talk.with_name("sure")
    shutil.copytree(talk, sure)
    heard(run_folders, talk, with_formats(PLAIN, *everything))
    heard(run_folders, sure, with_formats(SURE, *everything))

    outputs = {path.name for path in talk.glob("talk.*")} - {"talk.wav", "talk.json"}
    assert len(outputs) == len(everything) - 1
    assert all((talk / name).read_bytes() == (sure / name).read_bytes() for name in outputs)
    for plain_word, word in zip(
        words_in(talk / "talk.json"), words_in(sure / "talk.json"), strict=True
    ):
        assert list(word)[-2:] == ["probability", "time_probability"]
        assert all(0 <= word[key] <= 1 and round(word[key], 3) == word[key] for key in KEYS)
        assert {key: value for key, value in word.items() if key not in KEYS} == plain_word


def test_what_was_heard_without_is_heard_again(talk: Path, run_folders: RunFolders) -> None:
    """Nobody knows how sure the models were."""
    first = heard(run_folders, talk, PLAIN)

    assert heard(run_folders, talk, SURE) == first
    assert all(word.keys() >= KEYS for word in words_in(talk / "talk.json"))


def test_what_was_heard_with_it_will_do_without(talk: Path, run_folders: RunFolders) -> None:
    """Another run leaves it as it is, and writes other formats of it; it loses nothing by that."""
    heard(run_folders, talk, SURE)
    before = words_in(talk / "talk.json")

    assert heard(run_folders, talk, PLAIN) == []
    assert statuses(talk) == {"talk.wav": "skipped"}
    assert heard(run_folders, talk, with_formats(PLAIN, "json", "srt")) == []
    assert statuses(talk) == {"talk.wav": "done"}
    assert words_in(talk / "talk.json") == before
    assert heard(run_folders, talk, with_formats(SURE, "json", "srt")) == []
    assert statuses(talk) == {"talk.wav": "skipped"}


def test_a_killed_run_loses_nothing_of_it(talk: Path, run_folders: RunFolders) -> None:
    """The next one writes what an undisturbed one would, to the byte."""
    whole = talk.with_name("whole")
    shutil.copytree(talk, whole)
    all_clips = heard(run_folders, whole, SURE)
    asked = itertools.count()
    with mortal(math.inf) as mortal_os:
        engine = ListeningEngine(lambda _: next(asked) >= 2, mortal_os=mortal_os, confidence=True)
        with pytest.raises(DiedError):
            run_folders(talk, engine=engine, options=SURE)

    assert heard(run_folders, talk, SURE) == all_clips[2:]

    assert (talk / "talk.json").read_bytes() == (whole / "talk.json").read_bytes()
