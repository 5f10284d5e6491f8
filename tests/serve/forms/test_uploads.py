"""Forms with a recording: into a file while they arrive, within limits, and away again."""

import asyncio
import hashlib
import http.client
import itertools
import os
import resource
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from qasr_cli.serve.forms.receiving import received
from qasr_cli.serve.forms.uploads import Upload, UploadLimits
from qasr_cli.serve.refusals import Refused
from tests.serve.asgi import Headers, Sender, scope_of
from tests.serve.made_forms import KIND, SOUND, field, file, form, part


async def _came(
    sender: Sender,
    folder: Path,
    *headers: tuple[str, str],
    most_bytes: int = 1 << 20,
    head: bytes = b"",
    patience_s: float = 60,
) -> Upload:
    request = Request(scope_of("POST", "/", headers or (KIND,)), sender.receive)
    limits = UploadLimits(folder=str(folder), most_bytes=most_bytes)
    return await received(request, limits, head=head, patience_s=patience_s)


def _upload(body: bytes | Iterable[bytes], folder: Path, *, head: bytes = b"") -> Upload:
    blocks = [body] if isinstance(body, bytes) else body
    return asyncio.run(_came(Sender(blocks=blocks), folder, head=head))


def _refusal(sender: Sender, folder: Path, *headers: tuple[str, str], **settings: float) -> Refused:
    with pytest.raises(Refused) as raised:
        asyncio.run(_came(sender, folder, *headers, **settings))  # type: ignore[arg-type]
    assert os.listdir(folder) == []
    return raised.value


_PARTS = [field("language", "en"), file(), field("hotwords", "Ada"), field("hotwords", "Öl")]
_FIELDS = [("language", "en"), ("hotwords", "Ada"), ("hotwords", "Öl")]


@given(st.lists(st.integers(0, len(form(*_PARTS))), max_size=12).map(sorted))
def test_a_form_is_the_same_however_it_arrives(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    """Wherever the network cuts it: the same fields, name, bytes and digest."""
    body = form(*_PARTS)
    edges = [0, *cuts, len(body)]
    blocks = [body[left:right] for left, right in itertools.pairwise(edges)]
    folder = tmp_path_factory.getbasetemp() / "uploads"
    folder.mkdir(exist_ok=True)

    with _upload(blocks, folder) as upload:
        assert Path(upload.path).read_bytes() == SOUND
        assert upload.fields == _FIELDS
        assert (upload.name, upload.size_bytes) == ("talk.wav", len(SOUND))
        assert upload.sha256 == hashlib.sha256(SOUND).hexdigest()

    assert os.listdir(folder) == []


@pytest.mark.parametrize("place", [0, 1, 3])
def test_the_file_may_come_first_or_last(tmp_path: Path, place: int) -> None:
    """OpenAI's library sends it last, curl's users first; fields keep their order."""
    fields = [field(name, value) for name, value in _FIELDS]
    with _upload(form(*fields[:place], file(), *fields[place:]), tmp_path) as upload:
        assert upload.fields == _FIELDS
        assert upload.size_bytes == len(SOUND)
        assert upload.first("no", "hotwords") == "Ada"
        assert upload.every("hotwords") == ["Ada", "Öl"]


def test_nobody_else_reads_a_recording(tmp_path: Path) -> None:
    """Its file is its owner's alone, and gone once it is closed, more than once too."""
    with _upload(form(file()), tmp_path) as upload:
        assert stat.S_IMODE(os.stat(upload.path).st_mode) == 0o600
        upload.remove()
    assert os.listdir(tmp_path) == []


def test_a_head_goes_in_front(tmp_path: Path) -> None:
    """Samples without a header get room for one, which is part of the file and its digest."""
    with _upload(form(file()), tmp_path, head=bytes(44)) as upload:
        assert Path(upload.path).read_bytes() == bytes(44) + SOUND
        assert upload.size_bytes == len(SOUND)
        assert upload.sha256 == hashlib.sha256(bytes(44) + SOUND).hexdigest()


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="audio"; filename="talk.wav"', "talk.wav"),
        ("name=audio; filename=talk.wav", "talk.wav"),
        ('name="audio"; filename="/etc/passwd"', "passwd"),
        ('name="audio"; filename="../../talk.wav"', "talk.wav"),
        ('name="audio"; filename="C:\\talks\\monday.wav"', "monday.wav"),
        ('name="audio"; filename="say \\"hi\\"; now.wav"', 'say "hi"; now.wav'),
        ('name="audio"; filename="会议.wav"', "会议.wav"),
        ('name="audio"; filename=""', ""),
        ("name=\"audio\"; filename*=utf-8''%E4%BC%9A%E8%AE%AE.wav", "会议.wav"),
        ('name="audio"; filename="x.wav"; filename*=UTF-8\'en\'y.wav', "x.wav"),
    ],
)
def test_a_name_is_for_people(tmp_path: Path, disposition: str, name: str) -> None:
    """Whatever a recording is called, its name has no folder and its file is where all are."""
    with _upload(form(file(SOUND, disposition)), tmp_path) as upload:
        assert upload.name == name
        assert os.path.dirname(upload.path) == str(tmp_path)
        assert Path(upload.path).read_bytes() == SOUND


_MANY = [field("", "") for _ in range(20_000)]
_LONG_HEADER = part(b"x", 'name="a"', "X-Note: " + "n" * 70_000)


@pytest.mark.parametrize(
    ("body", "status", "beginning"),
    [
        (form(file(b"x" * (1 << 20) + b"y")), 413, "the recording may have at most 1,048,576"),
        (form(file(), field("text", "x" * (1 << 20))), 413, "the text fields may have at most"),
        (form(file(), *_MANY), 413, "the text fields may have at most"),
        (form(*[field("n" * 4000, "") for _ in range(300)]), 413, "the text fields may have"),
        (form(file(), file()), 400, "the form holds more than one file"),
        (form(_LONG_HEADER, file()), 400, "the form cannot be read"),
        (form(part(b"x", "name=a", *(["X: y"] * 20))), 400, "the form cannot be read"),
        (form(file())[:-9], 400, "the form ends in the middle"),
        (b"", 400, "the form ends in the middle"),
        (b"no form at all", 400, "the form cannot be read"),
        (b"--C\r\n\r\n", 400, "the form cannot be read"),
    ],
)
def test_what_is_too_much_or_no_form_leaves_nothing(
    tmp_path: Path, body: bytes, status: int, beginning: str
) -> None:
    """Each limit has its status and its sentence, and no file stays."""
    blocks = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
    refused = _refusal(Sender(blocks=blocks), tmp_path)
    assert refused.status == status
    assert refused.message.startswith(beginning)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'b' * 300}",
        "application/json",
        "application/x-www-form-urlencoded; boundary=B",
        "",
    ],
)
def test_a_body_without_a_boundary_is_refused_unread(tmp_path: Path, kind: str) -> None:
    """What says no boundary, or none that there can be, is 400 before any of it is read."""
    sender = Sender(blocks=[form(file())])
    refused = _refusal(sender, tmp_path, ("content-type", kind))
    assert (refused.status, sender.asked_count) == (400, 0)
    assert "form" in refused.message


@pytest.mark.parametrize(
    ("kind", "boundary"),
    [
        ("multipart/form-data; charset=utf-8; boundary=B", "B"),
        ('Multipart/Form-Data; boundary="B"', "B"),
        ("multipart/form-data; boundary=----=_Part'()+_,-./:=?B", "----=_Part'()+_,-./:=?B"),
    ],
)
def test_a_strange_boundary_is_one(tmp_path: Path, kind: str, boundary: str) -> None:
    """Boundaries are what RFC 2046 lets them be, in quotes or without."""
    body = form(file(b"sound")).replace(b"--B", f"--{boundary}".encode())
    sender = Sender(blocks=[body])
    with asyncio.run(_came(sender, tmp_path, ("content-type", kind))) as upload:
        assert Path(upload.path).read_bytes() == b"sound"


@pytest.mark.parametrize(("length_bytes", "status"), [(3 << 20, 413), (1 << 50, 507)])
def test_what_says_that_it_is_too_long_is_not_read(
    tmp_path: Path, length_bytes: int, status: int
) -> None:
    """More than is taken, or than the disk has room for, is refused before it comes."""
    sender = Sender(blocks=[form(file())])
    headers: Headers = (KIND, ("content-length", str(length_bytes)))
    most_bytes = 1 << 20 if status == http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE else 1 << 60
    refused = _refusal(sender, tmp_path, *headers, most_bytes=most_bytes)
    assert (refused.status, sender.asked_count) == (status, 0)


def test_who_leaves_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    """A connection that ends before its body has is nobody's error, and no file stays."""
    sender = Sender(blocks=[form(file())[:2000]], is_whole=False, stays=False)
    with pytest.raises(ClientDisconnect):
        asyncio.run(_came(sender, tmp_path))
    assert os.listdir(tmp_path) == []


def test_who_is_cancelled_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    """The end of the process, say."""

    async def cancelled() -> None:
        body = form(file(b"x" * (3 << 20)))
        sender = Sender(blocks=[body[:-100]], is_whole=False)
        task = asyncio.ensure_future(_came(sender, tmp_path, most_bytes=1 << 30))
        while not os.listdir(tmp_path):  # noqa: ASYNC110  # a file is no event
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert os.listdir(tmp_path) == []


def test_a_sender_that_stands_still_is_not_waited_for(tmp_path: Path) -> None:
    """What brings nothing for a while is 408."""
    sender = Sender(blocks=[form(file())[:2000]], is_whole=False)
    refused = _refusal(sender, tmp_path, patience_s=0.05)
    assert (refused.status, refused.code) == (408, "too_slow")


def test_a_sender_that_dribbles_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is what brings a byte now and then."""

    def drops() -> Iterator[bytes]:
        while True:
            yield b"--B"[:1]

    class Dribbling(Sender):
        async def receive(self) -> dict[str, object]:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"\r\n", "more_body": True}

    refused = _refusal(Dribbling(blocks=drops()), tmp_path, patience_s=0.05)
    assert refused.status == http.HTTPStatus.REQUEST_TIMEOUT


def test_a_disk_that_is_full_is_507(tmp_path: Path) -> None:
    """What the disk takes no more is refused, and what it took goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        body = form(file(b"x" * (3 << 20)))
        refused = _refusal(Sender(blocks=[body]), tmp_path, most_bytes=1 << 30)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (refused.status, refused.code) == (507, "disk_full")


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """Another trouble of the disk is no full one, and has no path in it."""
    folder = tmp_path / "gone"
    folder.mkdir()

    def blocks() -> Iterator[bytes]:
        shutil.rmtree(folder)
        yield form(file())
        folder.mkdir()

    with pytest.raises(Refused) as raised:
        _upload(blocks(), folder)
    assert raised.value.status == http.HTTPStatus.INTERNAL_SERVER_ERROR
    message = "the server cannot keep the recording: No such file or directory"
    assert raised.value.message == message
