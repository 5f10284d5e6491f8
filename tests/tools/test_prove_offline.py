"""The short form of `python -m tools.prove_offline`: one recording, the real models."""

import collections
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import RECORDINGS
from tools import prove_offline

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One short recording."""
    (tmp_path / "in").mkdir()
    shutil.copy(RECORDINGS / "nested" / "day-1" / "note.wav", tmp_path / "in")
    return tmp_path / "in"


def test_no_network_is_asked_for_and_none_is_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No process of a run asks for a network socket; without a network the outputs are the same."""
    monkeypatch.setattr("sys.argv", ["prove_offline", str(folder)])

    assert prove_offline.main() == 0

    said = capsys.readouterr().out
    assert "4 outputs; network sockets asked for: 0;" in said
    if not prove_offline.can_leave_the_network():
        pytest.skip("the second half: this user may make no network namespace")
    assert "in an empty network namespace: 4 outputs, differing: none" in said


def test_a_socket_is_seen(tmp_path: Path) -> None:
    """What a child of the command opens is counted, refused or not."""
    code = "import socket; socket.socket(); socket.socket(socket.AF_INET6); socket.socketpair()"
    command = ["sh", "-c", f"'{sys.executable}' -c '{code}'; true"]

    families = prove_offline.sockets_of(command, tmp_path / "log")

    assert families == collections.Counter({"AF_INET": 1, "AF_INET6": 1, "AF_UNIX": 1})
