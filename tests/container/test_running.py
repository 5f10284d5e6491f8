"""What the container runs: the service as it is started there, its health check, its walls."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.sandbox import machines
from tests.container.described import FILE, HEALTH_CHECK, last, variables
from tests.serve.conftest import served


def test_the_container_serves_as_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command, with its variables, answers at each port and prints what to open at each."""
    assert (last("cpu", "ENTRYPOINT"), last("cpu", "CMD")) == ('["qasr"]', '["serve"]')
    given = variables("cpu")
    assert given["QASR_SERVE_PORT"] == last("cpu", "EXPOSE").replace(" ", ",") == "8501,7860"
    for name, value in given.items():
        if name.startswith("QASR_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("QASR_SERVE_PORT", "0,0")
    monkeypatch.delenv("QASR_SERVE_STATE_DIR")

    with served(tmp_path, ports=()) as service:
        log = service.log.read_text()
        opened = re.findall(r"^open http://localhost:(\d+)/#key=(\S+)$", log, re.MULTILINE)
        (ports, keys) = zip(*opened, strict=True)
        assert log.splitlines()[0] == (
            f"listening on http://0.0.0.0:{ports[0]}, http://0.0.0.0:{ports[1]}"
        )
        assert len(set(ports)) == 2
        assert len(set(keys)) == 1
        for port in ports:
            for name in ("localhost", "127.0.0.1"):
                # As after `-p 8501:PORT`: the name is the one outside.
                headers = {"host": f"{name}:8501", "authorization": f"Bearer {keys[0]}"}
                answer = httpx.get(f"http://127.0.0.1:{port}/v1/models", headers=headers)
                assert answer.status_code == 200
            for probe in ("/healthz", "/readyz"):
                assert httpx.get(f"http://127.0.0.1:{port}{probe}").status_code == 200


def _health(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", HEALTH_CHECK, *command],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **variables},
    )


def test_the_health_check_asks_the_service(tmp_path: Path) -> None:
    """It finds the port by what the container runs, and says why where nobody answers: 1."""
    assert json.loads(last("cpu", "HEALTHCHECK").removeprefix("CMD ")) == [
        "python",
        FILE.stages["base"].last("COPY").words()[-1],
    ]
    with served(tmp_path, "--published") as service:
        port = str(service.port)
        for command in (["--port", port], [f"--port={port},9"], ["--port", port, "--port", "9"]):
            ran = _health("qasr", "serve", *command)
            assert (ran.returncode, json.loads(ran.stdout)["status"]) == (0, "ok")
        assert _health("qasr", "serve", QASR_SERVE_PORT=f"{port},9").returncode == 0

    ran = _health("qasr", "serve", "--port", port)
    assert ran.returncode == 1
    assert f"port {port}: " in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize("command", [("qasr", "batch", "."), ("qasr", "models", "pull", "1.7b")])
def test_other_commands_are_well(command: tuple[str, ...]) -> None:
    """A container that serves nobody has nothing to answer, so it is not ill."""
    assert _health(*command).returncode == 0


# As engines do that know no filters: seccomp and Landlock are refused, by a filter from outside.
_NO_FILTERS = """
import ctypes, os, struct, sys
rules = [(0x20, 0, 0, 0)]
for number in sys.argv[1].split(","):
    rules += [(0x15, 0, 1, int(number)), (0x06, 0, 0, 0x0005_0001)]
packed = b"".join(struct.pack("<HBBI", *rule) for rule in [*rules, (0x06, 0, 0, 0x7FFF_0000)])
held = ctypes.create_string_buffer(packed, len(packed))
program = struct.pack("@HP", len(packed) // 8, ctypes.addressof(held))
call = ctypes.CDLL(None).prctl
assert not call(38, 1, 0, 0, 0) and not call(22, 2, program)
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.skipif(machines.this_machine() is None, reason="no filters on this machine")
def test_without_filters_it_says_so_and_serves(tmp_path: Path) -> None:
    """Where a container refuses seccomp, a line and /healthz say `unavailable`; all else works."""
    machine = machines.this_machine()
    assert machine is not None
    refused = [str(machine.numbers[name]) for name in ("seccomp", "landlock_create_ruleset")]
    launcher = (sys.executable, "-c", _NO_FILTERS, ",".join(refused))

    with served(tmp_path, launcher=launcher) as service, service.client() as client:
        assert re.search(r"^sandbox unavailable: ", service.log.read_text(), re.MULTILINE)
        assert client.get("/healthz").json()["sandbox"] == "unavailable"


def test_with_filters_it_says_nothing(tmp_path: Path) -> None:
    """Where the walls stand, no line is needed."""
    with served(tmp_path) as service:
        assert "sandbox" not in service.log.read_text()
