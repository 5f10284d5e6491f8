"""What is wrong with either model is told before anything is heard."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen import memory_plan
from qasr_cli.engines.qwen.loading.choice import choose
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.model_loading import load_pipeline
from qasr_cli.errors import ModelLoadError
from qasr_cli.options import EngineOptions
from tests.engines.qwen.loading.test_checkpoint import change_weights, lose_a_weight


def lose_weights(folder: Path) -> None:
    """A weight is absent; the file is whole."""
    change_weights(folder, lose_a_weight)


def lose_the_end_of_its_tokenizer(folder: Path) -> None:
    """As a disk that was full leaves it."""
    file = folder / "tokenizer.json"
    file.write_bytes(file.read_bytes()[:-100])


def lose_a_setting(folder: Path) -> None:
    """No number of layers."""
    file = folder / "config.json"
    file.write_text(file.read_text().replace('"encoder_layers"', '"layers"'))


def have_a_matrix_more(folder: Path) -> None:
    """Its weights are of another model."""
    change_weights(folder, lambda weights: weights.update(other=torch.zeros(2, 2)))


@pytest.mark.parametrize("both_stay", [True, False])
@pytest.mark.parametrize(
    "damage", [lose_weights, lose_the_end_of_its_tokenizer, lose_a_setting, have_a_matrix_more]
)
def test_a_damaged_aligner_is_told_at_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], object],
    *,
    both_stay: bool,
) -> None:
    """Also where memory has no room for both models at once."""
    monkeypatch.setattr(memory_plan, "_free_bytes", lambda _: None if both_stay else 1)
    folder = shutil.copytree(demo_folder("aligner"), tmp_path / "aligner")
    damage(folder)
    options = EngineOptions(model="demo", aligner=str(folder), threads=1, device="cpu")
    models = choose("demo", "recogniser", options), choose(str(folder), "aligner", options)

    with pytest.raises(ModelLoadError, match="aligner"):
        load_pipeline(*models, options, Keeper())
