"""Which names and folders are refused as models, and what the error says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.errors import ModelLoadError, ModelMissing, UsageError
from tests.checkpoints.model_places import MakeCheckpoint, cached_snapshot, find_model, hub_cache


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    """The error holds the exact command to get it, and the places that were searched."""
    with pytest.raises(ModelMissing) as caught:
        find_model(model_dir=tmp_path)

    assert "`qasr models pull 1.7b`" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["./some/typo", "/some/typo", "typo", "a/b/c", "~/typo"])
def test_a_wrong_path_is_said_to_be_one(name: str) -> None:
    """For what is neither a folder nor a model's name the error lists the known names."""
    with pytest.raises(
        UsageError,
        match=r"no such folder, and no model of that name; known names are 1\.7b, 0\.6b, demo",
    ):
        find_model(name)


def test_a_name_that_may_be_a_repository_gets_both_hints() -> None:
    """`some/typo` may be a wrong path or an unknown repository, and the error says both."""
    with pytest.raises(ModelMissing) as caught:
        find_model("some/typo")

    assert "no such folder, and no model of that name; known names are 1.7b" in str(caught.value)
    assert "`qasr models pull some/typo`" in str(caught.value)


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("config.json", "holds no config.json"),
        ("model.safetensors", "holds no *.safetensors"),
        ("tokenizer.json", "lacks tokenizer.json"),
    ],
)
def test_an_incomplete_snapshot_is_refused(
    home: Path, make_checkpoint: MakeCheckpoint, lost: str, reason: str
) -> None:
    """A link without its blob makes the snapshot incomplete, and the error says what is missing."""
    snapshot = cached_snapshot(hub_cache(home), make_checkpoint, "a" * 40, is_main=True)
    (snapshot / lost).resolve().unlink()

    with pytest.raises(ModelMissing) as caught:
        find_model()

    assert reason in str(caught.value)
    assert "`qasr models pull 1.7b`" in str(caught.value)


@pytest.mark.parametrize("has_index", [True, False])
def test_a_missing_shard_is_named(
    tmp_path: Path,
    make_checkpoint: MakeCheckpoint,
    write_shard: Callable[[Path, bytes], None],
    has_index: bool,
) -> None:
    """Which shards there must be is told by the index, or by the numbers of the others."""
    folder = make_checkpoint(tmp_path / "sharded")
    (folder / "model.safetensors").unlink()
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    if has_index:
        index = {"weight_map": dict(zip("ab", names, strict=True))}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    write_shard(folder / names[0], b"\1" * 64)
    with pytest.raises(ModelLoadError, match=f"lacks {names[1]}"):
        find_model(str(folder))

    write_shard(folder / names[1], b"\1" * 64)

    assert find_model(str(folder)) == folder


def test_a_cut_weight_file_is_refused(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """The header of a weight file shows that the copy stopped half-way."""
    weights = make_checkpoint(tmp_path / "cut") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    with pytest.raises(ModelLoadError, match=r"model\.safetensors is cut short"):
        find_model(str(weights.parent))


@pytest.mark.parametrize("original", [True, False])
def test_the_other_role_is_refused(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, original: bool
) -> None:
    """An aligner as --model, or a recogniser as --aligner, is caught in either layout."""
    aligner = make_checkpoint(tmp_path / "a", role="aligner", original=original)
    recogniser = make_checkpoint(tmp_path / "r", original=original)

    with pytest.raises(ModelLoadError, match="--aligner takes it"):
        find_model(str(aligner))
    with pytest.raises(ModelLoadError, match="--model takes it"):
        find_model(str(recogniser), "aligner")
    assert find_model(str(aligner), "aligner") == aligner
    assert find_model(str(recogniser)) == recogniser


@pytest.mark.parametrize(("name", "role"), [("aligner", "recogniser"), ("1.7b", "aligner")])
def test_a_name_of_the_other_role_is_refused(name: str, role: Role) -> None:
    """The short name of an aligner is no recogniser's, and the other way round."""
    with pytest.raises(UsageError, match="takes it"):
        find_model(name, role)


@pytest.mark.parametrize(
    "config",
    ["{", "[]", '{"model_type": "whisper"}', '{"architectures": ["Qwen3ForCausalLM"]}'],
)
def test_another_family_is_refused(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, config: str
) -> None:
    """Only the configuration of a Qwen3-ASR model passes."""
    folder = make_checkpoint(tmp_path / "other")
    (folder / "config.json").write_text(config, encoding="utf-8")

    with pytest.raises(ModelLoadError, match=str(folder)):
        find_model(str(folder))
