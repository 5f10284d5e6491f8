"""Starting a service: what it needs, what is refused, what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import Options
from qasr_cli.serve.forms.uploads import UploadLimits
from qasr_cli.serve.jobs.all_jobs import JobLimits, Jobs
from qasr_cli.serve.live.sessions import LiveLimits, LiveSessions
from qasr_cli.serve.models.engine_thread import State
from qasr_cli.serve.orders.request_queue import RequestQueue
from qasr_cli.serve.service import Service
from tests.serve.conftest import Serve
from tests.serve.engines import WorkingEngine, shared_engine_with

_COMMAND = (sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--port", "0")

# The program where one of the packages was not installed.
_WITHOUT = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "uvicorn" else found(name, *more)
sys.argv = ["qasr", "serve", "--engine", "fake", "--port", "0"]
from qasr_cli.__main__ import main
main()
"""


def _ended(*command: str) -> tuple[int, str]:
    """The code of a service that does not start, and what it says."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout == ""
    return ran.returncode, ran.stderr


def test_what_it_needs_is_said() -> None:
    """Without its packages it is one line that says how to get them, and 2."""
    code, said = _ended(sys.executable, "-c", _WITHOUT)
    assert code == ExitCode.USAGE
    assert said.splitlines() == [
        "qasr: qasr serve needs packages of its own: pip install 'qasr-cli[serve]'"
    ]


@pytest.mark.parametrize("name", ["*", "https://qasr.example.org", "one/two", ""])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    """What could never be the name that a client uses is refused, not left without effect."""
    code, said = _ended(*_COMMAND, "--state-dir", str(tmp_path), "--allow-host", name)
    assert code == ExitCode.USAGE
    (line,) = said.splitlines()
    assert line == f"qasr: --allow-host {name}: takes one name, such as qasr.example.org"


def test_another_of_the_same_folder_is_told_what_to_do(serve: Serve) -> None:
    """In the words of a service, not of a batch: one line and 75."""
    with serve() as service:
        code, said = _ended(*_COMMAND, "--state-dir", str(service.state))
    assert code == ExitCode.TRY_LATER
    (line,) = said.splitlines()
    assert line == (
        f"qasr: {service.state}: another qasr serve keeps its state here; stop it, or take "
        "another --state-dir"
    )


def test_who_asks_at_the_end_is_told(tmp_path: Path) -> None:
    """From the first signal on nothing is taken, and the state says so, whatever is still done."""
    engine = WorkingEngine()
    with shared_engine_with(engine) as shared:
        limits = JobLimits(most_count=1, at_once_count=1, keep_s=1.0)
        clock = system_clock()
        options = Options()
        jobs = Jobs(str(tmp_path), shared=shared, options=options, limits=limits, clock=clock)
        service = Service(
            options=options,
            model_name="working",
            shared=shared,
            request_queue=RequestQueue(shared, most_count=1),
            jobs=jobs,
            live=LiveSessions(
                str(tmp_path),
                jobs=jobs,
                shared=shared,
                options=options,
                limits=LiveLimits(most_count=1, max_lag_s=30.0),
                clock=clock,
            ),
            limits=UploadLimits(folder=str(tmp_path), most_bytes=1),
            sandbox="off",
            started_s=0,
        )
        service.refuse()
        assert shared.state is State.DRAINING
        service.request_queue.close()
        service.jobs.close()
