import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.checkpoints import layout, locate
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import default_aligner, find, fingerprint
from qasr_cli.errors import ModelLoadError, ModelMissing, UsageError

MakeCheckpoint = Callable[..., Path]

NATIVE = "Qwen3-ASR-1.7B-hf"
ORIGINAL = "Qwen3-ASR-1.7B"


def _find(name: str = "1.7b", role: Role = "recogniser", model_dir: Path | None = None) -> Path:
    return find(name, role=role, model_dir=str(model_dir) if model_dir else None)


def _cache(home: Path) -> Path:
    return home / ".cache" / "huggingface" / "hub"


def _snapshot(cache: Path, make: MakeCheckpoint, revision: str, *, is_main: bool) -> Path:
    """A repository in the cache as the hub's library lays it out: links into blobs."""
    storage = cache / f"models--Qwen--{NATIVE}"
    folder = make(storage / "snapshots" / revision)
    blobs = storage / "blobs"
    blobs.mkdir(exist_ok=True)
    for file in folder.iterdir():
        blob = blobs / f"{revision}-{file.name}"
        file.rename(blob)
        file.symlink_to(os.path.relpath(blob, folder))
    if is_main:
        (storage / "refs").mkdir(exist_ok=True)
        (storage / "refs" / "main").write_text(revision, encoding="ascii")
    return folder


# --- where -------------------------------------------------------------------------------------


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
        _snapshot(_cache(home), make_checkpoint, "c" * 40, is_main=True),
    ]

    for expected in places:
        assert _find(model_dir=named) == expected

        shutil.rmtree(expected)
    with pytest.raises(ModelMissing):
        _find(model_dir=named)


@pytest.mark.parametrize("shape", [NATIVE, f"Qwen/{NATIVE}", f"models--Qwen--{NATIVE}/snapshots/r"])
def test_each_shape_of_a_model_folder_is_known(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, shape: str
) -> None:
    """Below a folder of models: by name, by owner and name, or as the hub's cache."""
    made = make_checkpoint(tmp_path / shape)

    assert _find(model_dir=tmp_path) == made
    assert _find(f"Qwen/{NATIVE}", model_dir=tmp_path) == made


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
    assert _find(model_dir=tmp_path) == original

    native = make_checkpoint(tmp_path / NATIVE)

    assert _find(model_dir=tmp_path) == native
    assert _find(f"Qwen/{ORIGINAL}", model_dir=tmp_path) == original


def test_main_decides_the_snapshot(home: Path, make_checkpoint: MakeCheckpoint) -> None:
    """Of several cached snapshots the one that refs/main names is taken."""
    _snapshot(_cache(home), make_checkpoint, "a" * 40, is_main=False)
    main = _snapshot(_cache(home), make_checkpoint, "b" * 40, is_main=True)
    _snapshot(_cache(home), make_checkpoint, "c" * 40, is_main=False)

    assert _find() == main


@pytest.mark.parametrize("name", ["./tuned", "tuned/", "{}/tuned", "~/tuned", "tuned"])
def test_a_folder_is_taken_as_it_is_named(
    home: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A path of any spelling that leads to a checkpoint is that checkpoint."""
    made = make_checkpoint(home / "tuned")
    monkeypatch.chdir(home)

    assert _find(name.format(home)) == made


def test_a_short_name_wins_over_a_folder(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder called 1.7b is reached as ./1.7b."""
    folder = make_checkpoint(tmp_path / "1.7b")
    model = make_checkpoint(tmp_path / "models" / NATIVE)
    monkeypatch.chdir(tmp_path)

    assert _find(model_dir=tmp_path / "models") == model
    assert _find("./1.7b") == folder


@pytest.mark.parametrize("role", ["recogniser", "aligner"])
def test_the_demo_pair_is_always_here(role: Role) -> None:
    """The packaged checkpoints are whole, and are for their roles."""
    folder = _find("demo", role)

    assert layout.problem_with(folder) is None
    assert layout.role_of(folder) == role


def test_the_aligner_follows_the_model() -> None:
    """The demo recogniser goes with the demo aligner, all others with the published one."""
    assert default_aligner("demo") == default_aligner("Demo") == "demo"
    assert default_aligner("1.7b") == default_aligner("/some/folder") == "aligner"


# --- what is refused -----------------------------------------------------------------------------


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    """The error holds the exact command, and where was looked."""
    with pytest.raises(ModelMissing) as caught:
        _find(model_dir=tmp_path)

    assert "`qasr models pull 1.7b`" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["./some/typo", "/some/typo", "typo", "a/b/c", "~/typo"])
def test_a_wrong_path_is_said_to_be_one(name: str) -> None:
    """What is neither a folder nor a model's name ends in the names that are known."""
    with pytest.raises(UsageError, match=r"no such folder; known names are 1\.7b, 0\.6b, demo"):
        _find(name)


def test_a_name_that_may_be_a_repository_gets_both_hints() -> None:
    """`some/typo` may be a wrong path or an unknown repository, and the error says both."""
    with pytest.raises(ModelMissing) as caught:
        _find("some/typo")

    assert "no such folder; known names are 1.7b" in str(caught.value)
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
    """A link without its blob makes the snapshot incomplete, and the error says what lacks."""
    snapshot = _snapshot(_cache(home), make_checkpoint, "a" * 40, is_main=True)
    (snapshot / lost).resolve().unlink()

    with pytest.raises(ModelMissing) as caught:
        _find()

    assert reason in str(caught.value)
    assert "`qasr models pull 1.7b`" in str(caught.value)


def test_a_later_place_stands_in_for_an_incomplete_one(
    tmp_path: Path, home: Path, make_checkpoint: MakeCheckpoint
) -> None:
    """A broken copy does not hide a whole one further down."""
    (make_checkpoint(tmp_path / NATIVE) / "tokenizer.json").unlink()
    whole = _snapshot(_cache(home), make_checkpoint, "a" * 40, is_main=True)

    assert _find(model_dir=tmp_path) == whole


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
        _find(str(folder))

    write_shard(folder / names[1], b"\1" * 64)

    assert _find(str(folder)) == folder


def test_a_cut_weight_file_is_refused(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """A copy that stopped half-way is told from its header."""
    weights = make_checkpoint(tmp_path / "cut") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    with pytest.raises(ModelLoadError, match=r"model\.safetensors is cut short"):
        _find(str(weights.parent))


@pytest.mark.parametrize("original", [True, False])
def test_the_other_role_is_refused(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, original: bool
) -> None:
    """An aligner as --model, or a recogniser as --aligner, is caught in either layout."""
    aligner = make_checkpoint(tmp_path / "a", role="aligner", original=original)
    recogniser = make_checkpoint(tmp_path / "r", original=original)

    with pytest.raises(ModelLoadError, match="--aligner takes it"):
        _find(str(aligner))
    with pytest.raises(ModelLoadError, match="--model takes it"):
        _find(str(recogniser), "aligner")
    assert _find(str(aligner), "aligner") == aligner
    assert _find(str(recogniser)) == recogniser


@pytest.mark.parametrize(("name", "role"), [("aligner", "recogniser"), ("1.7b", "aligner")])
def test_a_name_of_the_other_role_is_refused(name: str, role: Role) -> None:
    """A short name is for one role."""
    with pytest.raises(UsageError, match="takes it"):
        _find(name, role)


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
        _find(str(folder))


# --- which one -----------------------------------------------------------------------------------


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
    """The blocks reach from the first byte to the last."""
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
    """Weights that are not whole have no identity."""
    folder = make_checkpoint(tmp_path / "a")
    (folder / "model.safetensors").write_bytes(b"PK")

    with pytest.raises(ModelLoadError):
        fingerprint(folder)


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
