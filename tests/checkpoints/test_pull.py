import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Literal

import pytest

from qasr_cli.checkpoints import manifest
from qasr_cli.checkpoints.locate import demo_folder, find, fingerprint
from qasr_cli.checkpoints.pull import pull
from qasr_cli.checkpoints.remote import is_taken
from qasr_cli.errors import DownloadError, ModelMissing

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "Qwen/Qwen3-ASR-1.7B-hf"
SOURCES: tuple[Literal["hf", "modelscope"], ...] = ("hf", "modelscope")
Source = Literal["hf", "modelscope"]


def _find(root: Path) -> Path:
    return find("1.7b", role="recogniser", model_dir=str(root))


@pytest.mark.usefixtures("hub_url")
@pytest.mark.parametrize("source", SOURCES)
def test_a_pulled_checkpoint_is_found_and_verified(tmp_path: Path, source: Source) -> None:
    """What pull brings is what find finds, whole, under the commit that it came from."""
    pulled = pull(REPOSITORY, source=source, revision=None, root=tmp_path)

    assert _find(tmp_path) == pulled.path == tmp_path / REPOSITORY
    assert fingerprint(pulled.path) == fingerprint(demo_folder("recogniser"))
    assert manifest.revision_of(pulled.path) == COMMIT
    verification = manifest.verify(pulled.path)
    assert verification.manifest == pulled.manifest
    assert verification.problems == ()


@pytest.mark.usefixtures("hub_url")
@pytest.mark.parametrize("source", SOURCES)
def test_files_that_run_code_stay_where_they_are(
    tmp_path: Path, source: Source, hub_files: dict[str, bytes], hub_log: list[str]
) -> None:
    """Only weights as safetensors, configurations and the tokenizer are asked for."""
    pulled = pull(REPOSITORY, source=source, revision=None, root=tmp_path)

    here = {path.name for path in pulled.path.iterdir()}
    assert here == {name for name in hub_files if is_taken(name)} | {"qasr-manifest.json"}
    assert "pytorch_model.bin" in hub_files
    assert not [line for line in hub_log if ".bin" in line or ".py" in line]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model-00001-of-00002.safetensors", True),
        ("model.safetensors.index.json", True),
        ("chat_template.jinja", True),
        ("merges.txt", True),
        ("requirements.txt", False),
        ("pytorch_model.bin", False),
        ("weights.pt", False),
        ("modeling_qwen.py", False),
        ("onnx/config.json", False),
        ("../config.json", False),
        (".hidden.json", False),
    ],
)
def test_the_allow_list(name: str, expected: bool) -> None:
    """A file is taken for its name alone, and never out of its folder."""
    assert is_taken(name) is expected


@pytest.mark.usefixtures("hub_url")
def test_the_manifest_records_where_from_and_what(
    tmp_path: Path, hub_files: dict[str, bytes]
) -> None:
    """Source, repository, commit, and the size and sha256 of each file stand in the manifest."""
    pulled = pull(REPOSITORY, source="hf", revision="main", root=tmp_path)

    document = json.loads((pulled.path / "qasr-manifest.json").read_text(encoding="utf-8"))
    assert (document["source"], document["repository"]) == ("hf", REPOSITORY)
    assert document["revision"] == COMMIT
    sizes = {file["path"]: file["size_bytes"] for file in document["files"]}
    assert sizes == {name: len(data) for name, data in hub_files.items() if is_taken(name)}
    assert all(len(file["sha256"]) == 64 for file in document["files"])


@pytest.mark.usefixtures("hub_url")
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", ["short", "other"])
def test_a_broken_transfer_leaves_nothing_that_looks_whole(
    tmp_path: Path, source: Source, fault: str, hub_faults: dict[str, str]
) -> None:
    """After a broken pull the model is still missing, and the next pull completes it."""
    hub_faults["model.safetensors"] = fault

    with pytest.raises(DownloadError) as caught:
        pull(REPOSITORY, source=source, revision=None, root=tmp_path)

    assert "\n" not in str(caught.value)
    with pytest.raises(ModelMissing):
        _find(tmp_path)
    hub_faults.clear()
    pull(REPOSITORY, source=source, revision=None, root=tmp_path)
    assert manifest.verify(_find(tmp_path)).problems == ()
    assert [path.name for path in (tmp_path / "Qwen").iterdir()] == ["Qwen3-ASR-1.7B-hf"]


@pytest.mark.usefixtures("hub_url")
def test_a_second_try_keeps_what_was_finished(
    tmp_path: Path, hub_files: dict[str, bytes], hub_faults: dict[str, str], hub_log: list[str]
) -> None:
    """Weights that arrived whole before the line broke are not asked for again."""
    hub_files["vocab.json"] = b"{}"
    hub_faults["vocab.json"] = "other"
    with pytest.raises(DownloadError):
        pull(REPOSITORY, source="modelscope", revision=None, root=tmp_path)
    hub_faults.clear()
    hub_log.clear()

    pull(REPOSITORY, source="modelscope", revision=None, root=tmp_path)

    assert hub_log == [
        f"GET /api/v1/models/{REPOSITORY}/repo/files",
        f"GET /api/v1/models/{REPOSITORY}/repo",
    ]


@pytest.mark.usefixtures("hub_url")
def test_what_is_here_already_is_not_pulled_again(tmp_path: Path, hub_log: list[str]) -> None:
    """The same revision, still whole, costs the listing and no file."""
    pull(REPOSITORY, source="hf", revision=None, root=tmp_path)
    hub_log.clear()

    again = pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert not again.is_new
    assert not [line for line in hub_log if "resolve" in line]


@pytest.mark.usefixtures("hub_url")
def test_a_damaged_checkpoint_is_pulled_anew(tmp_path: Path) -> None:
    """Pull replaces a checkpoint of its own that no longer matches its manifest."""
    weights = pull(REPOSITORY, source="hf", revision=None, root=tmp_path).path / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])

    again = pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert again.is_new
    assert weights.read_bytes() == whole


@pytest.mark.usefixtures("hub_url")
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """Pull never overwrites a checkpoint that it did not put there."""
    target = tmp_path / REPOSITORY
    shutil.copytree(demo_folder("recogniser"), target)
    before = sorted(path.name for path in target.iterdir())

    with pytest.raises(DownloadError, match="not from a pull"):
        pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert sorted(path.name for path in target.iterdir()) == before


@pytest.mark.usefixtures("hub_url")
def test_a_repository_without_safetensors_is_refused(
    tmp_path: Path, hub_files: dict[str, bytes]
) -> None:
    """Pickled weights are no substitute for safetensors."""
    del hub_files["model.safetensors"]

    with pytest.raises(DownloadError, match="safetensors"):
        pull(REPOSITORY, source="hf", revision=None, root=tmp_path)


@pytest.mark.usefixtures("hub_url")
@pytest.mark.parametrize("source", SOURCES)
def test_an_unknown_repository_or_revision_is_said_in_one_line(
    tmp_path: Path, source: Source
) -> None:
    """What a place does not have ends in a DownloadError that names it."""
    for repository, revision in (("nobody/nothing", None), (REPOSITORY, "v9")):
        with pytest.raises(DownloadError, match=repository) as caught:
            pull(repository, source=source, revision=revision, root=tmp_path)

        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", SOURCES)
def test_a_place_that_cannot_be_reached_is_said_in_one_line(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection ends in a DownloadError."""
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody listens

    with pytest.raises(DownloadError) as caught:
        pull(REPOSITORY, source=source, revision=None, root=tmp_path)

    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("hub_url")
def test_two_pulls_of_one_repository_do_not_mix(tmp_path: Path) -> None:
    """A second pull of the same repository is refused while the first one runs."""
    staging = tmp_path / "Qwen" / ".Qwen3-ASR-1.7B-hf.incomplete"
    staging.mkdir(parents=True)
    descriptor = os.open(staging, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    with pytest.raises(DownloadError, match="is running"):
        pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    os.close(descriptor)
    assert pull(REPOSITORY, source="hf", revision=None, root=tmp_path).is_new


@pytest.mark.usefixtures("hub_url")
def test_a_full_disk_is_said_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub_log: list[str]
) -> None:
    """Without room for the whole checkpoint no file of it is asked for."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))

    with pytest.raises(DownloadError, match=r"has 5\.0 MB left"):
        pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert not [line for line in hub_log if "resolve" in line]


@pytest.mark.usefixtures("hub_url")
def test_the_offline_switch_is_lifted_only_while_pulling(tmp_path: Path) -> None:
    """The hub's library is as offline after a pull as it was before."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY

    pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert before == (constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY)
    assert constants.HF_HUB_OFFLINE


@pytest.mark.usefixtures("hub_url")
def test_nothing_but_the_repository_is_asked_for(tmp_path: Path, hub_log: list[str]) -> None:
    """A pull sends no telemetry: every request is about the repository itself."""
    pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

    assert hub_log
    assert [line for line in hub_log if REPOSITORY not in line] == []
