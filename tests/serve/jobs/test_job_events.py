"""What is new of jobs is told as it comes, in one stream or in many."""

import asyncio
import json
from pathlib import Path

import httpx2 as httpx

from qasr_cli.serve.jobs.events import News, told
from tests.serve.conftest import Serve, Served
from tests.serve.jobs.conftest import done, events_of, sent


def test_a_job_tells_all_of_its_life(client: httpx.Client, recordings: Path) -> None:
    """States, progress and every sentence come in order; the end comes last, and ends it."""
    job_id = sent(client, recordings / "meeting.opus", hotwords="life")["id"]
    with client.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(answer))
    numbers = [number for number, _, _ in events]
    assert numbers == sorted(set(numbers))
    assert [kind for _, kind, _ in events][-2:] == ["state", "done"]
    assert {"state", "progress", "segment"} <= {kind for _, kind, _ in events}
    shares = [content["progress"] for _, kind, content in events if kind == "progress"]
    assert shares == sorted(shares)
    texts = [content["text"] for _, kind, content in events if kind == "segment"]
    assert " ".join(texts).split() == client.get(f"/api/jobs/{job_id}/result.txt").text.split()


def test_a_stream_goes_on_where_it_broke_off(client: httpx.Client, recordings: Path) -> None:
    """Who names the last event that was seen gets what came after; at the end, nothing at all."""
    job_id = sent(client, recordings / "meeting.opus", hotwords="again")["id"]
    path = f"/api/jobs/{job_id}/events"
    seen = []
    with client.stream("GET", path) as answer:
        for event in events_of(answer):
            seen.append(event)
            if event[1] == "segment":
                break
    with client.stream("GET", path, headers={"Last-Event-ID": str(seen[-1][0])}) as answer:
        rest = list(events_of(answer))
    assert rest[0][0] > seen[-1][0]
    texts = [content.get("text") for _, _, content in (*seen, *rest)]
    heard = client.get(f"/api/jobs/{job_id}/result.txt").text
    assert " ".join(filter(None, texts)).split() == heard.split()
    last = {"Last-Event-ID": str(rest[-1][0])}
    assert client.get(path, headers=last).status_code == httpx.codes.NO_CONTENT


def test_one_stream_for_all_jobs(client: httpx.Client, recordings: Path) -> None:
    """One stream tells of every job, those to come and those that are removed."""
    first = done(client, recordings / "announcement.wav", hotwords="all")
    with client.stream("GET", "/api/events") as answer:
        events = events_of(answer)
        for _, kind, content in events:
            if kind == "done" and content["id"] == first["id"]:
                break
        second = sent(client, recordings / "announcement.wav", hotwords="all of them")
        kinds = []
        for _, kind, content in events:
            if content["id"] == second["id"]:
                kinds.append(kind)
            if kind == "done" and content["id"] == second["id"]:
                break
        assert kinds[-1] == "done"
        client.delete(f"/api/jobs/{first['id']}")
        for _, kind, content in events:
            if kind == "state" and content["id"] == first["id"]:
                assert content["state"] == "cancelled"
                break


def test_streams_end_with_the_service(serve: Serve) -> None:
    """An open stream does not keep the service from ending."""
    with serve() as running, running.client() as client, client.stream("GET", "/api/events") as it:
        running.process.terminate()
        assert list(events_of(it)) == []
        assert running.process.wait(60) == 143


def test_failures_are_told(fake_service: Served, recordings: Path) -> None:
    """A job that fails tells its error, and ends the stream."""
    with fake_service.client() as client:
        job_id = sent(client, recordings / "damaged" / "truncated.mp4")["id"]
        with client.stream("GET", f"/api/jobs/{job_id}/events") as answer:
            _, kind, content = list(events_of(answer))[-1]
    assert (kind, content["error"]["code"]) == ("error", "decode_error")


def test_of_what_was_overtaken_only_the_newest_is_told() -> None:
    """A stream that is behind gets the newest progress, and nothing of before."""

    async def listen() -> list[str]:
        news = News(0)
        numbers: list[int] = []

        def happen() -> None:
            for _ in range(100):
                numbers[:] = [news.take_number()]

        happen()
        stream = told(
            news,
            0,
            lambda after: [(n, "progress", {}) for n in numbers if n > after],
            is_at_end=lambda: news.number == 200,
        )
        lines = [await anext(stream), await anext(stream)]
        happen()
        return [*lines, *[line async for line in stream]]

    retry, *events = asyncio.run(listen())
    assert retry == "retry: 2000\n\n"
    assert [event.splitlines()[0] for event in events] == ["id: 100", "id: 200"]
    assert json.loads(events[0].splitlines()[2].removeprefix("data: ")) == {}
