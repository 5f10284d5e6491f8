"""The life of `qasr edit`: what it needs, says, loads, and leaves behind."""

import json
import signal
import subprocess
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus

from qasr_cli.errors import ExitCode
from qasr_cli.run.state.store import Store
from qasr_cli.sandbox import machines
from tests.conftest import WriteWav
from tests.saved.in_place.conftest import run_batch
from tests.serve.conftest import Served
from tests.serve.in_place.edits import PATIENCE_S, command, editing, jobs_of, patched
from tests.serve.live.speaking import speaking


def test_nothing_stays_in_the_state(talks: Path, tmp_path: Path) -> None:
    """What was looked at is nobody's afterwards; Ctrl-C is a good end."""
    state = tmp_path / "state"
    with editing(talks, state=state) as running:
        with running.client() as asking:
            ids = jobs_of(asking).values()
            assert not any(state.rglob("jobs/*"))  # there may be thousands
            for job_id in ids:
                asking.get(f"/api/jobs/{job_id}/cues")
        assert any(state.rglob("media.json"))
        assert state.stat().st_mode & 0o77 == 0
        assert running.ended(signal.SIGINT) == ExitCode.OK
    assert {path.name for path in state.rglob("*") if path.is_file()} == {"lock"}


@pytest.mark.skipif(machines.this_machine() is None, reason="no filters here")
def test_it_reaches_nobody(client: httpx.Client) -> None:
    """Its walls stand, which it puts up by itself once its sockets are open."""
    assert client.get("/healthz").json()["sandbox"] == "on"


def test_models_are_loaded_when_they_are_asked_for(client: httpx.Client) -> None:
    """Nothing is loaded to correct what was heard; a stretch heard again loads them."""
    assert client.get("/healthz").json()["state"] == "unloaded"
    job_id = jobs_of(client)["a.wav"]
    answer = client.post(f"/api/jobs/{job_id}/hear", json={"start_ms": 0, "end_ms": 5000})
    assert answer.is_success, answer.text
    assert answer.json()["text"]
    assert client.get("/healthz").json()["state"] == "ready"


def test_without_models_the_rest_goes_on(talks: Path, tmp_path: Path) -> None:
    """Whoever asks for words is told what to do; corrections are saved all the same."""
    home = tmp_path / "home"
    home.mkdir()
    engine = ("--model", "0.6b", "--vad", "energy")
    running = editing(talks, state=tmp_path / "state", engine=engine, home=home)
    with running as served, served.client() as client:
        job_id = jobs_of(client)["a.wav"]
        stretch = {"start_ms": 0, "end_ms": 5000}
        for name, more in (("hear", {}), ("align", {"text": "one"}), ("hear", {})):
            answer = client.post(f"/api/jobs/{job_id}/{name}", json=stretch | more)
            assert answer.status_code == httpx.codes.NOT_IMPLEMENTED, answer.text
            assert "qasr models pull" in answer.json()["error"]["message"]
        assert client.post("/api/load").is_success
        files = {"file": ("new.wav", (talks / "b.wav").read_bytes())}
        sent = client.post("/api/jobs", files=files).json()
        with client.stream("GET", f"/api/jobs/{sent['id']}/events") as events:
            assert "qasr models pull" in "".join(events.iter_text())
        assert patched(client, job_id, "All the same").is_success


def test_two_edits_of_one_folder_are_one_too_many(
    edited: Served, talks: Path, tmp_path: Path
) -> None:
    """The second is told to come later, by whatever name it calls it."""
    assert edited.process.poll() is None
    for name in (talks, talks / "a.srt"):
        ended = _run(name, state=tmp_path / "state")
        assert ended.returncode == ExitCode.TRY_LATER
        assert ended.stderr.endswith("another qasr edit has it open; close that one first\n")


def test_a_running_batch_is_told_at_the_start(talks: Path, tmp_path: Path) -> None:
    """Nothing is opened meanwhile."""
    with Store(str(talks)).lock():
        ended = _run(talks, state=tmp_path / "state")

    assert ended.returncode == ExitCode.TRY_LATER
    assert ended.stderr.count("\n") == 1
    assert "a batch is at work there" in ended.stderr


def test_what_cannot_be_edited_is_a_mistake(tmp_path: Path) -> None:
    """One line, and the code of a wrong command line."""
    ended = _run(tmp_path / "gone", state=tmp_path / "state")

    assert ended.returncode == ExitCode.USAGE
    assert ended.stderr == f"qasr: {tmp_path}/gone: there is no such file\n"


def _run(path: Path, *, state: Path) -> subprocess.CompletedProcess[str]:
    line = command(str(path), state=state)
    return subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_nobody_speaks_into_it(edited: Served) -> None:
    """What is said would be removed at its end: `/live` is not there."""
    with pytest.raises(InvalidStatus) as refused, speaking(edited):
        pass
    assert refused.value.response.status_code == httpx.codes.FORBIDDEN


def test_the_worst_come_first(tmp_path: Path, write_wav: WriteWav) -> None:
    """In the list, on standard error, and the minutes of each; damage is said and left out."""
    folder = tmp_path / "talks"
    for name in ("a", "b", "c"):
        write_wav(folder / f"{name}.wav", [(1.0, 1.7), (3.0, 3.7)], 5.0)
    assert run_batch(folder) == 0
    _doubt(folder / ".qasr/results/b.wav.json")
    (folder / ".qasr/results/c.wav.json").write_text("{}")

    with editing(folder, state=tmp_path / "state") as running, running.client() as client:
        jobs = client.get("/api/jobs").json()["jobs"]
        assert [job["name"] for job in jobs] == ["b.wav", "a.wav"]
        assert jobs[0]["doubt"] > jobs[1]["doubt"] == 0
        (minute,) = client.get(f"/api/jobs/{jobs[0]['id']}/review").json()["minutes"]
        assert minute["words"] == pytest.approx(jobs[0]["doubt"], abs=0.01)
        assert [reason["kind"] for reason in minute["reasons"]] == ["loop"]
        log = running.log.read_text()
    assert "2 recordings to correct; to listen to again: 1\n" in log
    assert "words in doubt: b.wav" in log
    assert "failed   " in log
    assert "c.wav.json" in log


def _doubt(result: Path) -> None:
    """Have a result say that a loop was cut in its first clip."""
    head, rest = result.read_text().split(",\n", 1)
    document = json.loads("{" + rest)
    document["clips"][0]["repetition"] = True
    result.write_text(f"{head},\n{json.dumps(document)[1:]}\n")
