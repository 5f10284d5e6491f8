"""`qasr models unpack` of files that somebody made to lead elsewhere."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qasr_cli.cli.commands.models import app
from qasr_cli.errors import DownloadError, UsageError


def _crafted(path: Path, model: dict[str, Any], *members: tarfile.TarInfo) -> Path:
    listing = json.dumps({"schema_version": 1, "models": [model]}).encode()
    with tarfile.open(path, "w") as archive:
        front = tarfile.TarInfo("qasr-models.json")
        front.size = len(listing)
        archive.addfile(front, io.BytesIO(listing))
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def _model(**changes: object) -> dict[str, Any]:
    file = {"path": "config.json", "size_bytes": 1, "sha256": "0" * 64}
    known = {"source": "hf", "repository": "a/b", "revision": "c", "pulled_at": "d"}
    return known | {"files": [file | changes.pop("file", {})]} | changes  # type: ignore[operator]


@pytest.mark.parametrize(
    "model",
    [
        _model(repository="../b"),
        _model(repository="a/.."),
        _model(repository="/etc/b"),
        _model(repository="a/b/c"),
        _model(file={"path": "../config.json"}),
        _model(file={"path": "/etc/config.json"}),
        _model(file={"path": "sub/config.json"}),
        _model(file={"path": "qasr-manifest.json"}),
        _model(file={"path": "modeling.py"}),
        _model(file={"path": "pytorch_model.bin"}),
        _model(file={"sha256": "../x"}),
        _model(file={"size_bytes": -1}),
        _model(source="elsewhere"),
    ],
)
def test_listings_that_lead_elsewhere_are_refused(tmp_path: Path, model: dict[str, Any]) -> None:
    """Nothing is written for a name that no model and none of its files can have."""
    folder = tmp_path / "other"
    file = _crafted(tmp_path / "bad.tar", model)

    result = CliRunner().invoke(app, ["unpack", str(file), "--model-dir", str(folder)])

    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(f"{file}: is no file of `qasr models pack`: ")
    assert not folder.exists()


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    """A member that is no plain file is not made, even under the name that should come."""
    member = tarfile.TarInfo("a/b/config.json")
    member.type, member.linkname = kind, "/etc/passwd"
    file = _crafted(tmp_path / "bad.tar", _model(), member)
    folder = tmp_path / "other"

    result = CliRunner().invoke(app, ["unpack", str(file), "--model-dir", str(folder)])

    assert isinstance(result.exception, DownloadError)
    assert not any(path.is_symlink() or path.is_file() for path in folder.rglob("*"))


def test_more_than_the_disk_holds_is_refused_before_it_is_written(tmp_path: Path) -> None:
    """A listing that claims a petabyte gets one line, and no byte on the disk."""
    file = _crafted(tmp_path / "bad.tar", _model(file={"size_bytes": 10**15}))
    folder = tmp_path / "other"

    result = CliRunner().invoke(app, ["unpack", str(file), "--model-dir", str(folder)])

    assert "it needs 1000000.0 GB" in str(result.exception)
    assert not any(path.is_file() for path in folder.rglob("*"))
