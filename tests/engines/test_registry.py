"""Engines are named without loading what they need."""

import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.engines.fake import FakeEngine
from qasr_cli.engines.registry import build_engine
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
