"""Documents of a checkpoint that are not what they should be: one sentence, never a traceback."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qasr_cli.checkpoints import layout, manifest
from qasr_cli.checkpoints.weights import DamagedWeightsError, read_header
from qasr_cli.errors import ModelLoadError
from tests.any_json import changed, json_values, nested

CONFIGS = (
    {"model_type": "qwen3_asr", "architectures": ["Qwen3ASRForConditionalGeneration"]},
    {"thinker_config": {"classify_num": 5, "text_config": {"layers": 2}}},
)
MANIFEST = {
    "schema_version": 1,
    "source": "hf",
    "repository": "someone/tuned",
    "revision": "a" * 40,
    "pulled_at": "2026-01-02T03:04:05+00:00",
    "files": [{"path": "config.json", "size_bytes": 2, "sha256": "b" * 64}],
}
HEADER = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
    "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
}

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@ONE_FOLDER
@given(config=st.one_of(json_values(), st.sampled_from(CONFIGS).flatmap(changed)))
def test_any_value_in_a_configuration(tmp_path: Path, config: object) -> None:
    """It tells a role, tells none, or is refused."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    try:
        role = layout.role_of(tmp_path)
    except ModelLoadError:
        return
    assert role in ("recogniser", "aligner", None)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (nested(100_000), "is nested too deep"),
        ('{"model_type": "qwen3_asr", "architectures": 5}', "architectures is no list"),
        ('{"model_type": "qwen3_asr", "architectures": [[1]]}', "architectures is no list"),
        ('{"thinker_config": 5}', "thinker_config is no object"),
        ('{"thinker_config": {"x": ' + nested(200) + "}}", "is nested too deep"),
        ("\0", "is no JSON"),
    ],
)
def test_a_hostile_configuration_is_a_sentence(tmp_path: Path, config: str, reason: str) -> None:
    """It names the folder and what is wrong there."""
    (tmp_path / "config.json").write_text(config)

    with pytest.raises(ModelLoadError, match=reason) as caught:
        layout.role_of(tmp_path)

    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fifo_is_not_waited_for(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> None:
    """In place of the configuration, the index of the weights, or the manifest."""
    folder = make_checkpoint(tmp_path / "model")
    for name in ("model.safetensors.index.json", manifest.MANIFEST_NAME):
        os.mkfifo(folder / name)
    assert layout.problem_with(folder) is None
    with pytest.raises(ModelLoadError, match="is not a regular file"):
        manifest.read(folder)
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")

    with pytest.raises(ModelLoadError, match="is not a regular file"):
        layout.role_of(folder)


@ONE_FOLDER
@given(document=st.one_of(json_values(), changed(MANIFEST)))
def test_any_value_in_a_manifest(tmp_path: Path, document: object) -> None:
    """It is read or refused, and no file outside of its folder is looked at."""
    (tmp_path / manifest.MANIFEST_NAME).write_text(json.dumps(document))
    try:
        found = manifest.read(tmp_path)
    except ModelLoadError:
        assert manifest.revision_of(tmp_path) is None
        return
    assert found is not None
    assert all(not os.path.isabs(file.path) and ".." not in file.path for file in found.files)
    manifest.verify(tmp_path)


@ONE_FOLDER
@given(header=st.one_of(json_values(), changed(HEADER), st.just(nested(5000))))
def test_any_value_in_the_header_of_weights(tmp_path: Path, header: object) -> None:
    """The weights fit it, or are damaged."""
    content = (header if isinstance(header, str) else json.dumps(header)).encode(errors="replace")
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(content)) + content + bytes(8))
    try:
        assert read_header(path) == content
    except DamagedWeightsError:
        return
