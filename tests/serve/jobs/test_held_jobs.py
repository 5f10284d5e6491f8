"""Jobs that wait until somebody says that they are to begin, and those that begin once more."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import numpy as np
import soundfile

from tests.serve.conftest import Serve, Served
from tests.serve.jobs.conftest import done, sent, until


def test_a_held_job_waits_for_its_start(
    client: httpx.Client, recordings: Path, tmp_path: Path
) -> None:
    """Others pass it; its sound can be had before; then it is done as any other."""
    sound = np.full(83_279, 0.5, dtype=np.float32)
    soundfile.write(tmp_path / "held.wav", sound, 16_000)
    held = sent(client, tmp_path / "held.wav", held="true")
    assert (held["state"], held["position"]) == ("held", None)
    done(client, recordings / "announcement.wav")
    peaks = client.get(f"/api/jobs/{held['id']}/peaks", params={"columns": 4})
    assert peaks.headers["qasr-duration-s"] == "5.204937"
    assert client.get(f"/api/jobs/{held['id']}").json()["state"] == "held"
    assert client.get(f"/api/jobs/{held['id']}/result.srt").status_code == httpx.codes.CONFLICT

    started = client.post(f"/api/jobs/{held['id']}/start")

    assert started.status_code == httpx.codes.ACCEPTED
    assert until(client, held["id"], {"done"})["duration_s"] == 5.205
    again = client.post(f"/api/jobs/{held['id']}/start")
    assert (again.status_code, again.json()["state"]) == (httpx.codes.ACCEPTED, "done")
    assert client.post("/api/jobs/none/start").status_code == httpx.codes.NOT_FOUND


def test_held_is_held_in_another_process(serve: Serve, recordings: Path) -> None:
    """What was held when the process ended is held after it, and what was begun is not."""
    with serve() as running, running.client() as client:
        held = sent(client, recordings / "announcement.wav", held="yes")
        begun = sent(client, recordings / "announcement.mp3", held="1")
        client.post(f"/api/jobs/{begun['id']}/start")
    with serve() as running, running.client() as client:
        assert until(client, begun["id"], {"done"})
        assert client.get(f"/api/jobs/{held['id']}").json()["state"] == "held"
        assert client.delete(f"/api/jobs/{held['id']}").status_code == 204


def test_a_start_does_not_bring_back_what_is_removed(
    fake_service: Served, recordings: Path
) -> None:
    """Whichever of them comes first, nothing stays in the folder, and nothing is a bug."""
    recording = recordings / "announcement.wav"
    with fake_service.client() as client, ThreadPoolExecutor() as threads:
        for _ in range(8):
            path = f"/api/jobs/{sent(client, recording, held='true')['id']}"
            starting = [threads.submit(client.post, f"{path}/start") for _ in range(3)]
            assert client.delete(path).status_code == httpx.codes.NO_CONTENT
            codes = {answer.result().status_code for answer in starting}
            assert codes <= {httpx.codes.ACCEPTED, httpx.codes.NOT_FOUND}
            assert not (fake_service.state / path.removeprefix("/api/")).exists()


def test_what_has_failed_is_tried_again(client: httpx.Client, recordings: Path) -> None:
    """From its recording, which is still there; it fails again where that is why."""
    failed = sent(client, recordings / "damaged" / "truncated.mp4")
    until(client, failed["id"], {"failed"})
    events = client.get(f"/api/jobs/{failed['id']}/events").text

    started = client.post(f"/api/jobs/{failed['id']}/start")

    assert started.json()["error"] is None
    assert until(client, failed["id"], {"failed"})["error"]["code"] == "decode_error"
    assert client.get(f"/api/jobs/{failed['id']}/events").text != events
