"""Jobs are sent, end, show their results, and go."""

from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.api.single import transcribe
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.formats.registry import EXTRA_FORMAT_NAMES, FORMAT_NAMES
from qasr_cli.formats.rendering import render
from qasr_cli.options import EngineOptions, Options
from tests.serve.conftest import Serve, Served
from tests.serve.jobs.conftest import done, sent, until

FAKE = Options(engine=EngineOptions(engine="fake"))


def test_a_job_ends_with_what_is_known_of_it(client: httpx.Client, recordings: Path) -> None:
    """A job that is done says its name, length, language and warnings."""
    job = done(client, recordings / "announcement.wav")
    assert job | {"id": ""} == {
        "id": "",
        "name": "announcement.wav",
        "state": "done",
        "progress": 1.0,
        "done_s": 4.475,
        "duration_s": job["done_s"],
        "eta_s": 0.0,
        "position": None,
        "error": None,
        "language": "English",
        "profile": None,
        "warnings": [],
        "has_recording": True,
        "playable": True,
        "in_place": False,
        "reviewed": None,
        "doubt": 0.0,
    }
    assert job in client.get("/api/jobs").json()["jobs"]


@pytest.mark.slow
def test_results_are_those_of_the_command(
    demo_service: Served, recordings: Path, tmp_path: Path
) -> None:
    """A result is, in every format and byte for byte, what `qasr transcribe` writes."""
    from qasr_cli.cli.main import run

    recording = recordings / "two-languages.opus"
    names = (*FORMAT_NAMES, *EXTRA_FORMAT_NAMES)
    command = ["transcribe", str(recording), "--model", "demo", "--device", "cpu", "--quiet"]
    # The result itself names the formats that were asked for with it.
    others = ",".join(name for name in names if name != "json")
    for formats in (others, "json"):
        assert run([*command, "-f", formats, "-o", str(tmp_path)]) == 0
    with demo_service.client() as client:
        job = done(client, recording)
        different = []
        for name in names:
            answer = client.get(f"/api/jobs/{job['id']}/result.{name}")
            saved_as = answer.headers["content-disposition"].split('"')[1]
            different += [name] * (answer.content != (tmp_path / saved_as).read_bytes())
        assert different == []


def test_settings_are_kept(client: httpx.Client, recordings: Path) -> None:
    """What the form asks for holds for the words and for the subtitles."""
    recording = recordings / "announcement.wav"
    job = done(client, recording, language="de", hotwords="Qwen, qasr", profile="plain")
    options = Options(
        engine=EngineOptions(engine="fake", language="de"), cue=CueOptions(style=STYLES["plain"])
    )
    expected = render(transcribe(recording, options), "srt", options)
    assert client.get(f"/api/jobs/{job['id']}/result.srt").text == expected
    heard = client.get(f"/api/jobs/{job['id']}/result.json").json()
    assert heard["settings"]["context"]["hotwords"] == ["Qwen", "qasr"]
    assert (heard["language"], heard["file"]) == ("German", "announcement.wav")


def test_a_text_makes_it_an_alignment(client: httpx.Client, recordings: Path) -> None:
    """With a text a job has that text, and the times at which it is spoken."""
    job = done(client, recordings / "announcement.wav", text="word1 word2, Word3!")
    text = client.get(f"/api/jobs/{job['id']}/result.txt").text
    assert text.split() == ["word1", "word2,", "Word3!"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"language": "klingon"}, "language"),
        ({"channels": "both"}, "channels"),
        ({"profile": "style.toml"}, "profile"),
        ({"text": "... ?"}, "text"),
        ({"text": "word1", "channels": "split"}, "channels"),
    ],
)
def test_what_cannot_be_had_is_no_job(
    client: httpx.Client, recordings: Path, fields: dict[str, str], param: str
) -> None:
    """A wrong field is refused at once, by its name, and leaves no job."""
    before = client.get("/api/jobs").json()
    files = {"file": ("a.wav", (recordings / "announcement.wav").read_bytes())}
    answer = client.post("/api/jobs", files=files, data=fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert client.get("/api/jobs").json() == before


def test_a_failed_job_says_why(client: httpx.Client, recordings: Path) -> None:
    """A job that fails keeps its error, with the sender's name for the recording."""
    job_id = sent(client, recordings / "damaged" / "truncated.mp4", name="C:\\films\\my film.mp4")
    job = until(client, job_id["id"], {"failed"})
    assert job["error"]["code"] == "decode_error"
    assert job["error"]["message"].startswith("my film.mp4: cannot be decoded: ")
    answer = client.get(f"/api/jobs/{job['id']}/result.srt")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "job_failed")


def test_equal_jobs_are_done_once(fake_service: Served, recordings: Path) -> None:
    """Who sends the same recording with the same settings has the result at once."""
    recording = recordings / "chinese.flac"
    with fake_service.client() as client:
        first = done(client, recording)
        second = sent(client, recording, name="again.flac")
        assert (second["state"], second["name"]) == ("done", "again.flac")
        assert sent(client, recording, language="en")["state"] != "done"
        assert client.delete(f"/api/jobs/{first['id']}").status_code == 204
        answer = client.get(f"/api/jobs/{second['id']}/result.json")
        assert answer.json()["file"] == "again.flac"
    media = fake_service.state / "jobs" / second["id"] / "media.recording"
    assert media.read_bytes() == recording.read_bytes()


def test_a_removed_job_is_gone(fake_service: Served, recordings: Path) -> None:
    """A job that is removed, at work or done, leaves nothing on the disk."""
    with fake_service.client() as client:
        for states in ({"decoding", "working"}, {"done"}):
            job_id = sent(client, recordings / "meeting.opus", hotwords=str(states))["id"]
            until(client, job_id, states)
            assert client.delete(f"/api/jobs/{job_id}").status_code == 204
            assert client.get(f"/api/jobs/{job_id}").status_code == 404
            assert not (fake_service.state / "jobs" / job_id).exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/events"),
        ("GET", "/result.srt"),
        ("GET", "/cues"),
        ("PATCH", "/cues"),
        ("GET", "/peaks"),
        ("GET", "/media"),
    ],
)
def test_unknown_jobs(client: httpx.Client, method: str, path: str) -> None:
    """No route finds anything but jobs by their ids."""
    for name in ("AAAAAAAAAAAAAAAAAAAAAA", "%2e%2e%2f%2e%2e%2fuploads"):
        answer = client.request(method, f"/api/jobs/{name}{path}", content=b"{}")
        assert answer.status_code in {404, 405}, name


def test_formats_that_are_none(client: httpx.Client, recordings: Path) -> None:
    """A format that does not exist is refused, and those that do are named."""
    job = done(client, recordings / "announcement.wav")
    answer = client.get(f"/api/jobs/{job['id']}/result.mp3")
    assert answer.status_code == 404
    assert "srt, vtt, json" in answer.json()["error"]["message"]


def test_names_are_no_headers(client: httpx.Client, recordings: Path) -> None:
    """Whatever a recording is called, its result is saved under a safe name."""
    job = done(client, recordings / "announcement.wav", name='会议 "1";\\x.wav')
    assert job["name"] == "x.wav"
    job = done(client, recordings / "announcement.wav", name="会议 'é';.wav")
    answer = client.get(f"/api/jobs/{job['id']}/result.srt")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"__ '_';.srt\"; "
        "filename*=UTF-8''%E4%BC%9A%E8%AE%AE%20%27%C3%A9%27%3B.srt"
    )


def test_a_full_queue(serve: Serve, recordings: Path) -> None:
    """Where every place is taken a job is refused before it arrives, and told when to come."""
    with serve("--max-jobs", "1") as running, running.client() as client:
        job = sent(client, recordings / "meeting.opus")
        files = {"file": ("a.wav", b"RIFF")}
        answer = client.post("/api/jobs", files=files)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_full")
        assert int(answer.headers["retry-after"]) >= 1
        client.delete(f"/api/jobs/{job['id']}")
        done(client, recordings / "announcement.wav")


def test_the_rest_waits_in_order(serve: Serve, recordings: Path) -> None:
    """So many jobs are at work as there are places; the others say where in the queue they are."""
    with serve("--max-requests", "1") as running, running.client() as client:
        ids = [sent(client, recordings / "meeting.opus", hotwords=f"n{n}")["id"] for n in range(3)]
        jobs = client.get("/api/jobs").json()["jobs"]
        assert [job["id"] for job in jobs] == ids
        assert [job["position"] for job in jobs] == [None, 1, 2]
        assert [job["state"] for job in jobs][1:] == ["queued", "queued"]
        client.delete(f"/api/jobs/{ids[0]}")
        until(client, ids[1], {"decoding", "working"})


def test_ended_jobs_are_kept_for_a_while(serve: Serve, recordings: Path) -> None:
    """A job goes, with all it has on the disk, when it was kept so long as it was to be."""
    with serve("--keep", "2s") as running, running.client() as client:
        job_id = sent(client, recordings / "announcement.wav")["id"]
        folder = running.state / "jobs" / job_id
        assert folder.exists()
        while client.get(f"/api/jobs/{job_id}").status_code == httpx.codes.OK:
            pass
        while folder.exists():
            pass
