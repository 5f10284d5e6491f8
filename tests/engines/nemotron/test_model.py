"""Which folders are a diarizer's checkpoint, and what is said of those that are none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.engines.diarizers import diarizer_for
from qasr_cli.engines.nemotron.model import NemotronModel
from qasr_cli.errors import ModelLoadError, ModelMissing
from qasr_cli.options import EngineOptions
from tests.nemotron_files import write_nemotron

CPU = torch.device("cpu")
NEMOTRON = SpeakerOptions(diarize=True, diarizer="nemotron")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole checkpoint, to be spoilt."""
    return write_nemotron(tmp_path)


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Write other weights into a checkpoint."""
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path, metadata={"format": "pt"})


def change_json(path: Path, **changed: object) -> None:
    """Write other fields into a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_a_lost_weight(folder: Path) -> None:
    """Of a weight that is absent its name is told, and nothing is made up in its place."""
    change_weights(folder, lambda weights: weights.pop("classifier.out_proj.bias"))

    with pytest.raises(ModelLoadError, match=r"missing keys: classifier\.out_proj\.bias$"):
        NemotronModel(folder, CPU)


def test_a_weight_too_many(folder: Path) -> None:
    """A weight that no part of the model takes is of another model."""
    change_weights(folder, lambda weights: weights.update(extra=torch.zeros(3)))

    with pytest.raises(ModelLoadError, match=r"unexpected keys: extra$"):
        NemotronModel(folder, CPU)


def test_another_shape(folder: Path) -> None:
    """A weight of another shape than the configuration says is not cut to fit."""
    change_weights(folder, lambda weights: weights.update(silence_embeds=torch.zeros(31)))

    with pytest.raises(ModelLoadError, match=r"mismatched keys: .*silence_embeds"):
        NemotronModel(folder, CPU)


def test_cut_weights(folder: Path) -> None:
    """Weights that end too early are found before anything is loaded."""
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ModelMissing, match=r"model\.safetensors is cut short"):
        diarizer_for(NEMOTRON, EngineOptions(model_dir=str(folder.parent.parent)))


def test_pickles_are_not_opened(folder: Path) -> None:
    """Weights that would run code when they are loaded do not count."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(ModelLoadError, match="pickled weights are not opened"):
        NemotronModel(folder, CPU)


def test_code_beside_it_is_not_run(folder: Path) -> None:
    """A configuration that names code of its own gets the class of the library all the same."""
    (folder / "evil.py").write_text("raise SystemExit('ran')\n")
    names = {"AutoModelForAudioFrameClassification": "evil.Model", "AutoConfig": "evil.Config"}
    change_json(folder / "config.json", auto_map=names)

    assert NemotronModel(folder, CPU).config.model_type == "nemotron3_diarization"


@pytest.mark.parametrize(
    ("model_type", "says"),
    [
        ("qwen3_asr", "this is a recogniser; --model takes it"),
        ("wav2vec2", "model_type is 'wav2vec2', not 'qwen3_asr' or 'nemotron3_diarization'"),
    ],
)
def test_another_architecture(folder: Path, model_type: str, says: str) -> None:
    """A checkpoint for something else is told apart by its configuration."""
    named = ["Qwen3ASRForConditionalGeneration"]
    change_json(folder / "config.json", model_type=model_type, architectures=named)

    with pytest.raises(ModelLoadError, match=says):
        NemotronModel(folder, CPU)


def test_another_architecture_in_its_place(folder: Path) -> None:
    """Where it should lie and another model does, that is said, and not that files are lost."""
    change_json(folder / "config.json", model_type="wav2vec2")

    with pytest.raises(ModelMissing, match="which holds no model that qasr knows: model_type is"):
        diarizer_for(NEMOTRON, EngineOptions(model_dir=str(folder.parent.parent)))


def test_shapes_that_contradict(folder: Path) -> None:
    """A configuration that no model can have is one line, with what is wrong."""
    change_json(folder / "config.json", chunk_right_context=20)

    with pytest.raises(ModelLoadError, match=r"chunk_right_context.* must be smaller") as raised:
        NemotronModel(folder, CPU)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"sampling_rate": 8000}, "hears sound at 8000 Hz, not 16000"),
        ({"feature_size": 80}, "gives 80 features a frame, and the model takes 128"),
    ],
)
def test_a_processor_of_another_model(folder: Path, changed: dict[str, int], says: str) -> None:
    """Features that the model was not made for are refused before they are heard."""
    path = folder / "processor_config.json"
    features = json.loads(path.read_text())["feature_extractor"]
    change_json(path, feature_extractor=features | changed)

    with pytest.raises(ModelLoadError, match=says):
        NemotronModel(folder, CPU)


def test_without_a_processor(folder: Path) -> None:
    """A folder without what makes features is not whole."""
    (folder / "processor_config.json").unlink()

    with pytest.raises(ModelMissing, match=r"incomplete: lacks processor_config\.json"):
        diarizer_for(NEMOTRON, EngineOptions(model_dir=str(folder.parent.parent)))


def test_what_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    """Where there is none, the command that gets it is named."""
    with pytest.raises(ModelMissing, match="`qasr models pull nemotron` gets it"):
        diarizer_for(NEMOTRON, EngineOptions(model_dir=str(tmp_path)))


def test_only_who_asks_gets_it(folder: Path) -> None:
    """No other settings look for it, and to find it loads nothing."""
    engine = EngineOptions(model_dir=str(folder.parent.parent))

    assert diarizer_for(SpeakerOptions(), engine) is None
    assert diarizer_for(SpeakerOptions(diarize=True), engine) is None
    found = diarizer_for(NEMOTRON, engine)
    assert found is not None
    assert found.name == "nemotron"


def test_other_weights_have_another_fingerprint(tmp_path: Path) -> None:
    """What one heard does not count for another."""
    fingerprints: set[str] = set()
    for seed in (0, 0, 1):
        folder = tmp_path / str(len(fingerprints))
        write_nemotron(folder, seed=seed)
        found = diarizer_for(NEMOTRON, EngineOptions(model_dir=str(folder)))
        assert found is not None
        fingerprints.add(found.fingerprint)

    assert len(fingerprints) == 2
