"""A web server behind its walls: it answers as ever, and calls nobody."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.sync.client import connect

from qasr_cli import sandbox
from qasr_cli.sandbox import State
from tests.conftest import WriteWav

pytestmark = pytest.mark.skipif(
    sandbox.state() is State.UNAVAILABLE, reason="this machine has no seccomp filters"
)
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

# In the order of `qasr serve`: sockets, walls, and only then what answers.
_SERVER = """
import json, os
from qasr_cli import sandbox
from qasr_cli.serve.sockets import open_sockets

listening = open_sockets(ports=[0, 0])
sandbox.confine_server(listening.sockets)

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path

def kinds(pid):
    paths = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    return [os.readlink(path).partition(":")[0] for path in paths if os.path.islink(path)]

async def answer(request):
    found = {"length": len(await request.body()), "state": sandbox.state()}
    return JSONResponse(found | {"caller": request.client[0]})

def transcode(request):
    endless = ("-f", "lavfi", "-re", "-i", "anullsrc", "-f", "s16le", "-")
    with open(os.devnull, "rb") as nothing:
        command = [ffmpeg_path(), "-nostdin", "-v", "error", *endless]
        with Child(command, fd=nothing.fileno(), cpu_limit_s=60) as child:
            found = {"heard": len(child.read(60)), "own": kinds("self")}
            return JSONResponse(found | {"its": kinds(child.pid)})

async def echo(channel):
    await channel.accept()
    await channel.send_text((await channel.receive_text()).upper())
    await channel.close()

app = Starlette(routes=[
    Route("/", answer, methods=["POST"]), Route("/ffmpeg", transcode), WebSocketRoute("/echo", echo)
])
print(json.dumps([os.getpid(), *listening.urls]), flush=True)
config = uvicorn.Config(app, ws="websockets-sansio", log_level="warning", loop="asyncio")
uvicorn.Server(config).run(sockets=list(listening.sockets))
"""


@contextlib.contextmanager
def _served(*before: str) -> Iterator[Sequence[str]]:
    """The URLs of a server that runs until it is left."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        pid, *urls = json.loads(process.stdout.readline())
        try:
            yield urls
        finally:
            os.kill(pid, signal.SIGTERM)  # strace, where it stands before, hears none


def _asked(url: str, body: bytes | None = None) -> dict[str, object]:
    with urllib.request.urlopen(url, data=body) as response:  # noqa: S310  # our own
        answer: dict[str, object] = json.load(response)
        return answer


def _echoed(url: str, text: str) -> object:
    with connect(f"{url.replace('http', 'ws', 1)}/echo", proxy=None) as channel:
        channel.send(text)
        return channel.recv()


def _host_in(url: str) -> str:
    return re.sub(r"^http://\[?|\]?:\d+$", "", url)


def test_requests_and_websockets_are_answered_behind_the_walls() -> None:
    """Every socket, of IPv4 and IPv6, answers requests of any size and WebSockets."""
    with _served() as urls:
        for url in urls:
            body = b"x" * 300_000
            assert _asked(url, body) == {"length": 300_000, "state": "on", "caller": _host_in(url)}
            assert _echoed(url, "hello") == "HELLO"
        assert {_host_in(url) for url in urls} <= {"127.0.0.1", "::1"}


def test_an_ffmpeg_of_a_server_holds_no_socket() -> None:
    """Neither what listens nor what was accepted gets into a child."""
    with _served() as urls:
        said = _asked(f"{urls[0]}/ffmpeg")

    assert said["heard"]
    assert isinstance(said["own"], list)
    assert isinstance(said["its"], list)
    assert said["own"].count("socket") > len(urls)
    assert "pipe" in said["its"]
    assert "socket" not in said["its"]


_CALLS = "trace=socket,connect,bind,listen,seccomp,accept4"


def _assert_only_answers(trace: Path, url_count: int) -> None:
    """It bound its sockets, put its filter up, and asked for no other from then on."""
    lines = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]
    stands = next(
        index
        for index, line in enumerate(lines)
        if line.startswith("seccomp(SECCOMP_SET_MODE_FILTER") and line.endswith("= 0")
    )
    before, after = "\n".join(lines[:stands]), "\n".join(lines[stands + 1 :])
    assert len(re.findall(r"^bind\(", before, re.MULTILINE)) == url_count
    assert "connect(" not in before
    assert len(re.findall(r"accept4\(.* = \d", after)) >= url_count
    assert re.findall(r"(?:connect|bind|socket)\(.*", after) == []


@needs_strace
def test_nothing_is_connected_or_bound_once_the_filter_stands(tmp_path: Path) -> None:
    """Under strace: requests, WebSockets and children bring no call for a socket."""
    trace = tmp_path / "trace"
    with _served("strace", "-f", "-qq", "-o", str(trace), "-e", _CALLS) as urls:
        for url in urls:
            _asked(url, b"x")
            _echoed(url, "hello")
        _asked(f"{urls[0]}/ffmpeg")

    _assert_only_answers(trace, len(urls))


@needs_strace
def test_the_service_puts_its_walls_up_before_all_else(tmp_path: Path, write_wav: WriteWav) -> None:
    """Under strace `qasr serve` itself loads, listens, transcribes and ends without such a call."""
    trace = tmp_path / "trace"
    command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--vad", "energy"]
    command += ["--port", "0", "--port", "0", "--state-dir", str(tmp_path / "state")]
    with subprocess.Popen(
        ["strace", "-f", "-qq", "-o", trace, "-e", _CALLS, *command],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        urls = process.stderr.readline().strip().removeprefix("listening on ").split(", ")
        try:
            for url in urls:
                health = httpx.get(f"{url}/healthz", trust_env=False)
                assert health.json()["sandbox"] == "on"
            sound = write_wav(tmp_path / "talk.wav").read_bytes()
            answer = httpx.post(
                f"{urls[0]}/v1/audio/transcriptions",
                files={"file": ("talk.wav", sound)},
                data={"model": "whisper-1"},
                timeout=60,
                trust_env=False,
            )
            assert answer.json()["text"].startswith("word1")
        finally:
            os.kill(int(trace.read_text().split(maxsplit=1)[0]), signal.SIGTERM)

    _assert_only_answers(trace, len(urls))
