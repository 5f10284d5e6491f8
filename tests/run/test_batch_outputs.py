"""What a batch writes, where, and under which names."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileSkipped
from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, RunFolders, statuses, with_output


def test_outputs_stand_beside_their_sources(folder: Path, run_folders: RunFolders) -> None:
    """Without -o a subtitle lies where players look for it, and state hides in one folder."""
    result = run_folders(folder)

    assert result.exit_code == ExitCode.OK
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.srt")) == [
        "a.srt",
        "b.srt",
        "deep/er/c.srt",
    ]
    assert {p.name for p in folder.iterdir()} == {
        *("a.wav", "a.srt", "b.wav", "b.srt", "deep", ".qasr", "processing_report.json")
    }


def test_output_folder_mirrors_the_tree(
    folder: Path, tmp_path: Path, run_folders: RunFolders
) -> None:
    """With -o nothing is written into the walked folder."""
    before = sorted(folder.rglob("*"))
    out = tmp_path / "out"

    run_folders(folder, options=with_output(output_dir=str(out), formats=("srt", "json")))

    assert sorted(folder.rglob("*")) == before
    assert (out / "deep/er/c.srt").is_file()
    assert (out / "deep/er/c.json").is_file()
    assert (out / ".qasr/results/deep/er/c.wav.json").is_file()


def test_several_folders_keep_apart(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Two folders with the same names inside share an output folder without a clash."""
    write_wav(tmp_path / "x/day/a.wav", seed=1)
    write_wav(tmp_path / "y/day/a.wav", seed=2)
    out = tmp_path / "out"

    result = run_folders(
        tmp_path / "x/day", tmp_path / "y/day", options=with_output(output_dir=str(out))
    )

    assert result.exit_code == ExitCode.OK
    assert (out / "day/a.srt").is_file()
    assert (out / "day-2/a.srt").is_file()


def test_several_folders_have_state_of_their_own(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A folder done together with others counts as done when it is named alone."""
    write_wav(tmp_path / "x/a.wav", seed=1)
    write_wav(tmp_path / "y/a.wav", seed=2)

    run_folders(tmp_path / "x", tmp_path / "y")
    again = run_folders(tmp_path / "y")

    assert statuses(tmp_path / "x") == {"a.wav": "done"}
    assert [type(outcome) for outcome in again.outcomes] == [FileSkipped]


def test_same_stem_keeps_its_extension(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Two inputs that would share an output name both keep their extension."""
    write_wav(tmp_path / "talk.wav", seed=1)
    (tmp_path / "talk.aiff").write_bytes((tmp_path / "talk.wav").read_bytes())

    run_folders(tmp_path)

    assert (tmp_path / "talk.wav.srt").is_file()
    assert (tmp_path / "talk.aiff.srt").is_file()
    assert not (tmp_path / "talk.srt").exists()


def test_the_longest_names_are_done_and_skipped(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A name that leaves no room for the suffix of its result has one all the same."""
    write_wav(tmp_path / ("x" * 251 + ".wav"))

    first = run_folders(tmp_path)
    again = run_folders(tmp_path)

    assert isinstance(first.outcomes[0], FileDone)
    assert isinstance(again.outcomes[0], FileSkipped)


def test_silence_gives_an_empty_subtitle(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A recording without speech is done, and its outputs are valid and empty."""
    write_wav(tmp_path / "quiet.wav", bursts_s=[])

    result = run_folders(tmp_path, options=with_output(formats=("srt", "vtt", "json")))

    assert result.exit_code == ExitCode.OK
    assert (tmp_path / "quiet.srt").read_text().strip() == ""
    assert (tmp_path / "quiet.vtt").read_text().strip() == "WEBVTT"
    assert json.loads((tmp_path / "quiet.json").read_text())["text"] == ""


def test_language_suffix_names_the_language(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """`--language-suffix` gives talk.en.srt, and the next run still knows it for done."""
    write_wav(tmp_path / "talk.wav")
    options = with_output(language_suffix=True)

    run_folders(tmp_path, options=options)
    again = run_folders(tmp_path, options=options)

    assert (tmp_path / "talk.en.srt").is_file()
    assert isinstance(again.outcomes[0], FileSkipped)


def test_names_that_are_not_utf8_survive(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A file name of raw bytes comes back byte for byte in outputs, state and report."""
    good = write_wav(tmp_path / "x.wav")
    name = b"caf\xe9\n.wav"
    (tmp_path / "x.wav").rename(Path(str(tmp_path)) / name.decode("utf-8", "surrogateescape"))
    assert not good.exists()

    result = run_folders(tmp_path, options=with_output(formats=("srt", "json")))

    assert result.exit_code == ExitCode.OK
    assert (tmp_path / b"caf\xe9\n.srt".decode("utf-8", "surrogateescape")).is_file()
    assert list(statuses(tmp_path)) == [name.decode("utf-8", "surrogateescape")]
    assert isinstance(
        run_folders(tmp_path, options=with_output(formats=("srt", "json"))).outcomes[0], FileSkipped
    )


def test_kept_clips_are_written(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """`--keep-clips` leaves one sound file a clip."""
    write_wav(tmp_path / "in/talk.wav")
    clips = tmp_path / "clips"

    run_folders(
        tmp_path / "in",
        options=replace(OPTIONS, run=replace(OPTIONS.run, keep_clips_dir=str(clips))),
    )

    result = json.loads((tmp_path / "in/.qasr/results/talk.wav.json").read_text())
    assert len([p for p in clips.rglob("*") if p.is_file()]) == len(result["clips"]) > 0


def test_a_kept_clip_takes_nobodys_place(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A clip's place that is taken is left; lines and report say so, and the outputs are there."""
    write_wav(tmp_path / "in" / "talk.wav")
    clips = tmp_path / "clips"
    options = replace(OPTIONS, run=replace(OPTIONS.run, keep_clips_dir=str(clips)))
    run_folders(tmp_path / "in", options=options)
    first, *others = sorted(clips.iterdir())
    first.write_bytes(b"cleaned by hand")
    (tmp_path / "in" / "talk.srt").unlink()
    (tmp_path / "in" / ".qasr/results/talk.wav.json").unlink()

    result = run_folders(tmp_path / "in", options=options)

    assert result.exit_code == ExitCode.OK
    assert (tmp_path / "in" / "talk.srt").is_file()
    assert first.read_bytes() == b"cleaned by hand"
    assert sorted(clips.iterdir()) == [first, *others]
    (warning,) = result.report["warnings"]
    assert warning.startswith("--keep-clips: ")
    assert f"{first.name} exists; --overwrite replaces it" in warning

    output = with_output(overwrite=True).output
    run_folders(tmp_path / "in", options=replace(options, output=output))
    assert first.read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize("kind", ["FIFO", "folder", "dead link"])
def test_what_is_no_file_is_not_replaced_either(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders, kind: str
) -> None:
    """Where an output would go there may stand anything, also what would never answer."""
    write_wav(tmp_path / "talk.wav")
    place = tmp_path / "talk.srt"
    if kind == "FIFO":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("gone")
    before = place.lstat()

    result = run_folders(tmp_path)

    assert [type(outcome) for outcome in result.outcomes] == [FileSkipped]
    assert place.lstat() == before
