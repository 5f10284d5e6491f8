"""A converted checkpoint answers as the original does."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.qwen.loading.convert import convert
from qasr_cli.engines.registry import build_engine
from qasr_cli.errors import ModelLoadError, OutputError, UsageError
from qasr_cli.options import EngineOptions
from tests.engines.conftest import ROLES, OriginalLayout, outcome, results_by_id


def test_converted_checkpoints_give_identical_results(
    tmp_path: Path,
    original_layout: OriginalLayout,
    speech: list[Clip],
    single_results: dict[str, ClipResult],
) -> None:
    """A pair that went to the original layout and back hears and times the same."""
    for role in ROLES:
        convert(original_layout(role), tmp_path / role)
        assert not layout.is_original(layout.read_config(tmp_path / role))
        assert layout.role_of(tmp_path / role) == role
        assert layout.problem_with(tmp_path / role) is None

    engine = build_engine(
        EngineOptions(
            model=str(tmp_path / "recogniser"), aligner=str(tmp_path / "aligner"), dtype="float32"
        )
    )
    results = results_by_id(engine, speech)

    assert {i: outcome(r) for i, r in results.items()} == {
        i: outcome(r) for i, r in single_results.items()
    }


def test_conversion_keeps_weights_and_their_format(
    tmp_path: Path, original_layout: OriginalLayout
) -> None:
    """Every weight comes back bit by bit, in files that others than their owner can read."""
    convert(original_layout("aligner"), tmp_path / "native")

    ours = load_file(tmp_path / "native" / "model.safetensors")
    theirs = load_file(demo_folder("aligner") / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in ours)
    assert {path.stat().st_mode & 0o444 for path in (tmp_path / "native").iterdir()} == {0o444}
    assert [path.name for path in tmp_path.iterdir()] == ["native"]


def test_an_existing_folder_is_left_alone(tmp_path: Path, original_layout: OriginalLayout) -> None:
    """Conversion never writes over anything."""
    with pytest.raises(UsageError, match="exists"):
        convert(original_layout("aligner"), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_native_checkpoint_needs_no_conversion(tmp_path: Path) -> None:
    """What is native already is told so."""
    with pytest.raises(UsageError, match="native layout already"):
        convert(demo_folder("aligner"), tmp_path / "native")


def test_what_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    """A folder without a configuration is no checkpoint."""
    with pytest.raises(ModelLoadError):
        convert(tmp_path, tmp_path / "native")


def test_a_place_that_takes_no_folder_is_told(
    tmp_path: Path, original_layout: OriginalLayout
) -> None:
    """A target below a file cannot be made."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OutputError, match="cannot write"):
        convert(original_layout("aligner"), tmp_path / "file" / "native")
