"""Recordings whose names leave no room for a suffix."""

import json
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileSkipped
from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.run.conftest import RunFolders, with_output

LONGEST = 255


def outputs_in(folder: Path) -> set[str]:
    """Names of the outputs."""
    return {path.name for path in folder.iterdir() if path.suffix in {".srt", ".json"}} - {
        "processing_report.json"
    }


@pytest.mark.parametrize("name", ["n" * 251 + ".wav", "会" * 83 + "nn.wav"])
def test_only_what_does_not_fit_is_shortened(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders, name: str
) -> None:
    """An output whose name fits has it; another one is shortened, said, and found again."""
    write_wav(tmp_path / "in" / name)
    stem = name.removesuffix(".wav")

    first = run_folders(tmp_path / "in", options=with_output(formats=("srt", "json")))
    made = outputs_in(tmp_path / "in")
    second = run_folders(tmp_path / "in", options=with_output(formats=("srt", "json")))

    assert (first.exit_code, second.exit_code) == (ExitCode.OK, ExitCode.OK)
    (done,), (skipped,) = first.outcomes, second.outcomes
    assert isinstance(done, FileDone)
    assert isinstance(skipped, FileSkipped)
    assert outputs_in(tmp_path / "in") == made
    assert f"{stem}.srt" in made
    (short,) = made - {f"{stem}.srt"}
    assert short.endswith(".json")
    assert short.startswith(stem[:60])
    assert len(short.encode()) <= LONGEST
    (warning,) = done.warnings
    assert "too long for this disk" in warning
    assert short[-20:] in warning
    assert json.loads((tmp_path / "in" / short).read_text())["warnings"] == [warning]
    assert first.report["details"][0]["warnings"] == [warning]


def test_long_names_that_begin_alike_have_outputs_of_their_own(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Shortened names do not meet, neither among themselves nor with one that was so all along."""
    folder = tmp_path / "in"
    long = "n" * 247
    for seed, ending in enumerate(("1234.wav", "1235.wav", "123.aiff")):
        write_wav(folder / "x.wav", seed=seed)
        (folder / "x.wav").rename(folder / f"{long}{ending}")
    options = with_output(formats=("json",))
    run_folders(folder, options=options)
    taken = sorted(outputs_in(folder))
    write_wav(folder / taken[0].replace(".json", ".wav"), seed=9)

    result = run_folders(folder, options=options)

    written = [path for outcome in result.outcomes for path in outcome.outputs]  # type: ignore[union-attr]
    assert len(written) == len(set(written)) == 4
    assert all(Path(path).is_file() for path in written)
    assert {type(outcome) for outcome in run_folders(folder, options=options).outcomes} == {
        FileSkipped
    }


def test_kept_clips_of_a_long_name(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Clips that are kept add more to a name than an output does, and are shortened alike."""
    from tests.run.conftest import with_run

    write_wav(tmp_path / "in" / ("n" * 251 + ".wav"))

    result = run_folders(tmp_path / "in", options=with_run(keep_clips_dir=str(tmp_path / "clips")))

    assert result.exit_code == ExitCode.OK
    assert list((tmp_path / "clips").glob("n*.wav"))
