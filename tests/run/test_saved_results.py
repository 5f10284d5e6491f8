"""What was heard once is not heard again: formats and cuts are made of results."""

import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.options import DecodeOptions, Options, TextOptions
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    DiedError,
    RunFolders,
    mortal,
    report_of,
    run_to_death,
    statuses,
    with_output,
)
from tests.run.rewriting import CHANGES, NAMES, corrections, fresh, heard_again, texts_in


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_otherwise_is_not_heard_again(
    folder: Path, run_folders: RunFolders, change: str
) -> None:
    """Every output is what a run would make that hears everything, and no clip is heard."""
    run_folders(folder)

    assert heard_again(run_folders, folder, CHANGES[change]) == []

    assert statuses(folder) == dict.fromkeys(NAMES, "done")
    assert all(detail["rendered"] for detail in report_of(folder)["details"])
    assert report_of(folder)["summary"]["audio_s"] == 0
    wanted = fresh(folder, run_folders, CHANGES[change])
    assert {name: texts_in(folder)[name] for name in wanted} == wanted
    assert heard_again(run_folders, folder, CHANGES[change]) == []
    assert set(statuses(folder).values()) == {"skipped"}


def test_a_format_less_is_done(folder: Path, run_folders: RunFolders) -> None:
    """The outputs that are wanted stand; nothing is written."""
    run_folders(folder, options=with_output(formats=("srt", "vtt")))

    assert heard_again(run_folders, folder, OPTIONS) == []

    assert set(statuses(folder).values()) == {"skipped"}


def test_an_output_that_is_gone_is_written_anew(folder: Path, run_folders: RunFolders) -> None:
    """From the saved result."""
    run_folders(folder)
    before = texts_in(folder)
    (folder / "a.srt").unlink()

    assert heard_again(run_folders, folder, OPTIONS) == []

    assert texts_in(folder) == before
    assert statuses(folder) == {"a.wav": "done", "b.wav": "skipped", "deep/er/c.wav": "skipped"}


@pytest.mark.parametrize(
    "options",
    [
        replace(OPTIONS, decode=DecodeOptions(channels="left")),
        replace(OPTIONS, split=replace(OPTIONS.split, max_chunk_s=1.5)),
        replace(OPTIONS, engine=replace(OPTIONS.engine, language="de")),
        with_output(overwrite=True),
    ],
)
def test_what_would_be_heard_otherwise_is_heard(
    folder: Path, run_folders: RunFolders, options: Options
) -> None:
    """Settings of the sound, the models, and --overwrite."""
    run_folders(folder)

    heard = heard_again(run_folders, folder, options)

    assert {clip.rpartition("/")[0] for clip in heard} == set(NAMES)


def test_corrections_are_made_of_what_was_heard(folder: Path, run_folders: RunFolders) -> None:
    """Another table takes the place of the one before, which leaves nothing behind."""
    first, second = (replace(OPTIONS, text=corrections("e", to)) for to in ("3", "EE"))
    plain = fresh(folder, run_folders, OPTIONS)
    run_folders(folder, options=first)

    assert heard_again(run_folders, folder, second) == []
    assert texts_in(folder) == fresh(folder, run_folders, second)
    # A cut of the corrected text, which is kept with the text before it.
    narrow = replace(first, cue=CueOptions(max_line_width=20))
    assert heard_again(run_folders, folder, narrow) == []
    assert texts_in(folder) == fresh(folder, run_folders, narrow)
    assert heard_again(run_folders, folder, OPTIONS) == []
    assert texts_in(folder) == plain


def test_speakers_get_other_names(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Also two who had the same name."""
    folder = tmp_path / "in"
    left, right = (write_wav(tmp_path / f"{seed}.wav", seed=seed) for seed in (1, 2))
    sides = [soundfile.read(path)[0] for path in (left, right)]
    folder.mkdir()
    soundfile.write(folder / "a.wav", np.stack(sides, axis=1), 16_000)
    options = replace(OPTIONS, decode=DecodeOptions(channels="split"))
    same, apart = (
        replace(options, text=TextOptions(speaker_names=names))
        for names in (("Ann", "Ann"), ("Bea", "Cas"))
    )
    run_folders(folder, options=same)

    assert heard_again(run_folders, folder, apart) == []
    assert texts_in(folder) == fresh(folder, run_folders, apart)
    assert heard_again(run_folders, folder, options) == []
    assert texts_in(folder) == fresh(folder, run_folders, options)


def test_an_edited_output_is_left_alone(folder: Path, run_folders: RunFolders) -> None:
    """Where a subtitle is somebody's work, nothing of that recording is written."""
    run_folders(folder)
    (folder / "a.srt").write_text("mine")

    assert heard_again(run_folders, folder, CHANGES["format"]) == []

    assert (folder / "a.srt").read_text() == "mine"
    assert not (folder / "a.vtt").exists()
    assert (folder / "b.vtt").exists()
    (detail,) = (d for d in report_of(folder)["details"] if d["file"] == "a.wav")
    assert detail["status"] == "skipped"
    assert "a.srt exists" in detail["warnings"][0]


def test_what_a_killed_run_wrote_is_no_output_of_the_one_before(
    folder: Path, run_folders: RunFolders
) -> None:
    """It died between an output and the mark: the next run with the old options writes the old."""
    run_folders(folder)
    before = texts_in(folder)
    wide = CHANGES["cut"]
    for change in range(1, 30):
        with mortal(change), contextlib.suppress(DiedError):
            run_folders(folder, options=wide)

    assert heard_again(run_folders, folder, OPTIONS) == []

    assert texts_in(folder) == before


def test_a_quarantined_file_is_rendered(folder: Path, run_folders: RunFolders) -> None:
    """Nothing that the process died over is done again."""
    run_folders(folder)
    other = replace(OPTIONS, split=replace(OPTIONS.split, max_chunk_s=1.5))
    for _ in range(3):
        run_to_death(
            partial(run_folders, options=other), folder, lambda clip: clip.clip_id.startswith("b.")
        )

    heard = heard_again(run_folders, folder, CHANGES["format"])

    assert not any(clip.startswith("b.wav") for clip in heard)

    assert statuses(folder)["b.wav"] == "done"


def test_formats_in_turns_are_written_once(folder: Path, run_folders: RunFolders) -> None:
    """What stands of the same cut stays known."""
    for name in ("srt", "vtt"):
        run_folders(folder, options=with_output(formats=(name,)))
    for name in ("srt", "vtt"):
        run_folders(folder, options=with_output(formats=(name,)))
        assert set(statuses(folder).values()) == {"skipped"}
