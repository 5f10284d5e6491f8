"""`qasr models pack` and `unpack`: models in one file, and out of it."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qasr_cli.cli.commands.models import app
from qasr_cli.cli.main import run
from qasr_cli.errors import DownloadError, ExitCode, UsageError

RECOGNISER = "Qwen/Qwen3-ASR-0.6B"
ALIGNER = "Qwen/Qwen3-ForcedAligner-0.6B-hf"


@pytest.fixture
def models(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Path:
    """A folder with a recogniser of the original layout and an aligner of the native one."""
    folder = tmp_path / "models"
    make_checkpoint(folder / RECOGNISER, original=True, fill=b"\3" * 3_000_000)
    make_checkpoint(folder / ALIGNER, role="aligner")
    return folder


@pytest.fixture
def packed(models: Path, tmp_path: Path) -> Path:
    """What `pack` makes of them."""
    file = tmp_path / "models.tar"
    assert run(["models", "pack", "-o", str(file), "--model-dir", str(models)]) == ExitCode.OK
    return file


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _unpack(file: Path, folder: Path) -> ExitCode | int:
    return run(["models", "unpack", str(file), "--model-dir", str(folder)])


@pytest.mark.usefixtures("hub_url")
def test_what_was_pulled_comes_out_as_it_was_pulled(tmp_path: Path) -> None:
    """A pulled model, packed and unpacked, is the same to the byte, and verified as the same."""
    pulled, file, unpacked = tmp_path / "pulled", tmp_path / "a.tar", tmp_path / "unpacked"
    runner = CliRunner()
    runner.invoke(app, ["pull", "1.7b", "--model-dir", str(pulled)])

    runner.invoke(app, ["pack", "1.7b", "-o", str(file), "--model-dir", str(pulled)])
    said = runner.invoke(app, ["unpack", str(file), "--model-dir", str(unpacked)])

    assert "Qwen/Qwen3-ASR-1.7B-hf: unpacked: " in said.stdout
    assert _tree(unpacked) == _tree(pulled)
    assert runner.invoke(app, ["verify", "1.7b", "--model-dir", str(unpacked)]).exit_code == 0
    listed = json.loads(runner.invoke(app, ["list", "--json", "--model-dir", str(unpacked)]).stdout)
    assert listed[0]["path"] == str(unpacked / "Qwen/Qwen3-ASR-1.7B-hf")


def test_both_layouts_of_folders_that_nobody_pulled(
    packed: Path, models: Path, tmp_path: Path
) -> None:
    """Without names all models that are here are packed, also those without a manifest."""
    folder = tmp_path / "other"

    assert _unpack(packed, folder) == ExitCode.OK

    made = _tree(folder)
    assert {name: data for name, data in made.items() if "manifest" not in name} == _tree(models)
    names = ["0.6b", "aligner"]
    verified = CliRunner().invoke(app, ["verify", *names, "--model-dir", str(folder)])
    assert "no manifest" not in verified.stdout
    assert verified.exit_code == 0


def test_hashes_stand_in_front_and_any_tar_reads_the_file(packed: Path, models: Path) -> None:
    """The listing comes first; the rest is what the folders hold, under their repositories."""
    with tarfile.open(packed) as archive:
        names = archive.getnames()
        listing = json.loads(_content(archive, names[0]))
        contents = {name: _content(archive, name) for name in names[1:]}

    assert names[0] == "qasr-models.json"
    assert [model["repository"] for model in listing["models"]] == [RECOGNISER, ALIGNER]
    assert contents == _tree(models)


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def test_from_a_pipe_into_a_pipe(models: Path, tmp_path: Path) -> None:
    """`pack -o - | unpack -` needs no file between, behind the walls of a real process."""
    folder = tmp_path / "other"
    program = [sys.executable, "-m", "qasr_cli", "models"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    packing = subprocess.Popen(
        [*program, "pack", "-o", "-", "--model-dir", str(models)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )

    unpacking = subprocess.run(
        [*program, "unpack", "-", "--model-dir", str(folder)],
        stdin=packing.stdout,
        env=environment,
        check=False,
    )

    assert packing.stdout is not None
    packing.stdout.close()
    assert packing.wait() == 0
    assert unpacking.returncode == 0
    assert (folder / ALIGNER / "model.safetensors").is_file()


def test_a_second_time_changes_nothing(packed: Path, tmp_path: Path) -> None:
    """What is there already, and whole, stays as it is."""
    folder = tmp_path / "other"
    _unpack(packed, folder)
    before = (folder / RECOGNISER).stat().st_ino

    again = CliRunner().invoke(app, ["unpack", str(packed), "--model-dir", str(folder)])

    assert again.stdout.count("already here") == 2
    assert (folder / RECOGNISER).stat().st_ino == before


def test_what_was_cut_off_is_not_there_and_goes_on(packed: Path, tmp_path: Path) -> None:
    """A file that ends early leaves no model; the whole one then writes only what is missing."""
    folder, cut = tmp_path / "other", tmp_path / "cut.tar"
    cut.write_bytes(packed.read_bytes()[:2_000_000])

    result = CliRunner().invoke(app, ["unpack", str(cut), "--model-dir", str(folder)])

    assert isinstance(result.exception, DownloadError)
    assert "cut.tar is cut off within model.safetensors" in str(result.exception)
    assert not (folder / RECOGNISER).exists()
    staged = folder / "Qwen" / ".Qwen3-ASR-0.6B.incomplete" / "config.json"
    before = staged.stat().st_ino
    assert _unpack(packed, folder) == ExitCode.OK
    assert (folder / RECOGNISER / "config.json").stat().st_ino == before


@pytest.mark.parametrize("place", [-5_000, 3_000, 1_200_000])
def test_a_changed_byte_is_found(packed: Path, tmp_path: Path, place: int) -> None:
    """A byte that was changed in a file, or between two, keeps that model from its place."""
    data = bytearray(packed.read_bytes())
    data[place] ^= 1
    packed.write_bytes(data)
    folder = tmp_path / "other"

    assert _unpack(packed, folder) in (ExitCode.ENVIRONMENT, ExitCode.USAGE)

    assert not ((folder / RECOGNISER).exists() and (folder / ALIGNER).exists())


def test_a_link_in_the_place_of_a_file_is_not_followed(packed: Path, tmp_path: Path) -> None:
    """What somebody planted among half-unpacked files is replaced, not written through."""
    folder, precious = tmp_path / "other", tmp_path / "precious"
    precious.write_text("mine")
    staging = folder / "Qwen" / ".Qwen3-ASR-0.6B.incomplete"
    staging.mkdir(parents=True)
    (staging / "config.json").symlink_to(precious)

    assert _unpack(packed, folder) == ExitCode.OK

    assert precious.read_text() == "mine"
    assert not (folder / RECOGNISER / "config.json").is_symlink()


def test_a_folder_of_ones_own_is_left_alone(
    packed: Path, tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    """A model that stands there and was not pulled is not replaced."""
    folder = tmp_path / "other"
    own = make_checkpoint(folder / RECOGNISER)
    before = _tree(own)

    result = CliRunner().invoke(app, ["unpack", str(packed), "--model-dir", str(folder)])

    assert "not from a pull" in str(result.exception)
    assert _tree(own) == before


def test_something_behind_the_last_model_is_said(packed: Path, tmp_path: Path) -> None:
    """A file that goes on where it should end is refused, whatever goes on."""
    with packed.open("ab") as file:
        file.write(b"more")

    assert _unpack(packed, tmp_path / "other") == ExitCode.USAGE


def test_a_damaged_model_is_not_packed(packed: Path, tmp_path: Path) -> None:
    """A model that is not as it was pulled makes no file, and the one that stood there stays."""
    folder = tmp_path / "other"
    _unpack(packed, folder)
    weights = folder / RECOGNISER / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\4")
    before = packed.read_bytes()

    arguments = ["models", "pack", "-o", str(packed), "--model-dir", str(folder)]

    assert run(arguments) == ExitCode.ENVIRONMENT
    assert packed.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} - {"home"} == {
        "models",
        "models.tar",
        "other",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pack", "demo", "-o", "x.tar"], "demo is part of qasr"),
        (["pack", "-o", "/dev/null"], "is no regular file"),
        (["pack", "-o", "."], "is a folder"),
        (["pack", "-o", "x.tar"], "no model is here"),
        (["unpack", "absent.tar"], "absent.tar: No such file"),
        (["unpack", "."], "Is a directory"),
        (["unpack", __file__], "is no file of `qasr models pack`"),
    ],
)
def test_mistakes_get_one_line(arguments: list[str], words: str) -> None:
    """Each mistake of a command line says what it is, with code 2."""
    result = CliRunner().invoke(app, arguments)

    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
