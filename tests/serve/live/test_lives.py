"""Live sessions and their service: the end of it, its death, and those who leave."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from tests.serve.conftest import Serve, Served, served
from tests.serve.engines import PATIENCE_S
from tests.serve.live.speaking import bursts, session, speaking, texts_of

_TALK = bursts((0.9, 2.6), (4.0, 5.7), length_s=7.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that takes what is loud for speech."""
    with served(tmp_path_factory.mktemp("served"), "--vad", "energy") as running:
        yield running


def _jobs(client: httpx.Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/api/jobs").json()["jobs"]
    return found


def test_a_service_that_ends_writes_down_what_was_said(serve: Serve) -> None:
    """Who speaks is told the rest and where it is; the next process has it."""
    with serve("--vad", "energy") as service, session(service, partials=False) as speaker:
        speaker.send(_TALK[: 16_000 * 2])
        time.sleep(0.2)  # on its way
        service.process.send_signal(signal.SIGTERM)
        job_id = speaker.until("done")["job"]
        assert texts_of(speaker.finals()) == ["word1."]
        assert service.process.wait(PATIENCE_S) == 143
    with serve("--vad", "energy") as service, service.client() as client:
        assert [job["id"] for job in _jobs(client)] == [job_id]


def test_a_killed_service_has_what_was_final(tmp_path: Path) -> None:
    """The next process makes a job of it, with the sound as far as it was kept."""
    wished = {"partials": False, "keep_sound": True, "name": "Monday"}
    with served(tmp_path, "--vad", "energy") as service, session(service, **wished) as speaker:
        speaker.send(_TALK)
        speaker.until("times")
        speaker.until("times")
        service.process.kill()
        service.process.wait(PATIENCE_S)
    with served(tmp_path, "--vad", "energy") as service, service.client() as client:
        (job,) = _jobs(client)
        assert (job["name"], job["state"]) == ("Monday", "done")
        assert job["warnings"] == ["the session was ended before its end"]
        result = client.get(f"/api/jobs/{job['id']}/result.json").json()
        assert result["text"] == "word1 word2. word4 word5."
        assert client.get(f"/api/jobs/{job['id']}").json()["playable"] is True
        assert os.listdir(service.state / "live") == []
    with served(tmp_path, "--vad", "energy") as service, service.client() as client:
        assert [each["id"] for each in _jobs(client)] == [job["id"]]


def test_a_service_killed_before_anything_was_said(tmp_path: Path) -> None:
    """Nothing stays of it."""
    with served(tmp_path) as service, session(service):
        service.process.kill()
        service.process.wait(PATIENCE_S)
        assert len(os.listdir(service.state / "live")) == 1
    with served(tmp_path) as service, service.client() as client:
        assert _jobs(client) == []
        assert os.listdir(service.state / "live") == []


def _threads(service: Served) -> list[str]:
    tasks = Path(f"/proc/{service.process.pid}/task")
    return [name for each in tasks.iterdir() if "live" in (name := (each / "comm").read_text())]


def test_who_leaves_in_the_middle_leaves_nothing(serve: Serve) -> None:
    """Once the session is stopped, no thread, file or reader of it is there."""
    with serve("--vad", "energy") as service:
        with session(service, partials=False) as speaker:
            speaker.send(_TALK)
            speaker.until("final")
            session_id = speaker.heard[0]["session"]
        # As the minute in which they may come back would.
        with speaking(service) as again:
            again.say(type="start", session=session_id)
            again.say(type="stop")
            job_id = again.until("done")["job"]
        assert _threads(service) == []
        assert os.listdir(service.state / "live") == []
        with service.client() as client:
            numbers = client.get("/metrics").text
            client.delete(f"/api/jobs/{job_id}")
            assert "qasr_live_readers 0\n" in numbers
        assert os.listdir(service.state / "jobs") == []


def test_words_are_those_of_the_recording(demo_service: Served, recordings: Path) -> None:
    """Said live, a recording has the words that it has as a file."""
    path = recordings / "interview.wav"
    pcm, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    with session(demo_service, rate=rate_hz) as speaker:
        speaker.send(np.ascontiguousarray(pcm[:, 0]))
        speaker.say(type="stop")
        speaker.until("done")
    with demo_service.client() as client, path.open("rb") as audio:
        whole = client.post("/transcribe", files={"audio": audio}).json()
    assert " ".join(texts_of(speaker.finals())) == whole["text"]


def test_models_at_rest_are_loaded_for_who_speaks(service: Served) -> None:
    """Ready is said once they are here; what is spoken before is heard all the same."""
    with service.client() as client:
        client.post("/api/unload")
        while client.get("/healthz").json()["state"] != "unloaded":
            time.sleep(0.01)
        with speaking(service) as speaker:
            speaker.say(type="start", partials=False)
            speaker.send(_TALK)
            speaker.until("ready")
            assert client.get("/healthz").json()["state"] in {"ready", "busy"}
            speaker.say(type="stop")
            speaker.until("done")
            assert texts_of(speaker.finals()) == ["word1 word2.", "word4 word5."]


def test_what_is_damaged_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """A session's folder that says nothing is removed, one that cannot be read is left."""
    for name, content in (("empty", None), ("torn", "{"), ("other", '{"name": 1}')):
        folder = tmp_path / "state" / "live" / name
        folder.mkdir(parents=True)
        if content is not None:
            (folder / "session.json").write_text(content)
    with served(tmp_path) as service, service.client() as client:
        assert _jobs(client) == []
        assert sorted(os.listdir(service.state / "live")) == ["other", "torn"]


def test_the_example_is_a_client(service: Served, recordings: Path) -> None:
    """It prints what is said, and where the whole is."""
    example = recordings.parent / "serve" / "live_client.py"
    url = service.url.replace("http", "ws") + "/live"
    ran = subprocess.run(
        [sys.executable, str(example), url],
        input=_TALK.tobytes(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )
    first, second, where = ran.stdout.decode().splitlines()
    assert first.split(maxsplit=1)[1] == "word1 word2."
    assert second.split(maxsplit=1)[1] == "word4 word5."
    with service.client() as client:
        result = client.get(httpx.URL(where).path).text
    assert "word1 word2." in result
