"""The life of the process: ready, asked to end, ended by a loss; and its exit code."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.errors import ExitCode
from tests.serve.conftest import Serve, Served, until_ready_at
from tests.serve.engines import PATIENCE_S, until

# A service whose engine waits for a file before it hears anything, and fails if that says so.
_WAITING = """
import os, sys, time
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost, ModelLoadError
from qasr_cli.serve import server

gate, *arguments = sys.argv[1:]

class Waiting(FakeEngine):
    def run(self, clips, /):
        taken = list(clips)
        if gate == "never":
            raise ModelLoadError("demo", "it is damaged")
        if taken[0].clip_id != "warm-up":
            open(gate + ".begun", "w").close()
            while not os.path.exists(gate):
                time.sleep(0.01)
            if os.path.getsize(gate):
                raise DeviceLost("cuda", "gone")
        yield from super().run(taken)

server.open_engine = lambda options: Waiting()
sys.argv = ["qasr", "serve", *arguments]
from qasr_cli.__main__ import main
main()
"""


def _sent(service: Served, talk: Path) -> httpx.Response:
    with service.client() as client, talk.open("rb") as audio:
        return client.post("/transcribe", files={"audio": audio})


@contextlib.contextmanager
def _waiting(folder: Path, gate: Path | str) -> Iterator[Served]:
    log, state = folder / "log", folder / "state"
    command = [sys.executable, "-c", _WAITING, str(gate), "--port", "0", "--engine", "fake"]
    command += ["--state-dir", str(state), "--vad", "energy"]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors)
    try:
        yield (
            until_ready_at(log, state, process)
            if gate != "never"
            else Served(url="", state=state, log=log, process=process)
        )
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGINT, ExitCode.OK),
        (signal.SIGHUP, ExitCode.HUNG_UP),
    ],
)
def test_who_ends_it_finds_what_is_begun_done(
    tmp_path: Path, talk: Path, number: signal.Signals, code: ExitCode
) -> None:
    """A signal ends it once the requests at work are answered; it takes no other; no file stays."""
    gate = tmp_path / "gate"
    with _waiting(tmp_path, gate) as service, ThreadPoolExecutor() as threads:
        answer = threads.submit(_sent, service, talk)
        until((tmp_path / "gate.begun").exists)
        service.process.send_signal(number)
        until(lambda: not _accepts(service.port))
        gate.touch()
        assert answer.result(PATIENCE_S).json()["text"]
        assert service.process.wait(PATIENCE_S) == code
        assert os.listdir(service.state / "uploads") == []
        assert service.log.read_text().splitlines()[1:] == []


def _accepts(port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_a_second_signal_ends_it_at_once(tmp_path: Path, talk: Path) -> None:
    """Who does not want to wait for what is begun need not; the next one sweeps what stayed."""
    gate = tmp_path / "gate"
    with _waiting(tmp_path, gate) as service, ThreadPoolExecutor() as threads:
        answer = threads.submit(_sent, service, talk)
        until((tmp_path / "gate.begun").exists)
        service.process.send_signal(signal.SIGINT)
        until(lambda: not _accepts(service.port))
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(PATIENCE_S) == ExitCode.INTERRUPTED
        with pytest.raises(httpx.HTTPError):
            answer.result(PATIENCE_S)
        assert len(os.listdir(service.state / "uploads")) == 1
    gate.touch()
    with _waiting(tmp_path, gate) as service:
        assert os.listdir(service.state / "uploads") == []
        assert _sent(service, talk).status_code == httpx.codes.OK


def test_a_device_that_is_lost_ends_it(tmp_path: Path, talk: Path) -> None:
    """Who waits is told, and so is whoever restarts it: one line, and 3."""
    gate = tmp_path / "gate"
    with _waiting(tmp_path, gate) as service, ThreadPoolExecutor() as threads:
        answer = threads.submit(_sent, service, talk)
        until((tmp_path / "gate.begun").exists)
        (tmp_path / "new").write_text("x")
        (tmp_path / "new").rename(gate)
        error = answer.result(PATIENCE_S)
        assert error.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        assert error.json()["error"]["code"] == "engine_lost"
        assert error.headers["x-should-retry"] == "false"
        assert service.process.wait(PATIENCE_S) == ExitCode.ENVIRONMENT
        assert service.log.read_text().splitlines()[1:] == ["cuda stopped working: gone"]
        assert os.listdir(service.state / "uploads") == []


def test_a_loss_that_nobody_reads_of_ends_it(tmp_path: Path, talk: Path) -> None:
    """Also where whoever read its standard error is gone."""
    gate = tmp_path / "gate"
    gate.write_text("x")
    command = [sys.executable, "-c", _WAITING, str(gate), "--port", "0", "--engine", "fake"]
    command += ["--state-dir", str(tmp_path / "state"), "--vad", "energy"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[2].rstrip(",")
        process.stderr.close()
        with talk.open("rb") as audio:
            answer = httpx.post(f"{url}/transcribe", files={"audio": audio}, timeout=PATIENCE_S)
        assert answer.json()["error"]["code"] == "engine_lost"
        assert process.wait(PATIENCE_S) == ExitCode.ENVIRONMENT


def test_models_that_do_not_load_end_it(tmp_path: Path) -> None:
    """Before anybody asks, with one line and 3."""
    with _waiting(tmp_path, "never") as service:
        assert service.process.wait(PATIENCE_S) == ExitCode.ENVIRONMENT
        lines = service.log.read_text().splitlines()
        assert lines[0].startswith("listening on ")
        (line,) = lines[1:]
        assert "it is damaged" in line


@pytest.mark.parametrize(
    ("model", "code"), [("none", ExitCode.USAGE), ("0.6b", ExitCode.ENVIRONMENT)]
)
def test_a_model_that_is_not_here(tmp_path: Path, model: str, code: ExitCode) -> None:
    """No model of that name is an error of usage; one that was not pulled, of the machine."""
    command = [sys.executable, "-m", "qasr_cli", "serve", "--port", "0", "--model", model]
    command += ["--state-dir", str(tmp_path / "state")]
    empty = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path)}
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=empty, cwd=tmp_path
    )
    assert ran.returncode == code
    (line,) = [line for line in ran.stderr.splitlines() if not line.startswith("listening on")]
    assert model in line


def test_one_process_a_folder(serve: Serve) -> None:
    """Another one of the same state folder is refused, whatever port it has."""
    with serve() as service:
        command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--port", "0"]
        command += ["--state-dir", str(service.state)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == ExitCode.TRY_LATER
        assert str(service.state) in ran.stderr
        with service.client() as client:
            assert client.get("/readyz").status_code == httpx.codes.OK


def test_models_leave_memory_and_come_back(serve: Serve, talk: Path) -> None:
    """When told to, or when nobody needs them; the next request loads them again."""
    with serve("--idle-unload", "1s", "--vad", "energy") as service, service.client() as client:

        def wait_for(state: str) -> None:
            until(lambda: client.get("/readyz").json()["state"] == state)

        wait_for("unloaded")
        assert client.get("/readyz").status_code == httpx.codes.OK
        assert client.post("/api/load").status_code == httpx.codes.ACCEPTED
        wait_for("ready")
        assert client.post("/api/unload").status_code == httpx.codes.ACCEPTED
        wait_for("unloaded")
        assert "qasr_models_loaded 0" in client.get("/metrics").text
        assert _sent(service, talk).json()["text"]


def test_how_it_is(fake_service: Served) -> None:
    """For whoever starts it and watches it: alive, ready, behind its walls, and in numbers."""
    with fake_service.client() as client:
        health = client.get("/healthz").json()
        assert health["status"] == "ok"
        assert health["state"] in {"ready", "busy"}
        assert {"sandbox", "version"} < set(health)
        assert health["memory_bytes"] > 1 << 20
        models = client.get("/v1/models").json()
        assert [model["object"] for model in models["data"]] == ["model"]
        limits = client.get("/v1/limits").json()
        assert limits == {
            "max_upload_bytes": 8 << 30,
            "max_field_bytes": 1 << 20,
            "max_duration_s": 48 * 3600,
            "max_requests": 32,
            "max_live": 4,
            "max_jobs": 1000,
            "keep_s": 24 * 3600,
        }
        missing = client.get("/nothing/of/that/name.wav")
        assert missing.status_code == httpx.codes.NOT_FOUND
        assert client.post("/transcribe/").json()["error"]["code"] == "not_found"
        assert client.get("/transcribe").status_code == httpx.codes.METHOD_NOT_ALLOWED
        metrics = client.get("/metrics").text
        assert 'qasr_requests_total{route="/v1/limits",status="200"}' in metrics
        assert "name.wav" not in metrics
    said = fake_service.log.read_text()
    assert "name.wav" not in said


@pytest.mark.skipif(sys.platform != "linux", reason="systemd's")
def test_sockets_of_a_service_manager(tmp_path: Path) -> None:
    """What systemd listens on is answered on, by a name of this machine and with no key."""
    with socket.create_server(("127.0.0.1", 0)) as passed:
        port = passed.getsockname()[1]
        begin = f'exec 3<&{passed.fileno()}; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        command = ["bash", "-c", begin, "-", sys.executable, "-m", "qasr_cli", "serve"]
        command += ["--engine", "fake", "--state-dir", str(tmp_path / "state")]
        process = subprocess.Popen(command, pass_fds=[passed.fileno()], stderr=subprocess.PIPE)
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S)
            assert answer.json()["status"] == "ok"
        finally:
            process.terminate()
            _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == ExitCode.TERMINATED
    assert b"LISTEN_FDS; --host and --port are not used" in said


def _waking_count(service: Served) -> int:
    """How often a thread of it has woken up."""
    tasks = Path(f"/proc/{service.process.pid}/task").iterdir()
    texts = [(task / "status").read_text() for task in tasks]
    return sum(int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0]) for text in texts)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts it")
def test_it_sleeps_while_nobody_asks(serve: Serve, talk: Path) -> None:
    """At rest it does not wake up to look whether there is something to do."""
    with serve("--vad", "energy") as service:
        assert _sent(service, talk).json()["text"]
        before_count = _waking_count(service)
        time.sleep(2)
        assert _waking_count(service) - before_count <= 5
