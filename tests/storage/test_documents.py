"""JSON of our own, read back."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.errors import OutputError
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular, read_json
from qasr_cli.storage.jsonl import append_line, whole_lines
from tests.any_json import json_values, nested

READERS: tuple[tuple[Callable[[Fields, str], object], type | tuple[type, ...]], ...] = (
    (Fields.text, str),
    (Fields.path, str),
    (lambda fields, name: fields.choice(name, ("done", "x")), str),
    (Fields.whole, int),
    (Fields.signed, int),
    (Fields.number, (int, float)),
    (Fields.flag, bool),
    (Fields.span, tuple),
    (Fields.inner, Fields),
    (Fields.each, tuple),
    (Fields.texts, tuple),
    (lambda fields, name: fields.by_name(name, Fields.text), dict),
    (lambda fields, name: fields.or_none(name, Fields.text), (str, type(None))),
)


def not_files(folder: Path) -> list[Path]:
    """What may stand in the place of a file."""
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    (folder / "loop").symlink_to("loop")
    (folder / "device").symlink_to("/dev/zero")
    return [folder / name for name in ("folder", "fifo", "socket", "loop", "device", "absent")]


@given(json_values())
def test_a_field_is_of_its_type_or_refused(value: object) -> None:
    """No value of JSON gets through as what it is not, and none breaks anything else."""
    for read, kind in READERS:
        try:
            found = read(Fields({"x": value}), "x")
        except DamagedDocument:
            continue
        assert isinstance(found, kind)
        assert kind in (bool, dict) or not isinstance(found, bool)
        if isinstance(found, str):
            found.encode("utf-8", "surrogateescape")
    if not isinstance(value, dict):
        with pytest.raises(DamagedDocument):
            Fields(value)


@pytest.mark.parametrize("depth", [101, 900, 100_000])
def test_deep_documents_are_none_of_ours(depth: int) -> None:
    """As little what Python could read as what it could not."""
    with pytest.raises(DamagedDocument, match="nested too deep"):
        json_from(nested(depth).encode())

    assert json_from(nested(50).encode()) == json.loads(nested(50))


@given(st.binary(max_size=20))
def test_any_bytes_are_json_or_damaged(data: bytes) -> None:
    """There is no third way, and no number too long to be read."""
    for content in (data, b'"' + data + b'"', b"1" * 5000):
        try:
            json_from(content)
        except DamagedDocument:
            continue


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A FIFO without a writer, a socket, a device or a folder is refused at once."""
    for path in not_files(tmp_path):
        with pytest.raises(OSError, match=r".+"):
            open_regular(str(path))
        assert list(whole_lines(str(path))) == []
    (tmp_path / "file").write_text("{}")
    (tmp_path / "link").symlink_to("file")

    assert read_json(str(tmp_path / "link")) == {}


def test_no_line_is_added_to_what_is_no_file(tmp_path: Path) -> None:
    """A line written into a FIFO would be gone."""
    for path in not_files(tmp_path)[:4]:
        with pytest.raises(OutputError):
            append_line(str(path), {"event": "x"})


def test_large_documents_are_not_read(tmp_path: Path) -> None:
    """Neither one that is larger than any of ours, nor a line that is; other lines count."""
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"long": "x" * (1 << 25)}) + "\n" + json.dumps({"a": 1}) + "\n")

    assert list(whole_lines(str(path))) == [{"a": 1}]
    with pytest.raises(DamagedDocument, match="is larger than 1 MiB"):
        read_json(str(path), most_bytes=1 << 20)


def test_damaged_lines_hide_no_others(tmp_path: Path) -> None:
    """Torn, deep, of another kind: each is left out alone."""
    path = tmp_path / "x.jsonl"
    lines = ['{"a": 1}', nested(100_000), "[1]", '{"b":', "\0", '{"c": 1}']
    path.write_text("\n".join(lines) + "\n")

    assert list(whole_lines(str(path))) == [{"a": 1}, {"c": 1}]
