"""A checkpoint loads whole, in either layout, or not at all."""

import gc
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import multiplies_bfloat16, placement
from qasr_cli.engines.qwen.loading import original, quick
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.model.products import float32
from qasr_cli.engines.qwen.model.products.float32 import multiplies_alike
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.engines.registry import build_engine
from qasr_cli.errors import ModelLoadError
from qasr_cli.options import EngineOptions
from tests.engines.conftest import ROLES, OriginalLayout, outcome, results_by_id

_MAPS = Path("/proc/self/maps")
_MODELS = {"recogniser": Recogniser, "aligner": Aligner}
NAMES_OF_ROLE = {
    "recogniser": ("eos_token_id", "tie_word_embeddings"),
    "aligner": ("timestamp_token_id", "num_labels"),
}


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """A checkpoint that a test may damage."""

    def copy(source: Path) -> Path:
        return shutil.copytree(source, tmp_path / "copy")

    return copy


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Rewrite the weights of a folder."""
    file = folder / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


def lose_a_weight(weights: dict[str, torch.Tensor]) -> None:
    """One layer's weight is gone."""
    del weights["model.audio_tower.ln_post.weight"]


def rename_a_weight(weights: dict[str, torch.Tensor]) -> None:
    """One weight has another name."""
    weights["model.audio_tower.post.weight"] = weights.pop("model.audio_tower.ln_post.weight")


def add_a_weight(weights: dict[str, torch.Tensor]) -> None:
    """One weight belongs nowhere."""
    weights["model.audio_tower.adapter.weight"] = torch.zeros(2, 2)


def reshape_a_weight(weights: dict[str, torch.Tensor]) -> None:
    """One weight has another shape."""
    weights["model.audio_tower.ln_post.weight"] = torch.ones(3)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lose_a_weight, "missing keys: model.audio_tower.ln_post.weight"),
        (rename_a_weight, "unexpected keys: model.audio_tower.post.weight"),
        (add_a_weight, "unexpected keys: model.audio_tower.adapter.weight"),
        (reshape_a_weight, "mismatched keys: .*model.audio_tower.ln_post.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    copy_of: Callable[[Path], Path],
    role: Role,
    change: Callable[[dict[str, torch.Tensor]], object],
    problem: str,
) -> None:
    """A weight too few, too many or of another shape is an error, never a random weight."""
    folder = copy_of(demo_folder(role))
    change_weights(folder, change)

    with pytest.raises(ModelLoadError, match=f"its weights do not fit: .*{problem}"):
        read(folder, role, torch.float32)


def test_an_original_checkpoint_is_checked_too(
    copy_of: Callable[[Path], Path], original_layout: OriginalLayout
) -> None:
    """In the original layout a missing weight is as much an error."""
    folder = copy_of(original_layout("recogniser"))
    change_weights(folder, lambda weights: weights.pop("thinker.audio_tower.proj1.weight"))

    with pytest.raises(ModelLoadError, match="missing keys: model"):
        read(folder, "recogniser", torch.float32)


def test_original_weights_under_a_native_configuration_are_refused(
    copy_of: Callable[[Path], Path], original_layout: OriginalLayout
) -> None:
    """Weights of one layout never fill a model of the other."""
    folder = copy_of(demo_folder("recogniser"))
    shutil.copy(original_layout("recogniser") / "model.safetensors", folder)

    with pytest.raises(ModelLoadError, match="missing keys"):
        read(folder, "recogniser", torch.float32)


def test_pickled_weights_are_not_opened(copy_of: Callable[[Path], Path]) -> None:
    """A folder with a *.bin in place of safetensors is refused, for a pickle can run anything."""
    folder = copy_of(demo_folder("recogniser"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    with pytest.raises(ModelLoadError, match=r"no \*\.safetensors"):
        read(folder, "recogniser", torch.float32)


def test_code_of_a_checkpoint_is_not_run(copy_of: Callable[[Path], Path]) -> None:
    """A configuration that names code of its own loads the native classes all the same."""
    folder = copy_of(demo_folder("recogniser"))
    config: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
    config["auto_map"] = {"AutoModelForMultimodalLM": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "evil.py").write_text("raise SystemExit('evil')", encoding="utf-8")

    model = read(folder, "recogniser", torch.float32).model

    assert type(model).__module__ == "transformers.models.qwen3_asr.modeling_qwen3_asr"


@pytest.mark.parametrize("role", ROLES)
def test_the_other_role_is_refused(role: Role) -> None:
    """A recogniser does not align, an aligner does not recognise."""
    other: Role = "aligner" if role == "recogniser" else "recogniser"

    with pytest.raises(ModelLoadError, match=other):
        read(demo_folder(other), role, torch.float32)


def test_a_broken_tokenizer_is_told(copy_of: Callable[[Path], Path]) -> None:
    """Whatever the library raises while it loads comes out as one kind of error."""
    folder = copy_of(demo_folder("recogniser"))
    (folder / "tokenizer.json").write_text("{", encoding="utf-8")

    with pytest.raises(ModelLoadError, match="not a usable checkpoint"):
        read(folder, "recogniser", torch.float32)


@pytest.mark.parametrize("role", ROLES)
def test_an_original_checkpoint_holds_the_same_model(
    original_layout: OriginalLayout,
    recogniser_checkpoint: Checkpoint,
    aligner_checkpoint: Checkpoint,
    role: Role,
) -> None:
    """Both layouts give equal weights, tokenizers and settings."""
    native = recogniser_checkpoint if role == "recogniser" else aligner_checkpoint
    original = read(original_layout(role), role, torch.float32)

    ours, theirs = original.model.state_dict(), native.model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert original.processor.tokenizer.get_vocab() == native.processor.tokenizer.get_vocab()
    assert original.processor.timestamp_segment_time == native.processor.timestamp_segment_time
    for name in ("audio_token_id", "pad_token_id", *NAMES_OF_ROLE[role]):
        assert getattr(original.model.config, name) == getattr(native.model.config, name)


def test_what_an_original_configuration_leaves_out_keeps_its_meaning(
    original_layout: OriginalLayout,
) -> None:
    """Fields that are absent have the defaults of the original classes, not the native ones."""
    config = layout.read_config(original_layout("recogniser"))
    del config["thinker_config"]["audio_config"]["n_window_infer"]
    del config["thinker_config"]["text_config"]["rope_theta"]
    tokenizer = original.load_tokenizer(original_layout("recogniser"))

    native = original.native_config(config, tokenizer)

    document = native.to_dict()
    assert document["audio_config"]["n_window_infer"] == 400
    assert document["text_config"]["rope_parameters"]["rope_theta"] == 5_000_000
    assert document["audio_config"]["d_model"] == 160


def test_original_checkpoints_give_identical_results(
    original_layout: OriginalLayout,
    speech: list[Clip],
    single_results: dict[str, ClipResult],
) -> None:
    """The pair in the original layout hears and times exactly what the native one does."""
    engine = build_engine(
        EngineOptions(
            model=str(original_layout("recogniser")),
            aligner=str(original_layout("aligner")),
            dtype="float32",
        )
    )

    results = results_by_id(engine, speech)

    assert {i: outcome(r) for i, r in results.items()} == {
        i: outcome(r) for i, r in single_results.items()
    }


def test_auto_keeps_the_files_number_format() -> None:
    """For conversion weights stay as they are stored."""
    assert read(demo_folder("aligner"), "aligner", "auto").model.dtype is torch.bfloat16


@pytest.mark.skipif(not _MAPS.exists(), reason="Linux tells what is mapped")
@pytest.mark.skipif(not multiplies_bfloat16(), reason="weights are not laid out here")
@pytest.mark.parametrize("role", ROLES)
def test_packed_weights_are_in_memory_once(copy_of: Callable[[Path], Path], role: Role) -> None:
    """A model at work holds nothing of the mapped file that it was read from."""
    folder = copy_of(demo_folder(role))

    model = _MODELS[role](read(folder, role, "auto"), placement("cpu", "bfloat16"))
    gc.collect()

    assert str(folder) not in _MAPS.read_text(encoding="utf-8")
    del model


@pytest.mark.skipif(not _MAPS.exists(), reason="Linux tells what is mapped")
@pytest.mark.skipif(not multiplies_alike(), reason="float32 weights are held in full here")
@pytest.mark.parametrize("role", ROLES)
def test_in_float32_what_only_reads_has_its_weights_in_the_file(
    copy_of: Callable[[Path], Path], role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sound's encoder, and all of the aligner; and it lets go of the file in the end."""
    folder, packed = copy_of(demo_folder(role)), list[object]()
    pack = float32._in_halves  # noqa: SLF001  # nothing else tells what is packed

    def noted(*given: Any) -> list[Any]:  # noqa: ANN401  # as it comes
        packed.append(given)
        return pack(*given)

    monkeypatch.setattr(float32, "_in_halves", noted)
    checkpoint = quick.read(folder, role, "auto")
    layer_count = len(checkpoint.model.model.language_model.layers)
    model = _MODELS[role](checkpoint, placement("cpu", "float32"))
    del checkpoint

    # What follows the convolutions, where rows are few; and four products a layer, and the head.
    assert len(packed) == 1 + (4 * layer_count + 1 if role == "recogniser" else 0)
    assert str(folder) in _MAPS.read_text(encoding="utf-8")
    del model
    packed.clear()
    gc.collect()
    assert str(folder) not in _MAPS.read_text(encoding="utf-8")
