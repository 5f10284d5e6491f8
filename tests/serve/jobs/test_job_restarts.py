"""Jobs outlive the process that took them."""

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import httpx2 as httpx

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost, EngineError
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import EngineOptions, Options
from qasr_cli.serve.jobs.all_jobs import JobLimits, Jobs
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.deaths import MOST_DEATHS, begin, deaths_of
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.jobs.job import Job, JobState
from qasr_cli.serve.models.shared_engine import SharedEngine
from tests.serve.conftest import Serve, Served
from tests.serve.jobs.conftest import ENDED, done, events_of, sent, until

LIMITS = JobLimits(most_count=10, at_once_count=4, keep_s=3600.0)


def _heard_s(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    (line,) = [each for each in lines if each.startswith("qasr_sound_seconds_total ")]
    return float(line.split()[1])


def _stopped_at_work(running: Served, recordings: Path, number: int) -> tuple[str, int]:
    """The id of a job of which some was heard when the service ended, and the exit code."""
    with running.client() as client:
        job_id = sent(client, recordings / "meeting.opus")["id"]
        with client.stream("GET", f"/api/jobs/{job_id}/events") as answer:
            for _, kind, content in events_of(answer):
                if kind == "progress" and content["progress"] > 0.3:
                    break
    return job_id, running.ended(number)


def test_a_killed_job_goes_on_where_it_was(
    serve: Serve, fake_service: Served, recordings: Path
) -> None:
    """After SIGKILL a job goes on at the clip it had come to; the result is that of one life."""
    with fake_service.client() as client:
        job = done(client, recordings / "meeting.opus")
        undisturbed = client.get(f"/api/jobs/{job['id']}/result.json").content
        whole_s = _heard_s(client)
    with serve() as running:
        job_id, code = _stopped_at_work(running, recordings, signal.SIGKILL)
    assert code == -signal.SIGKILL
    with serve() as running, running.client() as client:
        with client.stream("GET", f"/api/jobs/{job_id}/events") as answer:
            texts = [content["text"] for _, kind, content in events_of(answer) if kind == "segment"]
        assert until(client, job_id, ENDED)["state"] == "done"
        assert client.get(f"/api/jobs/{job_id}/result.json").content == undisturbed
        text = client.get(f"/api/jobs/{job_id}/result.txt").text
        assert " ".join(texts).split() == text.split()
        assert _heard_s(client) < 0.8 * whole_s


def test_a_service_that_ends_loses_no_job(serve: Serve, recordings: Path) -> None:
    """At SIGTERM a job ends at a clip, without a mark that it were to blame; then it goes on."""
    with serve() as running:
        job_id, code = _stopped_at_work(running, recordings, signal.SIGTERM)
        folder = running.state / "jobs" / job_id
    assert code == 143
    assert not (folder / "begun.json").exists()
    assert list((folder / ".qasr" / "spool").iterdir())
    with serve() as running, running.client() as client:
        job = until(client, job_id, ENDED)
        assert (job["state"], job["name"]) == ("done", "meeting.opus")
        assert {path.name for path in folder.iterdir()} == {
            *("job.json", "end.json", "media.json", "media.recording")
        }


def test_ended_jobs_are_still_there(serve: Serve, recordings: Path) -> None:
    """Results, errors and edits of ended jobs are those of before; and none is begun again."""
    cues = {"cues": [{"start_ms": 0, "end_ms": 500, "text": "Edited", "speaker": None}]}
    with serve() as running, running.client() as client:
        good = done(client, recordings / "announcement.wav")
        path = f"/api/jobs/{good['id']}"
        assert client.patch(f"{path}/cues", json=cues, headers={"If-Match": "*"}).is_success
        bad_id = sent(client, recordings / "damaged" / "truncated.mp4")["id"]
        bad = until(client, bad_id, ENDED)
        etag = client.get(f"{path}/cues").headers["etag"]
    with serve() as running, running.client() as client:
        listed = [job["id"] for job in client.get("/api/jobs").json()["jobs"]]
        assert [client.get(f"/api/jobs/{job_id}").json() for job_id in listed] == [good, bad]
        assert client.get(f"{path}/cues").json() == cues
        assert client.get(f"{path}/cues").headers["etag"] == etag
        assert sent(client, recordings / "announcement.wav")["state"] == "done"
        assert _heard_s(client) == 0


def test_what_was_never_accepted_is_swept(serve: Serve, recordings: Path) -> None:
    """Half of a job is removed at the start, a damaged one says so, strangers stay."""
    with serve() as running, running.client() as client:
        job_id = done(client, recordings / "announcement.wav")["id"]
        jobs = running.state / "jobs"
    shutil.copytree(jobs / job_id, jobs / ("A" * 22))
    (jobs / ("A" * 22) / "job.json").unlink()
    shutil.copytree(jobs / job_id, jobs / ("B" * 22))
    (jobs / ("B" * 22) / "job.json").write_text('{"name": 5}')
    (jobs / "lost+found").mkdir()
    with serve() as running, running.client() as client:
        found = {job["id"]: job for job in client.get("/api/jobs").json()["jobs"]}
        assert found.keys() == {job_id, "B" * 22}
        assert found["B" * 22]["error"]["code"] == "damaged"
        client.delete(f"/api/jobs/{'B' * 22}")
    assert {path.name for path in jobs.iterdir()} == {job_id, "lost+found"}


# --- with models that break ---------------------------------------------------------------------


class _Breaking(FakeEngine):
    """Loads, and breaks at the first clip."""

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Break, but for the silence with which it is loaded."""
        for clip in clips:
            if clip.clip_id != "warm-up":
                raise DeviceLost("cuda:0", "it fell off")
            yield from super().run([clip])


def _all_ended(jobs: Jobs) -> bool:
    return all(job.end is not None for job in jobs.register)


def _lived(
    root: Path, engine: FakeEngine, *, is_over: Callable[[Jobs], bool] = _all_ended
) -> list[Job]:
    """The jobs of a folder after a life of the service, which ends with its jobs or models."""

    async def live() -> list[Job]:
        clock, loop = system_clock(), asyncio.get_running_loop()

        def note_lost(_: EngineError) -> None:
            loop.call_soon_threadsafe(jobs.news.end)

        shared = SharedEngine(engine, clock=clock, turn_s=2.0, on_lost=note_lost)
        options = Options(engine=EngineOptions(engine="fake"))
        jobs = Jobs(str(root), shared=shared, options=options, limits=LIMITS, clock=clock)
        jobs.open()
        shared.start()
        while not jobs.news.is_over and not is_over(jobs):
            await jobs.news.wait()
        jobs.close()
        shared.close()
        return list(jobs.register)

    return asyncio.run(live())


def _job_in(root: Path, recording: Path, *, number: int = 1) -> JobFolder:
    root.mkdir(exist_ok=True)
    upload = root.parent / "upload"
    shutil.copy(recording, upload)
    folder = JobFolder.new(str(root))
    asked = Asked(hotwords=(f"word{number}",))
    folder.take(str(upload), Accepted(name="a.wav", sha256="0", number=number, asked=asked))
    return folder


def test_lost_models_lose_no_job(tmp_path: Path, recordings: Path) -> None:
    """A job whose models are lost has not failed: another process does it."""
    folder = _job_in(tmp_path / "jobs", recordings / "announcement.wav")
    (job,) = _lived(tmp_path / "jobs", _Breaking())
    assert (job.end, deaths_of(folder)) == (None, 1)
    (job,) = _lived(tmp_path / "jobs", FakeEngine())
    assert (job.state, deaths_of(folder)) == (JobState.DONE, 0)


def test_a_job_that_kills_is_left_out(tmp_path: Path, recordings: Path) -> None:
    """A job over which the service died again and again, and got no further, is not begun."""
    folder = _job_in(tmp_path / "jobs", recordings / "announcement.wav")
    for count in range(MOST_DEATHS):
        assert deaths_of(folder) == count
        _lived(tmp_path / "jobs", _Breaking())
    (job,) = _lived(tmp_path / "jobs", FakeEngine())
    assert job.end is not None
    assert job.end.error is not None
    assert job.end.error["code"] == "quarantined"


def test_getting_further_is_no_guilt(tmp_path: Path, recordings: Path) -> None:
    """A death after which more is known of a recording than before does not count."""
    folder = _job_in(tmp_path / "jobs", recordings / "announcement.wav")
    begin(folder, deaths=MOST_DEATHS - 1)
    spool = Path(folder.path) / ".qasr" / "spool"
    spool.mkdir(parents=True)
    (spool / "clips.jsonl").write_text("{}")
    assert deaths_of(folder) == 0


class _Held(FakeEngine):
    """Loads, and hears nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_hear = threading.Event()

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Its results, some day."""
        for clip in clips:
            if clip.clip_id != "warm-up":
                self.may_hear.wait()
            yield from super().run([clip])


def test_suspects_are_at_work_one_by_one(tmp_path: Path, recordings: Path) -> None:
    """Of jobs over which the service may have died one is at work, beside all others."""
    recording = recordings / "announcement.wav"
    folders = [_job_in(tmp_path / "jobs", recording, number=number) for number in range(1, 5)]
    for folder, deaths in zip(folders[:3], (2, 0, 4), strict=True):
        begin(folder, deaths=deaths)
    engine = _Held()
    states: list[list[str]] = []

    def look(jobs: Jobs) -> bool:
        if jobs.register.at_work_count:
            states.append([job.state for job in jobs.register])
            engine.may_hear.set()
        return all(job.end is not None for job in jobs.register)

    _lived(tmp_path / "jobs", engine, is_over=look)
    assert states[0] == ["queued", "decoding", "queued", "decoding"]
    for suspects in (seen[:3] for seen in states):
        assert sum(state in {"decoding", "working"} for state in suspects) <= 1


def test_kills_at_random_moments() -> None:
    """Whenever the service is killed, every job that was accepted ends once, and right."""
    loop = [sys.executable, "-m", "tools.serve_kill_loop", "--kills", "3"]
    ran = subprocess.run(loop, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ", 0 complaints" in ran.stdout
