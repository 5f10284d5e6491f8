import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.checkpoints import manifest
from qasr_cli.checkpoints.manifest import Manifest
from qasr_cli.errors import ModelLoadError


@pytest.fixture
def folder(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Path:
    """A checkpoint with its manifest."""
    made = make_checkpoint(tmp_path / "model")
    names = sorted(path.name for path in made.iterdir())
    manifest.write(
        made,
        Manifest(
            source="hf",
            repository="someone/tuned",
            revision="a" * 40,
            pulled_at="2026-01-02T03:04:05+00:00",
            files=tuple(manifest.describe(made / name, name=name) for name in names),
        ),
    )
    return made


def _problems(folder: Path) -> list[tuple[str, str]]:
    return [(problem.file, problem.kind) for problem in manifest.verify(folder).problems]


def test_what_was_written_is_read_back(folder: Path) -> None:
    """A manifest survives the disk, and a whole checkpoint has no problems."""
    verification = manifest.verify(folder)

    assert verification.manifest == manifest.read(folder)
    assert manifest.revision_of(folder) == "a" * 40
    assert verification.problems == ()


def test_a_flipped_byte_is_found(folder: Path) -> None:
    """One changed byte of the weights is a problem that names the file."""
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)

    assert _problems(folder) == [("model.safetensors", "changed")]


def test_missing_resized_and_unknown_files_are_found(folder: Path) -> None:
    """Every file is compared, both ways."""
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "modeling.py").write_text("", encoding="utf-8")

    assert _problems(folder) == [
        ("config.json", "changed"),
        ("tokenizer.json", "missing"),
        ("modeling.py", "unknown"),
    ]


def test_without_a_manifest_headers_are_compared(folder: Path) -> None:
    """A folder of one's own is checked as far as it can be: a cut file shows."""
    (folder / "qasr-manifest.json").unlink()
    assert manifest.verify(folder).manifest is None
    assert _problems(folder) == []

    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    assert _problems(folder) == [("model.safetensors", "damaged")]


def test_without_a_manifest_a_missing_file_is_found(folder: Path) -> None:
    """What every checkpoint needs is looked for even without a manifest."""
    for name in ("qasr-manifest.json", "tokenizer.json"):
        (folder / name).unlink()

    assert _problems(folder) == [("model", "missing")]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_damaged_manifest_is_an_error_of_the_check_only(folder: Path, text: str) -> None:
    """Verify says so; looking for the revision goes on without."""
    (folder / "qasr-manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(ModelLoadError, match=r"qasr-manifest\.json"):
        manifest.verify(folder)
    assert manifest.revision_of(folder) is None


def test_a_cached_snapshot_tells_its_revision(tmp_path: Path, folder: Path) -> None:
    """The Hugging Face cache names a snapshot after its commit."""
    snapshot = tmp_path / "snapshots" / ("b" * 40)
    shutil.copytree(folder, snapshot)
    (snapshot / "qasr-manifest.json").unlink()

    assert manifest.revision_of(snapshot) == "b" * 40
    assert manifest.revision_of(snapshot.parent) is None
