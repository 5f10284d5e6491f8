"""Who needs a key, where it comes from, and how ports and names are given."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.cli.arguments.groups.service import ServiceArguments
from qasr_cli.errors import ExitCode
from tests.serve.conftest import served

_KEY = "correct-horse-battery"


def _key_file(folder: Path, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(f"{_KEY}\n")
    path.chmod(mode)
    return path


def test_a_published_service_prints_where_to_open_it(tmp_path: Path) -> None:
    """It makes a key, and says the address that has it behind the sign that no server sees."""
    with served(tmp_path, "--published") as service:
        found = re.search(
            r"^open http://localhost:(\d+)/#key=(\S+)$", service.log.read_text(), re.MULTILINE
        )
        assert found is not None
        assert int(found[1]) == service.port
        with httpx.Client(base_url=f"http://127.0.0.1:{service.port}") as client:
            assert client.get("/metrics").status_code == 401
            bearer = {"authorization": f"Bearer {found[2]}"}
            assert client.get("/metrics", headers=bearer).status_code == 200


def test_a_key_may_come_as_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is needed on this machine too, never printed, and a file goes over it."""
    monkeypatch.setenv("QASR_API_KEY", _KEY)
    with served(tmp_path, "--published") as service, service.client() as client:
        assert client.get("/metrics").status_code == 401
        bearer = {"authorization": f"Bearer {_KEY}"}
        assert client.get("/metrics", headers=bearer).status_code == 200
        log = service.log.read_text()
        assert f"open http://localhost:{service.port}/\n" in log
        assert _KEY not in log
    monkeypatch.setenv("QASR_API_KEY", "another-key-of-length")
    given = ("--api-key-file", str(_key_file(tmp_path)))
    with served(tmp_path, *given) as service, service.client() as client:
        assert client.get("/metrics", headers=bearer).status_code == 200


def test_no_child_gets_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once read, it is no longer among the variables that programs are started with."""
    monkeypatch.setenv("QASR_API_KEY", _KEY)

    assert ServiceArguments(published=True).serve_options(is_local=False).key == _KEY

    assert "QASR_API_KEY" not in os.environ


@pytest.mark.parametrize("key", ["short", "é" * 20, "two words that are long", "a" * 20 + "\x7f"])
def test_a_variable_that_is_no_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Even where none would be needed: who set it counts on it."""
    monkeypatch.setenv("QASR_API_KEY", key)

    (line,) = _refused_start(tmp_path).splitlines()

    assert line.startswith("qasr: QASR_API_KEY: a key has 16 characters or more")


def test_one_variable_sets_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports, names and origins of a variable, or of one option, are parted by commas."""
    monkeypatch.setenv("QASR_SERVE_PORT", "0, 0")
    monkeypatch.setenv("QASR_SERVE_ALLOW_HOST", "nas.local,192.168.1.5")
    origins = "https://a.example,https://b.example"
    with served(tmp_path, "--allow-origin", origins, ports=()) as service:
        urls = service.log.read_text().splitlines()[0].removeprefix("listening on ").split(", ")
        assert len({url.rpartition(":")[2] for url in urls}) == 2
        with service.client() as client:
            for name, status in (("nas.local", 200), ("192.168.1.5:80", 200), ("else", 421)):
                assert client.get("/v1/models", headers={"host": name}).status_code == status
            for origin, status in (("https://b.example", 202), ("https://c.example", 403)):
                answer = client.post("/api/load", headers={"origin": origin})
                assert answer.status_code == status


@pytest.mark.parametrize("port", ["80x", "7860,http", "²"])
def test_a_port_is_a_number(tmp_path: Path, port: str) -> None:
    """What is none is named; usage: 2."""
    (line,) = _refused_start(tmp_path, "--port", port).splitlines()

    assert line == f"qasr: --port {port.rpartition(',')[2]}: takes a number, such as 7860"


@pytest.mark.parametrize("way", ["no key", "shared", "short", "absent", "not ascii"])
def test_others_need_a_key_that_is_one(tmp_path: Path, way: str) -> None:
    """Without a key, or with one that others may read or guess, there is no service: 2."""
    key = _key_file(tmp_path, 0o644 if way == "shared" else 0o600)
    if way in {"short", "not ascii"}:
        key.write_text("é" * 20 if way == "not ascii" else "short")
    if way == "absent":
        key.unlink()
    given = [] if way == "no key" else ["--api-key-file", str(key)]
    ran = _refused_start(tmp_path, "--host", "0.0.0.0", *given)  # noqa: S104  # what is refused
    (line,) = ran.splitlines()
    assert {
        "no key": "others can reach this address: it needs a key",
        "shared": f"others may read it; chmod 600 {key}",
        "short": "a key has 16 characters or more",
        "absent": "No such file",
        "not ascii": "a key is letters, digits and signs",
    }[way] in line


def _refused_start(folder: Path, *arguments: str) -> str:
    """What a service that does not start says."""
    command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--port", "0"]
    command += ["--state-dir", str(folder / "state"), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == ExitCode.USAGE
    assert ran.stdout == ""
    return ran.stderr
