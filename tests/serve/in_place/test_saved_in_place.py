"""The user's own files as jobs: corrected over HTTP, saved where they stand."""

import json
import signal
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.run.state.store import Store
from tests.saved.in_place.conftest import contents, run_batch
from tests.serve.conftest import Served
from tests.serve.in_place.edits import editing, jobs_of, patched

_SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n"


def test_every_recording_is_a_job_that_is_done(client: httpx.Client, talks: Path) -> None:
    """It is told as the user's own, and no answer has a path in it."""
    choices = client.get("/api/choices").json()
    assert choices["editing"] == {"name": "talks"}
    jobs = client.get("/api/jobs").json()["jobs"]
    assert [(job["name"], job["state"], job["in_place"]) for job in jobs] == [
        ("a.wav", "done", True),
        ("b.wav", "done", True),
    ]
    assert [job["duration_s"] for job in jobs] == [10.0, 5.0]
    for job in jobs:
        base = f"/api/jobs/{job['id']}"
        answers = [client.get(base), client.get(f"{base}/cues"), client.get(f"{base}/review")]
        answers += [client.get(f"{base}/result.{name}") for name in ("srt", "json", "txt")]
        for answer in answers:
            assert answer.is_success, answer.text
            assert str(talks.parent) not in answer.text
    media = client.get(f"/api/jobs/{jobs[0]['id']}/media", headers={"Range": "bytes=0-3"})
    assert media.content == b"RIFF"
    assert client.get(f"/api/jobs/{jobs[0]['id']}/peaks").is_success


def test_looking_changes_nothing(client: httpx.Client, talks: Path) -> None:
    """Whatever is asked for; and an edit that says the same writes nothing either."""
    before = contents(talks)
    for job_id in jobs_of(client).values():
        for name in ("cues?lint=true", "review", "result.vtt", "peaks", "media"):
            assert client.get(f"/api/jobs/{job_id}/{name}").is_success
        path = f"/api/jobs/{job_id}/cues"
        found = client.get(path)
        same = client.patch(path, json=found.json(), headers={"If-Match": found.headers["etag"]})
        assert same.json() == found.json()

    assert contents(talks) == before


def test_downloads_are_what_stands_on_the_disk(client: httpx.Client, talks: Path) -> None:
    """Before an edit and after it, byte for byte."""
    job_id = jobs_of(client)["a.wav"]
    names = ("srt", "vtt", "ass", "txt", "md", "json")
    for text in (None, "Corrected\nby hand"):
        if text is not None:
            assert patched(client, job_id, text).is_success
        for name in names:
            answer = client.get(f"/api/jobs/{job_id}/result.{name}")
            assert answer.content == (talks / f"a.{name}").read_bytes(), (name, text)


def test_an_edit_outlives_the_process_and_the_next_batch(
    edited: Served, client: httpx.Client, talks: Path, tmp_path: Path
) -> None:
    """Once it is acknowledged, nothing that happens to the process loses it."""
    answer = patched(client, jobs_of(client)["a.wav"], "Corrected by hand")
    assert answer.is_success
    assert edited.ended(signal.SIGKILL) == -signal.SIGKILL
    assert "Corrected by hand" in (talks / "a.srt").read_text()
    before = contents(talks)

    assert run_batch(talks) == 0

    assert contents(talks) == before
    left = list((tmp_path / "state").rglob("media.json"))
    assert left
    with editing(talks, state=tmp_path / "state") as again, again.client() as asking:
        assert not any(path.exists() for path in left)
        cues = asking.get(f"/api/jobs/{jobs_of(asking)['a.wav']}/cues").json()["cues"]
        assert cues[0]["text"] == "Corrected by hand"


def test_what_stands_for_the_users_files_is_not_removed(client: httpx.Client, talks: Path) -> None:
    """The page may ask for it; nothing happens."""
    before = contents(talks)
    answer = client.delete(f"/api/jobs/{jobs_of(client)['a.wav']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "in_place")
    assert "a.wav" in jobs_of(client)
    assert contents(talks) == before


def test_while_a_batch_runs_nothing_is_saved(client: httpx.Client, talks: Path) -> None:
    """It is refused for now, in words; afterwards it is saved."""
    job_id = jobs_of(client)["a.wav"]
    client.get(f"/api/jobs/{job_id}/cues")
    with Store(str(talks)).lock():
        refused = patched(client, job_id, "Too early")
        marked = client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": True})
    for answer in (refused, marked):
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert answer.json()["error"]["code"] == "batch_running"
        assert int(answer.headers["retry-after"]) > 0
        assert str(talks.parent) not in answer.text
    assert patched(client, job_id, "In time").is_success


@pytest.mark.parametrize("somebody_looked", [False, True])
def test_what_another_program_wrote_is_not_lost(
    client: httpx.Client, talks: Path, somebody_looked: bool
) -> None:
    """An edit of what was there before is refused; the next look shows what is there now."""
    job_id = jobs_of(client)["a.wav"]
    path = f"/api/jobs/{job_id}/cues"
    etag = client.get(path).headers["etag"]
    text = (talks / "a.srt").read_text()
    (talks / "a.srt").write_text(text.replace("word1", "first"))
    if somebody_looked:  # such as the same page, for something else
        client.get(path)

    refused = patched_blindly(client, path, etag)

    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "changed_elsewhere")
    shown = client.get(path)
    assert shown.json()["cues"][0]["text"].startswith("first")
    warnings = client.get(f"/api/jobs/{job_id}").json()["warnings"]
    assert warnings == ["a.srt was edited by another program: what it says is shown"]
    assert patched(client, job_id, "Agreed").is_success
    (talks / "a.srt").write_text(text)
    assert patched(client, job_id, "Mine", match="*").is_success
    assert "Mine" in (talks / "a.srt").read_text()


def patched_blindly(client: httpx.Client, path: str, etag: str) -> httpx.Response:
    """The answer to an edit by somebody who has not looked again."""
    cue = {"start_ms": 1000, "end_ms": 2000, "text": "Old", "speaker": None}
    return client.patch(path, json={"cues": [cue]}, headers={"If-Match": etag})


def test_a_touch_is_no_change(client: httpx.Client, talks: Path) -> None:
    """Whoever edited goes on: the files have other dates, and say the same."""
    job_id = jobs_of(client)["a.wav"]
    path = f"/api/jobs/{job_id}/cues"
    etag = client.get(path).headers["etag"]
    for name in ("a.srt", ".qasr/results/a.wav.json"):
        (talks / name).touch()

    assert patched_blindly(client, path, etag).is_success


def test_a_disk_that_takes_nothing_says_so(client: httpx.Client, talks: Path) -> None:
    """One sentence, without a path; what is there stays."""
    job_id = jobs_of(client)["a.wav"]
    client.get(f"/api/jobs/{job_id}/cues")
    (talks / ".qasr/lock").unlink()
    (talks / ".qasr/lock").mkdir()
    before = contents(talks)

    answer = patched(client, job_id, "Nowhere")

    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.json()["error"]["message"].startswith("a.wav: cannot be written: ")
    assert str(talks.parent) not in answer.text
    assert contents(talks) == before


def test_what_cannot_be_read_is_named(client: httpx.Client, talks: Path) -> None:
    """A folder in the place of an output; of a damaged result the sound is there all the same."""
    job_id = jobs_of(client)["a.wav"]
    (talks / "a.txt").unlink()
    (talks / "a.txt").mkdir()
    assert "a.wav: a.txt: Is a directory" in client.get(f"/api/jobs/{job_id}/cues").text
    (talks / ".qasr/results/a.wav.json").write_bytes(b"")
    answer = client.get(f"/api/jobs/{job_id}/cues")
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert "a.wav: its result is gone, or damaged; qasr batch FOLDER makes it anew" in answer.text
    assert any(client.get(f"/api/jobs/{job_id}/peaks").content)
    assert client.get(f"/api/jobs/{job_id}").json()["playable"] is True


def test_reviewed_is_kept(client: httpx.Client, talks: Path) -> None:
    """In the job, at the end of the list, and in the report, until it is taken back."""
    job_id = jobs_of(client)["a.wav"]

    marked = client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": True})

    assert marked.is_success
    moment = marked.json()["reviewed"]
    assert list(jobs_of(client)) == ["b.wav", "a.wav"]
    for _ in range(2):
        report = json.loads((talks / "processing_report.json").read_text())
        assert [detail.get("reviewed") for detail in report["details"]] == [moment, None]
        assert run_batch(talks) == 0
    back = client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": False})
    assert back.json()["reviewed"] is None
    wrong = client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": "yes"})
    assert wrong.status_code == httpx.codes.BAD_REQUEST


def test_reviewed_takes_in_what_was_edited_elsewhere(client: httpx.Client, talks: Path) -> None:
    """Who has looked it through has seen it: the result and the other outputs say it, too."""
    text = (talks / "a.srt").read_text()
    (talks / "a.srt").write_text(text.replace("word1", "first"))

    job_id = jobs_of(client)["a.wav"]
    assert client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": True}).is_success

    assert "first" in (talks / "a.txt").read_text()
    assert "first" in (talks / ".qasr/results/a.wav.json").read_text()


def test_subtitles_alone_are_saved_without_sound(tmp_path: Path) -> None:
    """Nothing else is made; and nobody keeps that they were reviewed."""
    (tmp_path / "talk.srt").write_text(_SRT)
    with (
        editing(tmp_path / "talk.srt", state=tmp_path / "state") as running,
        running.client() as client,
    ):
        job_id = jobs_of(client)["talk.srt"]
        assert patched(client, job_id, "Goodbye.").is_success
        for name in ("media", "peaks"):
            answer = client.get(f"/api/jobs/{job_id}/{name}")
            assert httpx.codes.is_client_error(answer.status_code), answer.text
        marked = client.post(f"/api/jobs/{job_id}/reviewed", json={"reviewed": True})
        assert (marked.status_code, marked.json()["error"]["code"]) == (409, "no_report")
    assert (tmp_path / "talk.srt").read_text() == _SRT.replace("Hello there.", "Goodbye.") + "\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state.log", "talk.srt"]
