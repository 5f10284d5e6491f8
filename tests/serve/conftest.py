"""A service in a process of its own, as its users start it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.conftest import WriteWav
from tests.serve.office import Played, play

_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """A service that runs.

    Attributes:
        url: where it answers, without a last slash.
        state: its folder.
        log: what it says on standard error.
    """

    url: str
    state: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        """The first port that it answers at."""
        return int(self.url.rpartition(":")[2])

    def client(self, **settings: object) -> httpx.Client:
        """Asks it."""
        return httpx.Client(base_url=self.url, timeout=_PATIENCE_S, **settings)  # type: ignore[arg-type]

    def until_ready(self) -> None:
        """Wait for its models."""
        deadline_s = time.monotonic() + _PATIENCE_S
        with self.client() as client:
            while client.get("/readyz").status_code != httpx.codes.OK:
                assert time.monotonic() < deadline_s, self.log.read_text()
                time.sleep(0.05)

    def ended(self, number: int = signal.SIGTERM) -> int:
        """Its exit code, after a signal."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE_S)


Serve = Callable[..., contextlib.AbstractContextManager[Served]]


def _urls_in(log: Path, process: subprocess.Popen[bytes]) -> list[str]:
    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s:
        for line in log.read_text().splitlines():
            if line.startswith("listening on "):
                return line.removeprefix("listening on ").split(", ")
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(log.read_text())


def until_ready_at(log: Path, state: Path, process: subprocess.Popen[bytes]) -> Served:
    """A service that was started, once its models are loaded."""
    url = _urls_in(log, process)[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # all of them
    running = Served(url=url, state=state, log=log, process=process)
    running.until_ready()
    return running


@contextlib.contextmanager
def served(
    folder: Path,
    *arguments: str,
    engine: Sequence[str] = ("--engine", "fake"),
    ports: Sequence[str] = ("--port", "0"),
    launcher: Sequence[str] = (),
) -> Iterator[Served]:
    """A service that is ready; it is ended at last.

    Args:
        launcher: a program that executes the rest of its command line.
    """
    log = folder / "log"
    command = [*launcher, sys.executable, "-m", "qasr_cli", "serve", *ports, *engine]
    command += ["--state-dir", str(folder / "state"), *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors, env=environment, cwd=folder)
    try:
        yield until_ready_at(log, folder / "state", process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_PATIENCE_S)


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a service with these arguments."""

    def start(*arguments: str, **settings: object) -> contextlib.AbstractContextManager[Served]:
        return served(tmp_path, *arguments, **settings)  # type: ignore[arg-type]

    return start


@pytest.fixture(scope="session")
def fake_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service without models."""
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def demo_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service with the demo pair."""
    folder = tmp_path_factory.mktemp("served")
    with served(folder, engine=("--model", "demo", "--device", "cpu")) as running:
        yield running


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """Play a scene in an office with an empty folder."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    return lambda scene, **settings: play(scene, folder, **settings)


@pytest.fixture
def talk(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Ten words, each a clip of its own."""
    bursts_s = [(float(second), second + 0.7) for second in range(1, 20, 2)]
    return write_wav(tmp_path / "talk.wav", bursts_s, 21.0)
