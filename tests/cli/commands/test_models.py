import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qasr_cli.checkpoints import kept_weights, manifest
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.cli.commands.models import app
from qasr_cli.errors import ExitCode, ModelLoadError, ModelMissing, QasrError, UsageError

NATIVE = "Qwen3-ASR-1.7B-hf"


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QASR_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models that holds the demo recogniser under the name of the large one."""
    folder = tmp_path / "models"
    shutil.copytree(demo_folder("recogniser"), folder / NATIVE)
    names = sorted(path.name for path in (folder / NATIVE).iterdir())
    manifest.write(
        folder / NATIVE,
        manifest.Manifest(
            source="hf",
            repository=f"Qwen/{NATIVE}",
            revision="a" * 40,
            pulled_at="2026-01-02T03:04:05+00:00",
            files=tuple(manifest.describe(folder / NATIVE / name, name=name) for name in names),
        ),
    )
    return folder


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_list_shows_what_is_here(models: Path) -> None:
    """One aligned line a model: name, role, repository, size, commit, and the folder."""
    result = _run("list", "--model-dir", models)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["NAME", "ROLE", "REPOSITORY", "SIZE", "MEMORY", "REVISION", "WHERE"]
    starts = [lines[0].index(title) for title in lines[0].split()]
    assert all(line[start - 1] == " " for line in lines for start in starts[1:])
    assert lines[1].split() == [
        "1.7b",
        "recogniser",
        f"Qwen/{NATIVE}",
        *("5.5", "MB"),
        *("5.3", "or", "9.4", "GB"),
        "a" * 12,
        str(models / NATIVE),
    ]
    assert lines[2].endswith("not here")
    assert [line.split()[:2] for line in lines[4:]] == [
        ["demo", "recogniser"],
        ["demo", "aligner"],
        ["speakers", "diarizer"],
        ["nemotron", "diarizer"],
    ]


def test_the_list_says_what_a_pull_takes() -> None:
    """Before anything is downloaded: how much that is, and how much memory the model needs then."""
    lines = _run("list").stdout.splitlines()

    needs = {line.split()[0]: line.split()[3:9] for line in lines[1:4]}
    assert needs == {
        "1.7b": ["4.1", "GB", "5.3", "or", "9.4", "GB"],
        "0.6b": ["1.6", "GB", "2.8", "or", "4.3", "GB"],
        "aligner": ["1.8", "GB", "3.0", "or", "4.9", "GB"],
    }


def test_the_list_as_json_says_why_a_model_is_not_here(models: Path) -> None:
    """The JSON list has the same models, and the error of each that is missing."""
    result = _run("list", "--json", "--model-dir", models)

    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == [
        *("1.7b", "0.6b", "aligner", "demo", "demo", "speakers", "nemotron")
    ]
    assert rows[0]["path"] == str(models / NATIVE)
    assert rows[0]["revision"] == "a" * 40
    assert rows[1]["path"] is None
    assert rows[1]["download_bytes"] == 2 * 782_000_000
    assert rows[1]["memory_bytes"].keys() == {"bfloat16", "float32"}
    assert rows[3]["download_bytes"] is None
    assert "`qasr models pull 0.6b`" in rows[1]["problem"]


def test_path_prints_the_folder_and_nothing_else(models: Path) -> None:
    """Standard output is fit for $( )."""
    assert _run("path", "1.7b", "--model-dir", models).stdout == f"{models / NATIVE}\n"
    assert _run("path", "demo", "--role", "aligner").stdout == f"{demo_folder('aligner')}\n"


def test_path_prints_the_bytes_of_the_name(tmp_path: Path) -> None:
    """A name that is not UTF-8 comes out as it is on the disk."""
    folder = tmp_path / "caf\udce9"
    shutil.copytree(demo_folder("recogniser"), folder)

    assert _run("path", folder).stdout_bytes == bytes(folder) + b"\n"


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["path", "1.7b"], ModelMissing, ExitCode.ENVIRONMENT),
        (["path", "typo"], UsageError, ExitCode.USAGE),
        (["path", "demo/nothing/here"], UsageError, ExitCode.USAGE),
        (["verify", "0.6b"], ModelMissing, ExitCode.ENVIRONMENT),
        (["pull", "demo"], UsageError, ExitCode.USAGE),
        (["pull", "typo"], UsageError, ExitCode.USAGE),
        (["pull", "1.7b", "aligner", "--revision", "main"], UsageError, ExitCode.USAGE),
        (["convert", "0.6b", "target"], ModelMissing, ExitCode.ENVIRONMENT),
    ],
)
def test_errors_carry_their_exit_code(
    arguments: list[str], error: type[QasrError], code: ExitCode
) -> None:
    """What cannot be done is an error of ours, raised before anything is printed."""
    result = _run(*arguments)

    assert type(result.exception) is error
    assert error.exit_code == code
    assert result.stdout == ""


def test_verify_passes_what_is_whole(models: Path) -> None:
    """Without names every model that is here is compared; the packaged pair has no manifest."""
    result = _run("verify", "--model-dir", models)

    assert result.exit_code == 0
    assert f"1.7b recogniser: ok: 7 files of {models / NATIVE}" in result.stdout
    assert "demo aligner: no manifest" in result.stdout


def test_verify_names_the_file_that_changed(models: Path) -> None:
    """One flipped byte exits 1 and names the file."""
    weights = models / NATIVE / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)

    result = _run("verify", "1.7b", "--model-dir", models)

    assert result.exit_code == ExitCode.SOME_FAILED
    assert "1.7b: model.safetensors: changed" in result.stdout
    assert "ok" not in result.stdout


def test_verify_takes_a_folder_as_it_is(models: Path) -> None:
    """A folder too damaged to be found by name is still checked when it is named itself."""
    weights = models / NATIVE / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert isinstance(_run("verify", "1.7b", "--model-dir", models).exception, ModelMissing)

    result = _run("verify", models / NATIVE)

    assert result.exit_code == ExitCode.SOME_FAILED
    assert "model.safetensors: changed: has" in result.stdout


def test_the_other_role_is_refused(models: Path) -> None:
    """A recogniser is no aligner, whatever --role says."""
    result = _run("path", models / NATIVE, "--role", "aligner")

    assert isinstance(result.exception, ModelLoadError)


def test_convert_refuses_what_is_native_already(models: Path, tmp_path: Path) -> None:
    """There is nothing to convert in a model of the native layout."""
    result = _run("convert", models / NATIVE, tmp_path / "target")

    assert isinstance(result.exception, UsageError)
    assert "native layout already" in str(result.exception)
    assert not (tmp_path / "target").exists()


def test_packed_weights_are_shown_and_cleared(models: Path) -> None:
    """Their size stands behind the model's, `models cache` tells it, and `--clear` removes them."""
    folder = models / NATIVE
    part = (kept_weights.Part(shape=(1, 1), layout=b"", size_bytes=3_000_000), bytes(3_000_000))
    assert kept_weights.keep(folder, "x", [(part[0], memoryview(part[1]))], replaces="x")

    assert "5.5 MB + 3.0 MB packed" in _run("list", "--model-dir", models).stdout
    (row, *_) = json.loads(_run("list", "--json", "--model-dir", models).stdout)
    assert row["packed_bytes"] > 3_000_000
    assert f"1.7b recogniser: kept: 3.0 MB of packed weights: {folder}" in (
        _run("cache", "--model-dir", models).stdout
    )
    assert _run("verify", "--model-dir", models, "1.7b").exit_code == 0
    cleared = _run("cache", "--clear", "1.7b", "--model-dir", models)
    assert cleared.stdout == f"1.7b: removed: 3.0 MB of packed weights: {folder}\n"
    assert not (folder / kept_weights.PACKED_FOLDER).exists()
    assert _run("cache", str(folder)).stdout == f"{folder}: kept: nothing: {folder}\n"
