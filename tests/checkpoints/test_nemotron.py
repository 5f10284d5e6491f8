"""The model that hears several voices at once, as a published checkpoint."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qasr_cli.checkpoints import catalog
from qasr_cli.checkpoints.locate import pull_root
from qasr_cli.cli.commands.models import app
from qasr_cli.engines.registry import build_engine
from qasr_cli.errors import ModelLoadError, UsageError
from qasr_cli.options import EngineOptions
from tests.nemotron_files import write_nemotron

REPOSITORY = "nvidia/Nemotron-3-Diarization"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub_repository() -> str:
    """The one repository that the hub serves."""
    return REPOSITORY


@pytest.fixture
def hub_files(tmp_path: Path) -> dict[str, bytes]:
    """A small checkpoint, and what the repository holds beside it."""
    folder = write_nemotron(tmp_path / "published")
    served = {file.name: file.read_bytes() for file in folder.iterdir()}
    others = ("Nemotron-3-Diarization.nemo", "model.gguf", "pytorch_model.bin")
    return served | dict.fromkeys(others, b"import os")


@pytest.mark.usefixtures("hub_url")
def test_it_is_pulled_as_every_checkpoint() -> None:
    """Its safetensors come, checked; its licence is told before; it is found, whole, packed."""
    runner = CliRunner()
    folder = pull_root(None) / REPOSITORY

    pulled = runner.invoke(app, ["pull", "nemotron"])

    assert pulled.exit_code == 0
    assert pulled.stdout == f"nemotron: pulled: {folder} at {COMMIT}\n"
    assert "licence: OpenMDW License Agreement 1.1" in pulled.stderr
    assert "aligner" not in pulled.stderr
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("config.json", "model.safetensors", "processor_config.json", "qasr-manifest.json")
    }
    assert runner.invoke(app, ["path", "nemotron"]).stdout == f"{folder}\n"
    verified = runner.invoke(app, ["verify", "nemotron"])
    assert (verified.exit_code, verified.stdout) == (0, f"nemotron: ok: 3 files of {folder}\n")


@pytest.mark.usefixtures("hub_url")
def test_a_pack_holds_it(tmp_path: Path) -> None:
    """It goes to a machine without a network in one file."""
    runner = CliRunner()
    runner.invoke(app, ["pull", "nemotron"])
    pack, elsewhere = tmp_path / "models.tar", tmp_path / "elsewhere"

    assert runner.invoke(app, ["pack", "nemotron", "-o", str(pack)]).exit_code == 0
    assert runner.invoke(app, ["unpack", str(pack), "--model-dir", str(elsewhere)]).exit_code == 0

    assert runner.invoke(app, ["verify", "nemotron", "--model-dir", str(elsewhere)]).exit_code == 0


def test_the_list_names_it() -> None:
    """It is listed with what it is for and what it takes, whether it is here or not."""
    rows = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)

    (row,) = (row for row in rows if row["name"] == "nemotron")
    assert (row["role"], row["repository"]) == ("diarizer", REPOSITORY)
    assert row["download_bytes"] == pytest.approx(397e6, rel=0.01)
    assert list(row["memory_bytes"]) == ["float32"]
    assert "`qasr models pull nemotron` gets it" in row["problem"]


def test_the_published_shape_has_as_many_weights() -> None:
    """The catalog's number of weights is that of the library's configuration."""
    import torch
    from transformers import (
        Nemotron3DiarizationConfig,
        Nemotron3DiarizationForAudioFrameClassification,
    )

    with torch.device("meta"):
        model = Nemotron3DiarizationForAudioFrameClassification(Nemotron3DiarizationConfig())
    known = catalog.lookup(catalog.NEMOTRON)

    assert known is not None
    assert known.parameter_count == pytest.approx(
        sum(parameter.numel() for parameter in model.parameters()), rel=1e-3
    )


def test_it_recognises_nothing(tmp_path: Path) -> None:
    """As --model its name, and its folder, are refused with the option that takes it."""
    folder = write_nemotron(tmp_path)

    with pytest.raises(UsageError, match="--diarizer takes it"):
        build_engine(EngineOptions(model="nemotron"))
    with pytest.raises(ModelLoadError, match="this is a diarizer; --diarizer takes it"):
        build_engine(EngineOptions(model=str(folder)))


def test_the_preview_is_no_source() -> None:
    """The repository under an evaluation licence stands behind no name."""
    repositories = {name for model in catalog.MODELS for name in model.repositories}

    assert not any("preview" in name.casefold() for name in repositories)
