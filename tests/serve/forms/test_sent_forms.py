"""Forms that a whole service gets: its answers reach their senders, and its memory stays flat."""

import http.client
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.serve.conftest import Serve, Served, served
from tests.serve.made_forms import KIND, field, file, form


def _posted(
    service: Served, path: str, blocks: Iterable[bytes], headers: dict[str, str]
) -> tuple[int, dict[str, str]]:
    """The answer to a client that sends all of its body before it looks for one."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    is_chunked = "Content-Length" not in headers
    connection.request("POST", path, blocks, headers, encode_chunked=is_chunked)
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    connection.close()
    return answer.status, error


@pytest.mark.parametrize("says_length", [True, False])
@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/transcribe", KIND[1], 413),
        ("/nowhere", KIND[1], 404),
        ("/asr?task=translate", KIND[1], 501),
    ],
)
def test_who_sends_on_gets_the_answer(
    small_service: Served, path: str, kind: str, status: int, says_length: bool
) -> None:
    """A refusal reaches who looks for it only after a long body, and is no reset connection."""
    count, block = 300, b"x" * 100_000
    beginning = file(b"")[:-2]
    headers = {"Content-Type": kind}
    if says_length:
        headers["Content-Length"] = str(count * len(block) + len(beginning))
    else:
        headers["Transfer-Encoding"] = "chunked"
    blocks = iter([beginning, *[block] * count])

    assert _posted(small_service, path, blocks, headers)[0] == status

    assert os.listdir(small_service.state / "uploads") == []


@pytest.fixture(scope="module")
def small_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that takes little."""
    with served(tmp_path_factory.mktemp("served"), "--max-upload", "1M") as running:
        yield running


def test_a_refusal_keeps_the_connection(small_service: Served) -> None:
    """What was read to its end, or has no body, costs no connection."""
    connection = http.client.HTTPConnection("127.0.0.1", small_service.port, timeout=60)
    for _ in range(3):
        connection.request("POST", "/transcribe", form(field("text", "x")), dict([KIND]))
        answer = connection.getresponse()
        assert answer.read()
        assert answer.status == http.HTTPStatus.BAD_REQUEST
        assert answer.getheader("connection") is None
        assert connection.sock is not None
    connection.close()


def _peak_bytes(service: Served) -> int:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux tells the peak")
def test_a_long_upload_takes_no_memory(serve: Serve) -> None:
    """200 MB come into a file; the process grows by no more than some blocks of them."""
    with serve() as service, service.client() as client:
        small = client.post("/transcribe", files={"audio": ("talk.wav", b"x" * 1000)})
        assert small.status_code == http.HTTPStatus.BAD_REQUEST
        before_bytes = _peak_bytes(service)
        part = file(b"")[:-2]
        body = (block for block in [part, *[b"x" * (1 << 20)] * 200, b"\r\n--B--\r\n"])
        answer = client.post("/transcribe", content=body, headers=dict([KIND]))
        assert answer.json()["error"]["message"].startswith("talk.wav: cannot be decoded")
        assert _peak_bytes(service) - before_bytes < 32 << 20
        assert os.listdir(service.state / "uploads") == []
