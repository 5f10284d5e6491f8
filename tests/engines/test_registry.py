"""Engines are named without loading what they need."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

import qasr_cli
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.engines.registry import build_engine, number_format
from qasr_cli.errors import ModelMissing
from qasr_cli.options import EngineOptions


def test_the_fake_engine_is_built_from_options() -> None:
    """`--engine fake` needs no model."""
    engine = build_engine(EngineOptions(engine="fake", align=False))

    assert isinstance(engine, FakeEngine)
    assert engine.models == {"recogniser": "fake"}


@pytest.mark.parametrize("options", ["engine='fake'", "model='demo'"])
def test_building_an_engine_loads_no_torch(options: str) -> None:
    """A run in which every file is done already never pays for torch."""
    program = (
        "import sys\n"
        "from qasr_cli.engines.registry import build_engine\n"
        "from qasr_cli.options import EngineOptions\n"
        f"engine = build_engine(EngineOptions({options}))\n"
        "engine.fingerprint, engine.models, engine.max_clip_s, list(engine.run([]))\n"
        "engine.close()\n"
        "heavy = {'torch', 'transformers', 'numpy', 'huggingface_hub'} & sys.modules.keys()\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert (finished.returncode, finished.stderr) == (0, b"")


def test_an_absent_model_is_told_at_once(tmp_path: Path) -> None:
    """No recording is decoded before the models are known to be there."""
    with pytest.raises(ModelMissing):
        build_engine(EngineOptions(model="nobody/nothing", model_dir=str(tmp_path)))


@pytest.mark.parametrize(
    ("dtype", "formats"),
    [
        ("auto", {"float32", "bfloat16"}),  # as the processor can
        ("float32", {"float32"}),
        ("float16", {"float16"}),
    ],
)
def test_the_number_format_is_known_before_a_model_is_loaded(
    tmp_path: Path, dtype: Literal["auto", "float32", "float16"], formats: set[str]
) -> None:
    """What "auto" becomes here; of the demo pair by its path, for by name it has one of its own."""
    paths = {role: tmp_path / role for role in ("asr", "aligner")}
    for role, path in paths.items():
        shutil.copytree(Path(str(qasr_cli.__file__)).parent / "demo" / role, path)
    options = EngineOptions(
        model=str(paths["asr"]), aligner=str(paths["aligner"]), device="cpu", dtype=dtype
    )

    assert number_format(options) in formats


def test_an_engine_without_models_has_one_number_format() -> None:
    """So no two of its workers are ever unlike."""
    assert number_format(EngineOptions(engine="fake")) == ""


def test_a_device_that_is_not_here_has_no_number_format() -> None:
    """Whoever loads the models says so, or goes to the CPU."""
    assert number_format(EngineOptions(model="demo", device="cuda:63")) == ""
