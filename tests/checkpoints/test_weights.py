import json
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import safe_open

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.checkpoints.weights import DamagedWeightsError, read_header


def test_a_real_file_is_read_as_its_own_library_reads_it() -> None:
    """The header names the tensors that the safetensors library finds."""
    shard = demo_folder("recogniser") / "model.safetensors"

    header = json.loads(read_header(shard))

    with safe_open(shard, framework="np") as tensors:
        assert set(header) - {"__metadata__"} == set(tensors.keys())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1], "cut short"),
        (lambda data: data[:20], "inside its header"),
        (lambda data: data[:3], "or cut short inside"),
        (lambda _: b"", "no safetensors file, or"),
        (lambda data: data + b"x", "1 bytes too many"),
        (lambda _: b"PK\3\4" * 100, "no safetensors file"),
        (lambda data: data.replace(b'"data_offsets": [0', b'"data_offsets": [1'), "gaps"),
        (lambda data: data.replace(b"data_offsets", b"data_offsetz"), "no tensor list"),
    ],
)
def test_a_file_that_is_not_whole_is_told(
    tmp_path: Path,
    write_shard: Callable[[Path, bytes], None],
    damage: Callable[[bytes], bytes],
    reason: str,
) -> None:
    """Length, header and tensor offsets must agree."""
    shard = tmp_path / "model.safetensors"
    write_shard(shard, b"\1" * 64)
    shard.write_bytes(damage(shard.read_bytes()))

    with pytest.raises(DamagedWeightsError, match=reason):
        read_header(shard)
