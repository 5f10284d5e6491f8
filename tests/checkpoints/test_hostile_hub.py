"""A hub that means ill: it can make a pull fail, with a line, and nothing else."""

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from qasr_cli.checkpoints.pull import pull
from qasr_cli.checkpoints.remote import RemoteFile, is_taken
from qasr_cli.checkpoints.web import Web
from qasr_cli.errors import DownloadError
from tests.checkpoints.conftest import ENDLESS, REPOSITORY

Source = Literal["hf", "modelscope"]
SOURCES: tuple[Source, ...] = ("hf", "modelscope")
_ANY_SOURCE = pytest.mark.parametrize("source", SOURCES)


def pulled_badly(root: Path, source: Source) -> str:
    """The one line with which a pull ends."""
    with pytest.raises(DownloadError) as caught:
        pull(REPOSITORY, source=source, revision=None, root=root)
    message = str(caught.value)
    assert "\n" not in message
    assert not (root / REPOSITORY).exists()
    return message


def taken_bytes(log: list[str]) -> list[int]:
    """How much was taken of each answer without an end."""
    return [int(line.removeprefix("SENT ")) for line in log if line.startswith("SENT ")]


@_ANY_SOURCE
@pytest.mark.usefixtures("hub_url")
def test_no_byte_is_written_past_the_size_that_was_listed(
    tmp_path: Path,
    source: Source,
    hub_files: dict[str, bytes],
    hub_faults: dict[str, str],
    hub_log: list[str],
) -> None:
    """A body that goes on and on is left at its listed size, and said."""
    hub_faults["config.json"] = "endless"

    message = pulled_badly(tmp_path, source)

    assert f"config.json goes on after the {len(hub_files['config.json'])} bytes" in message
    staging = tmp_path / "Qwen" / ".Qwen3-ASR-1.7B-hf.incomplete"
    on_disk = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    assert on_disk <= sum(map(len, hub_files.values()))
    assert max(taken_bytes(hub_log), default=0) < ENDLESS


@_ANY_SOURCE
@pytest.mark.usefixtures("hub_url")
def test_an_endless_listing_is_refused(
    tmp_path: Path, source: Source, hub_faults: dict[str, str], hub_log: list[str]
) -> None:
    """A listing is read up to some megabytes; none is that long."""
    hub_faults["listing"] = "endless"

    assert "a listing of more than 4 MB is refused" in pulled_badly(tmp_path, source)
    assert max(taken_bytes(hub_log), default=0) < ENDLESS


@pytest.mark.usefixtures("hub_url")
def test_a_listing_with_page_after_page_is_refused(
    tmp_path: Path, hub_faults: dict[str, str], hub_log: list[str]
) -> None:
    """Pages that name a next one for ever are no listing."""
    hub_faults["listing"] = "pages"

    assert "more than 20 pages" in pulled_badly(tmp_path, "hf")
    assert len(hub_log) < 30


@_ANY_SOURCE
@pytest.mark.parametrize("address", ["ftp://127.0.0.1:9/x", "file:///etc/passwd", "data://,x"])
@pytest.mark.usefixtures("hub_url")
def test_only_the_web_is_followed(
    tmp_path: Path, source: Source, address: str, hub_faults: dict[str, str], hub_log: list[str]
) -> None:
    """A redirect to another protocol ends the pull, and the body that comes with it is not read."""
    hub_faults["config.json"] = address

    assert f"no web address: {address}" in pulled_badly(tmp_path, source)
    assert max(taken_bytes(hub_log), default=0) < ENDLESS


@_ANY_SOURCE
@pytest.mark.usefixtures("hub_url")
def test_a_circle_of_redirects_ends(
    tmp_path: Path, source: Source, hub_faults: dict[str, str], hub_url: str
) -> None:
    """Address after address leads nowhere."""
    hub_faults["config.json"] = (
        f"{hub_url}/{REPOSITORY}/resolve/{'0123456789abcdef' * 2}01234567/config.json"
    )

    assert "leads from one address to the next" in pulled_badly(tmp_path, source)


@_ANY_SOURCE
@pytest.mark.parametrize("name", ["qasr-manifest.json", "Qasr-Manifest.json"])
@pytest.mark.usefixtures("hub_url")
def test_names_of_our_own_are_not_taken(
    tmp_path: Path, source: Source, name: str, hub_files: dict[str, bytes], hub_log: list[str]
) -> None:
    """A manifest that a hub serves vouches for nothing."""
    hub_files[name] = b'{"schema_version": 1}'

    assert not is_taken(name)
    pulled = pull(REPOSITORY, source=source, revision=None, root=tmp_path)

    assert name not in {file.path for file in pulled.manifest.files}
    assert not [line for line in hub_log if name in line]


@_ANY_SOURCE
@pytest.mark.usefixtures("hub_url")
def test_a_name_that_is_listed_twice_is_refused(
    tmp_path: Path, source: Source, hub_files: dict[str, bytes]
) -> None:
    """On some disks they are one file, and the second would take the place of the first."""
    hub_files["Config.json"] = b"{}"

    assert "its listing has config.json twice" in pulled_badly(tmp_path, source)


@_ANY_SOURCE
@pytest.mark.parametrize(
    "listing",
    [
        '{"sha": 5}',
        '{"sha": "../../x", "Data": []}',
        "[" * 100_000,
        '{"sha": "abc", "Data": {"Files": [{"Type": "blob", "Path": "a.json", "Size": 1e999}]}}',
        '{"sha": "abc", "Data": {"Files": [5]}}',
        '{"sha": "abc", "Data": {"Files": [{"Type": "blob", "Path": 7, "Size": -1}]}}',
        '{"Data": {"LatestCommitter": 3, "Files": [{"Type": "blob", "Path": "a", "Size": 1}]}}',
    ],
)
def test_a_listing_of_any_shape_ends_in_one_line(
    tmp_path: Path, source: Source, listing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no list of files is an error of the place, never a traceback."""
    with _server(listing.encode()) as server:
        for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        pulled_badly(tmp_path, source)
        server.shutdown()


class _Fixed(BaseHTTPRequestHandler):
    """Answers everything with the same, and keeps who was said to ask."""

    seen: ClassVar[list[str | None]] = []

    def __init__(
        self,
        body: bytes,
        location: str | None,
        *arguments: Any,  # noqa: ANN401  # the base's own
    ) -> None:
        self._body = body
        self._location = location
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        self.send_response(200 if self._location is None else 302)
        if self._location is not None:
            self.send_header("Location", self._location)
        self.send_header("Content-Length", str(len(self._body)))
        self.end_headers()
        self.wfile.write(self._body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""


def _server(
    body: bytes, *, location: str | None = None, context: ssl.SSLContext | None = None
) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Fixed, body, location))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    return server


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that this process believes."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def downgrading(certified: ssl.SSLContext) -> Iterator[str]:
    """A protected address that leads to an unprotected one."""
    with _server(b"{}") as plain:
        location = f"http://127.0.0.1:{plain.server_port}/x"
        with _server(b"", location=location, context=certified) as protected:
            yield f"https://127.0.0.1:{protected.server_port}/x"
            protected.shutdown()
        plain.shutdown()


def test_content_without_a_hash_is_taken_over_no_open_line(
    tmp_path: Path, downgrading: str
) -> None:
    """From https to http only what is checked by its hash is followed."""
    web = Web("owner/name", {"Authorization": "Bearer secret"})
    unchecked = RemoteFile(path="config.json", size_bytes=2, sha256=None)
    checked = RemoteFile(path="model.safetensors", size_bytes=2, sha256="0" * 64)

    for ask in (partial(web.page), partial(web.download, file=unchecked, folder=tmp_path)):
        with pytest.raises(DownloadError, match="anybody may change content"):
            ask(downgrading)
    _Fixed.seen.clear()
    web.download(downgrading, checked, tmp_path)

    assert _Fixed.seen == ["Bearer secret", None]  # who is logged in is told to the place alone
    assert (tmp_path / "model.safetensors").read_bytes() == b"{}"
    assert not (tmp_path / "config.json").exists()
