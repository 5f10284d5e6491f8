"""Many clients of a service at once, in its short form."""

import sys
from argparse import Namespace

import pytest

from tools import serve_load
from tools.serve_recordings import Recording


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_every_client_is_answered_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Of 20 requests by 6 clients none is answered wrong, and some left: nothing of them stays."""
    asked = Namespace(requests=20, clients=6, seed=2, upload_mb=4, idle_s=0)
    assert serve_load.trial(asked) == []
    assert " left, " in capsys.readouterr().out


def test_a_wrong_answer_is_seen() -> None:
    """A loop that lets everything pass proves nothing."""
    nowhere = Recording(name="talk.wav", content=b"x", answers={"/transcribe": {}})
    clients = serve_load.Clients(port=9, recordings=[nowhere], seed=1)
    clients.ask(0)
    (line,) = clients.figures.wrong
    assert line.startswith("request 0: ")
