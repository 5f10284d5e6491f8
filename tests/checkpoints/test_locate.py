import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.checkpoints import layout, locate
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import default_aligner
from qasr_cli.errors import ModelMissing
from tests.checkpoints.model_places import (
    NATIVE,
    ORIGINAL,
    MakeCheckpoint,
    cached_snapshot,
    find_model,
    hub_cache,
)


def test_places_are_searched_in_order(
    tmp_path: Path, home: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--model-dir, QASR_MODELS from left to right, qasr's own folder, then the cache."""
    named, first, second = (tmp_path / name for name in ("named", "first", "second"))
    monkeypatch.setenv("QASR_MODELS", f"{first}{os.pathsep}{second}")
    own = home / ".local" / "share" / "qasr" / "models"
    places = [
        make_checkpoint(named / NATIVE),
        make_checkpoint(first / NATIVE),
        make_checkpoint(second / NATIVE),
        make_checkpoint(own / "Qwen" / NATIVE),
        cached_snapshot(hub_cache(home), make_checkpoint, "c" * 40, is_main=True),
    ]

    for expected in places:
        assert find_model(model_dir=named) == expected

        shutil.rmtree(expected)
    with pytest.raises(ModelMissing):
        find_model(model_dir=named)


@pytest.mark.parametrize("shape", [NATIVE, f"Qwen/{NATIVE}", f"models--Qwen--{NATIVE}/snapshots/r"])
def test_each_shape_of_a_model_folder_is_known(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, shape: str
) -> None:
    """Below a folder of models: by name, by owner and name, or as the hub's cache."""
    made = make_checkpoint(tmp_path / shape)

    assert find_model(model_dir=tmp_path) == made
    assert find_model(f"Qwen/{NATIVE}", model_dir=tmp_path) == made


@pytest.mark.parametrize(
    ("variables", "cache"),
    [
        ({}, "home/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "{}/x"}, "x/huggingface/hub"),
        ({"HF_HOME": "{}/h", "XDG_CACHE_HOME": "{}/x"}, "h/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "{}/l", "HF_HOME": "{}/h"}, "l"),
        ({"HF_HUB_CACHE": "{}/c", "HUGGINGFACE_HUB_CACHE": "{}/l"}, "c"),
        ({"HF_HUB_CACHE": "~/c"}, "home/c"),
        ({"HF_HOME": "$HOME/v"}, "home/v/hub"),
    ],
)
def test_the_cache_is_where_its_library_has_it(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    cache: str,
) -> None:
    """The last place searched is the one that huggingface_hub itself would use."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    environment = {name: value.format(tmp_path) for name, value in variables.items()}
    script = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"
    library = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert locate.roots(None)[-1] == Path(library.stdout.strip()) == tmp_path / cache


def test_the_native_layout_comes_first(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """With both layouts in one place the native one is taken; the other one serves as well."""
    original = make_checkpoint(tmp_path / ORIGINAL, original=True)
    assert find_model(model_dir=tmp_path) == original

    native = make_checkpoint(tmp_path / NATIVE)

    assert find_model(model_dir=tmp_path) == native
    assert find_model(f"Qwen/{ORIGINAL}", model_dir=tmp_path) == original


def test_main_decides_the_snapshot(home: Path, make_checkpoint: MakeCheckpoint) -> None:
    """Of several cached snapshots the one that refs/main names is taken."""
    cached_snapshot(hub_cache(home), make_checkpoint, "a" * 40, is_main=False)
    main = cached_snapshot(hub_cache(home), make_checkpoint, "b" * 40, is_main=True)
    cached_snapshot(hub_cache(home), make_checkpoint, "c" * 40, is_main=False)

    assert find_model() == main


@pytest.mark.parametrize("name", ["./tuned", "tuned/", "{}/tuned", "~/tuned", "tuned"])
def test_a_folder_is_taken_as_it_is_named(
    home: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """However the path of a checkpoint folder is written, that folder is taken."""
    made = make_checkpoint(home / "tuned")
    monkeypatch.chdir(home)

    assert find_model(name.format(home)) == made


def test_a_short_name_wins_over_a_folder(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`1.7b` is the published model, even where a folder has that name; `./1.7b` is the folder."""
    folder = make_checkpoint(tmp_path / "1.7b")
    model = make_checkpoint(tmp_path / "models" / NATIVE)
    monkeypatch.chdir(tmp_path)

    assert find_model(model_dir=tmp_path / "models") == model
    assert find_model("./1.7b") == folder


def test_a_later_place_stands_in_for_an_incomplete_one(
    tmp_path: Path, home: Path, make_checkpoint: MakeCheckpoint
) -> None:
    """A broken copy does not hide a whole one in a place that is searched later."""
    (make_checkpoint(tmp_path / NATIVE) / "tokenizer.json").unlink()
    whole = cached_snapshot(hub_cache(home), make_checkpoint, "a" * 40, is_main=True)

    assert find_model(model_dir=tmp_path) == whole


@pytest.mark.parametrize("role", ["recogniser", "aligner"])
def test_the_demo_pair_is_always_here(role: Role) -> None:
    """The packaged checkpoints are whole, and are for their roles."""
    folder = find_model("demo", role)

    assert layout.problem_with(folder) is None
    assert layout.role_of(folder) == role


def test_the_aligner_follows_the_model() -> None:
    """The demo recogniser goes with the demo aligner, all others with the published one."""
    assert default_aligner("demo") == default_aligner("Demo") == "demo"
    assert default_aligner("1.7b") == default_aligner("/some/folder") == "aligner"


def test_looking_for_models_loads_nothing_heavy() -> None:
    """To locate a model costs neither torch nor the hub's library."""
    script = (
        "import sys; from qasr_cli.checkpoints import locate, manifest;"
        "print([n for n in ('torch', 'numpy', 'transformers', 'safetensors', 'huggingface_hub')"
        " if n in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"
