from pathlib import Path

import pytest

from qasr_cli.checkpoints.locate import fingerprint
from qasr_cli.errors import ModelLoadError
from tests.checkpoints.model_places import MakeCheckpoint


def test_a_fingerprint_is_the_content(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """Two copies have one fingerprint; other weights, configuration or tokenizer another."""
    folders = [make_checkpoint(tmp_path / name) for name in ("a", "b")]
    folders.append(make_checkpoint(tmp_path / "weights", fill=b"\1" * 63 + b"\2"))
    for name in ("config.json", "tokenizer.json"):
        changed = make_checkpoint(tmp_path / name)
        (changed / name).write_text("{} ", encoding="utf-8")
        folders.append(changed)

    prints = [fingerprint(folder) for folder in folders]

    assert prints[0] == prints[1]
    assert len(set(prints)) == 4
    assert all(len(value) == 16 for value in prints)


def test_a_fingerprint_ignores_what_does_not_change_a_result(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    """A manifest or a note beside the weights changes nothing."""
    folder = make_checkpoint(tmp_path / "a")
    before = fingerprint(folder)
    (folder / "qasr-manifest.json").write_text("{}", encoding="utf-8")
    (folder / "README.md").write_text("mine", encoding="utf-8")

    assert fingerprint(folder) == before


def test_a_fingerprint_sees_the_end_of_large_weights(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    """The blocks that are hashed include the first byte and the last."""
    zeros = bytes(3_000_000)
    prints = {
        fingerprint(make_checkpoint(tmp_path / name, fill=fill))
        for name, fill in {
            "plain": zeros,
            "first": b"\1" + zeros[1:],
            "last": zeros[1:] + b"\1",
        }.items()
    }

    assert len(prints) == 3


def test_no_fingerprint_of_damaged_weights(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """Weights that are not whole are an error, not another fingerprint."""
    folder = make_checkpoint(tmp_path / "a")
    (folder / "model.safetensors").write_bytes(b"PK")

    with pytest.raises(ModelLoadError):
        fingerprint(folder)
