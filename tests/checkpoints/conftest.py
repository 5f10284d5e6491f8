"""Checkpoint folders made by hand, and a hub on this machine that speaks both protocols."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from qasr_cli.checkpoints.locate import demo_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "Qwen/Qwen3-ASR-1.7B-hf"
ENDLESS = 60_000_000  # far more than the system keeps of what nobody reads
_VARIABLES = (
    "QASR_MODELS",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_TOKEN",
    "HUGGINGFACE_HUB_CACHE",
    "MODELSCOPE_ENDPOINT",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: nothing of this machine's user is found, or changed."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def make_checkpoint() -> Callable[..., Path]:
    """Makes a folder that passes for a whole checkpoint of a role and layout."""
    return _make_checkpoint


def _make_checkpoint(
    folder: Path, *, role: str = "recogniser", original: bool = False, fill: bytes = b"\1" * 64
) -> Path:
    folder.mkdir(parents=True)
    thinker = {"classify_num": 5000} if role == "aligner" else {}
    kind = "ConditionalGeneration" if role == "recogniser" else "TokenClassification"
    config = (
        {"architectures": ["Qwen3ASRForConditionalGeneration"], "thinker_config": thinker}
        if original
        else {"architectures": [f"Qwen3ASRFor{kind}"], "model_type": "qwen3_asr"}
    )
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    names = ("vocab.json", "merges.txt") if original else ("tokenizer.json",)
    for name in names:
        (folder / name).write_text("{}", encoding="utf-8")
    _write_shard(folder / "model.safetensors", fill)
    return folder


@pytest.fixture
def write_shard() -> Callable[[Path, bytes], None]:
    """Writes a weight file with one tensor of those bytes."""
    return _write_shard


def _write_shard(path: Path, data: bytes) -> None:
    tensor = {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": tensor}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


@pytest.fixture
def hub_files() -> dict[str, bytes]:
    """What the hub serves as Qwen/Qwen3-ASR-1.7B-hf: the demo recogniser, and things to refuse."""
    served = {file.name: file.read_bytes() for file in demo_folder("recogniser").iterdir()}
    unsafe = ("pytorch_model.bin", "model.pt", "model.pkl", "modeling.py", "onnx/config.json")
    return served | dict.fromkeys(unsafe, b"import os")


@pytest.fixture
def hub_faults() -> dict[str, str]:
    """File name, or "listing" -> what is wrong with it.

    "short" (the line breaks half-way, for good), "other" (other bytes arrive), "endless" (`ENDLESS`
    bytes come), "pages" (each page of the listing names a next one), or an address to go to, with
    as many bytes before one gets there.
    """
    return {}


@pytest.fixture
def hub_repository() -> str:
    """The one repository that the hub serves."""
    return REPOSITORY


@pytest.fixture
def hub_log() -> list[str]:
    """The requests the hub has seen, as "METHOD path"."""
    return []


@pytest.fixture
def hub_url(
    hub_files: dict[str, bytes],
    hub_faults: dict[str, str],
    hub_log: list[str],
    hub_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The address of the hub; both sources are pointed at it, and the offline switch is on."""
    from huggingface_hub import close_session, constants

    class Handler(_HubHandler):
        files = hub_files
        faults = hub_faults
        log = hub_log
        repository = hub_repository

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        _set_library_endpoint(monkeypatch, url)
        yield url
        close_session()
        server.shutdown()
        thread.join()


def _set_library_endpoint(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """As importing the library under HF_ENDPOINT does; it has its own ideas of what to ask for."""
    from huggingface_hub import constants

    route = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + route)
    monkeypatch.setattr(constants, "ENDPOINT", url)


class _HubHandler(BaseHTTPRequestHandler):
    files: dict[str, bytes]
    faults: dict[str, str]
    log: list[str]
    repository: str

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.log.append(f"{self.command} {parts.path}")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        modelscope = f"/api/v1/models/{self.repository}/repo"
        is_listing = parts.path.endswith(("/repo/files", f"/tree/{COMMIT}"))
        if is_listing and self.faults.get("listing") == "endless":
            self._send_endless(b"[")
        elif parts.path in (
            f"/api/models/{self.repository}",
            f"/api/models/{self.repository}/revision/main",
            f"/api/models/{self.repository}/revision/{COMMIT}",
        ):
            self._send_json({"id": self.repository, "sha": COMMIT, "siblings": []})
        elif parts.path == f"/api/models/{self.repository}/tree/{COMMIT}":
            self._send_json([self._hub_entry(name) for name in sorted(self.files)])
        elif parts.path.startswith(f"/{self.repository}/resolve/{COMMIT}/"):
            self._send_file(parts.path.rpartition("/")[2])
        elif parts.path == f"{modelscope}/files":
            self._send_json(self._modelscope_listing(query["Revision"]))
        elif parts.path == modelscope:
            self._send_file(query["FilePath"])
        else:
            self._send_json({"error": "Repository not found"}, 404, "RepoNotFound")

    def _hub_entry(self, name: str) -> dict[str, Any]:
        data = self.files[name]
        entry: dict[str, Any] = {"type": "file", "path": name, "size": len(data), "oid": "0" * 40}
        if name.endswith((".safetensors", ".onnx")):
            sha256 = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 134}
        return entry

    def _modelscope_listing(self, revision: str) -> dict[str, Any]:
        entries = [
            {
                "Name": name,
                "Path": name,
                "Type": "blob",
                "Size": len(data),
                "Sha256": hashlib.sha256(data).hexdigest(),
                "Revision": COMMIT if name == "config.json" else "f" * 40,
            }
            for name, data in self.files.items()
        ]
        folder = {"Name": "onnx", "Path": "onnx", "Type": "tree", "Size": 0}
        is_known = revision in ("master", COMMIT)
        data = {
            "Files": [folder, *entries] if is_known else None,
            "LatestCommitter": {"Id": "", "ShortId": COMMIT[:8]},
        }
        return {"Code": 200, "Data": data, "Success": True}

    def _send_json(self, document: object, status: int = 200, code: str | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if self.faults.get("listing") == "pages":
            self.send_header("Link", f'<{self.path}>; rel="next"')
        self.send_header("Content-Length", str(len(body)))
        if code is not None:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def _send_endless(self, begin: bytes, status: int = 200, location: str = "") -> None:
        """Send far too much, and note how much was taken."""
        self.send_response(status)
        self.send_header("Location", location)
        self.end_headers()
        sent = 0
        with contextlib.suppress(OSError):  # whoever asked went away
            self.wfile.write(begin)
            while sent < ENDLESS:
                self.wfile.write(b" " * 1_000_000)
                sent += 1_000_000
        self.log.append(f"SENT {sent}")

    def _send_file(self, name: str) -> None:
        data = self.files[name]
        fault = self.faults.get(name, "")
        if "://" in fault:
            self._send_endless(b"", 302, fault)
            return
        if fault == "endless":
            self._send_endless(data)
            return
        if fault == "gone" and self.command == "GET":
            self._send_json({"error": "the line stays broken"}, 500)
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "short":
            self.faults[name] = "gone"
            data = data[: len(data) // 2]
        elif fault == "other":
            data = bytes(len(data))
        self.wfile.write(data)
