"""A stretch of a job's recording, heard or timed once more."""

import os
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.serve.conftest import Served
from tests.serve.jobs.conftest import done

STRETCH = {"start_ms": 1000, "end_ms": 3000}


@pytest.fixture
def job(client: httpx.Client, recordings: Path) -> str:
    """Where a job is that is done."""
    return f"/api/jobs/{done(client, recordings / 'announcement.wav')['id']}"


def test_a_text_gets_the_times_of_its_stretch(client: httpx.Client, job: str) -> None:
    """All of its words, in order, inside the stretch, at the times of the whole recording."""
    asked = STRETCH | {"text": "Hello, new\nwords here!", "language": "en"}
    answer = client.post(f"{job}/align", json=asked)
    assert answer.status_code == httpx.codes.OK, answer.text
    found = answer.json()
    assert [each["word"] for each in found["words"]] == ["Hello,", "new", "words", "here!"]
    times_ms = [word[name] for word in found["words"] for name in ("start_ms", "end_ms")]
    assert [1000, *times_ms, 3000] == sorted([1000, *times_ms, 3000])
    assert (found["language"], found["text"]) == ("English", "Hello, new words here!")
    assert found["timing"] == "aligned"


def test_a_stretch_is_heard_again(fake_service: Served, job: str) -> None:
    """Text, words and cues come at the times of the recording; the job stays as it was."""
    with fake_service.client() as client:
        before = client.get(f"{job}/result.json").content
        answer = client.post(f"{job}/hear", json=STRETCH)
        assert answer.status_code == httpx.codes.OK, answer.text
        found = answer.json()
        assert found["words"]
        assert found["text"].split() == [word["word"] for word in found["words"]]
        for each in (*found["words"], *found["cues"]):
            assert 1000 <= each["start_ms"] <= each["end_ms"] <= 3000
        shown = " ".join(cue["text"].replace("\n", " ") for cue in found["cues"])
        assert shown == found["text"]
        assert client.get(f"{job}/result.json").content == before
        assert client.post(f"{job}/hear", json=STRETCH).json() == found
    assert not [name for name in _files(fake_service.state) if "stretch-" in name]


def _files(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names]


def test_a_video_is_heard_where_it_is_asked(client: httpx.Client, recordings: Path) -> None:
    """Whatever the recording is, and in the language that is named."""
    job = f"/api/jobs/{done(client, recordings / 'clip.mp4')['id']}"
    end_ms = int(client.get(job).json()["duration_s"] * 1000)
    asked = {"start_ms": end_ms - 900, "end_ms": end_ms + 5000, "language": "German"}
    found = client.post(f"{job}/hear", json=asked)
    assert found.status_code == httpx.codes.OK, found.text
    assert found.json()["language"] in {"German", None}
    found = client.post(f"{job}/align", json=asked | {"text": "eins zwei"}).json()
    assert end_ms - 900 <= found["words"][0]["start_ms"] <= found["words"][-1]["end_ms"] <= end_ms


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, None),
        ([], None),
        ({"start_ms": 5, "end_ms": 5}, "end_ms"),
        ({"start_ms": 0, "end_ms": 120_001}, "end_ms"),
        ({"start_ms": -1, "end_ms": 5}, None),
        ({"start_ms": 10**9, "end_ms": 10**9 + 5}, "start_ms"),
        (STRETCH | {"language": "Klingon"}, "language"),
        (STRETCH | {"text": " ... "}, "text"),
        (STRETCH | {"text": "a" * 20_001}, "text"),
    ],
)
def test_what_is_no_stretch(
    client: httpx.Client,
    job: str,
    asked: Any,  # noqa: ANN401  # any JSON
    param: str | None,
) -> None:
    """Bounds, language and text that make no sense are refused by their names."""
    texts = {"text": "Hello"} | asked if isinstance(asked, dict) else asked
    answer = client.post(f"{job}/align", json=texts)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    if param != "text":
        answer = client.post(f"{job}/hear", json=asked)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_no_stretch_of_what_is_not_there(client: httpx.Client) -> None:
    """A job that is gone is said to be."""
    assert client.post("/api/jobs/none/hear", json=STRETCH).status_code == httpx.codes.NOT_FOUND
