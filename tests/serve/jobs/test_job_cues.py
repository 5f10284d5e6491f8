"""The subtitles of a job, edited."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.serve.conftest import Served
from tests.serve.jobs.conftest import done, sent

CUE = {"start_ms": 1000, "end_ms": 2000, "text": "One\nline more", "speaker": "Ada"}
TWO = CUE | {"text": "-One\n-more", "speaker": None, "line_speakers": ["Ada", "Bo"]}


@pytest.fixture(scope="module")
def path(fake_service: Served, recordings: Path) -> Iterator[str]:
    """Where the cues of a job are."""
    with fake_service.client() as client:
        yield f"/api/jobs/{done(client, recordings / 'announcement.wav')['id']}/cues"


def _edited(client: httpx.Client, path: str, cues: Any) -> httpx.Response:  # noqa: ANN401  # any JSON
    etag = client.get(path).headers["etag"]
    return client.patch(path, json=cues, headers={"If-Match": etag})


def test_edited_cues_are_in_every_result(client: httpx.Client, path: str) -> None:
    """Once cues are edited, subtitles of every kind show them, and every text says the same."""
    answer = _edited(client, path, {"cues": [CUE]})
    assert answer.status_code == httpx.codes.OK
    assert client.get(path).json() == {"cues": [CUE]} == answer.json()
    assert client.get(path).headers["etag"] == answer.headers["etag"]
    srt = client.get(path.replace("cues", "result.srt")).text
    assert "00:00:01,000 --> 00:00:02,000\nAda: One\nline more\n" in srt
    assert "<v Ada>One" in client.get(path.replace("cues", "result.vtt")).text
    assert client.get(path.replace("cues", "result.txt")).text.split() == ["One", "line", "more"]
    assert "One line more" in client.get(path.replace("cues", "result.md")).text
    packed = client.get("/api/results.zip", params={"job": path.split("/")[3], "format": "txt"})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read("announcement.txt").split() == [b"One", b"line", b"more"]


def test_an_edited_result_is_rendered_as_edited(
    client: httpx.Client, recordings: Path, tmp_path: Path
) -> None:
    """Its JSON is a result of schema 1, of which `qasr render` makes the same subtitles."""
    job = f"/api/jobs/{done(client, recordings / 'announcement.wav')['id']}"
    heard = client.get(f"{job}/result.json").json()
    first, *others = client.get(f"{job}/cues").json()["cues"]
    first |= {"text": "New\n" + first["text"].replace("\n", " "), "speaker": "Ada"}
    first["end_ms"] -= 7
    assert _edited(client, f"{job}/cues", {"cues": [first, *others]}).is_success
    result = client.get(f"{job}/result.json").json()
    assert (result["schema_version"], result["segments"][0]["speaker"]) == (1, "Ada")
    assert _times(result)[2:-1] == _times(heard)[1:-1]
    saved = tmp_path / "talk.json"
    saved.write_bytes(client.get(f"{job}/result.json").content)
    for name in ("srt", "vtt", "txt", "tsv"):
        assert _rendered(saved, "-f", name).stdout == client.get(f"{job}/result.{name}").content
    assert b"edited by hand; the options have them" in _rendered(saved, "--max-cps", "9").stderr


def _times(result: dict[str, Any]) -> list[tuple[str, int, int]]:
    words = [word for segment in result["segments"] for word in segment["words"]]
    return [(word["word"].strip(), word["start_ms"], word["end_ms"]) for word in words]


def _rendered(path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "qasr_cli", "render", str(path), "-o", "-", *options]
    return subprocess.run(command, capture_output=True, check=True)


def test_the_first_edit_counts(client: httpx.Client, path: str) -> None:
    """An edit that was made of what another has changed since is refused, and changes nothing."""
    etag = client.get(path).headers["etag"]
    first = {"cues": [CUE | {"text": "first"}]}
    assert client.patch(path, json=first, headers={"If-Match": etag}).is_success
    answer = client.patch(path, json={"cues": []}, headers={"If-Match": f'"x", {etag}'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "cues_changed")
    assert client.get(path).json()["cues"][0]["text"] == "first"
    assert client.patch(path, json=first).status_code == 428
    assert client.patch(path, json={"cues": []}, headers={"If-Match": "*"}).is_success
    assert client.get(path.replace("cues", "result.srt")).content == b"\n"


@pytest.mark.parametrize(
    "cues",
    [
        [],
        {"cues": {}},
        {"cues": [CUE, CUE | {"start_ms": 999}]},
        {"cues": [CUE | {"end_ms": 1000}]},
        {"cues": [CUE | {"start_ms": -1}]},
        {"cues": [CUE | {"start_ms": 1.5}]},
        {"cues": [CUE | {"end_ms": 10**9}]},
        {"cues": [CUE | {"text": " \n "}]},
        {"cues": [CUE | {"text": "a\x00b"}]},
        {"cues": [CUE | {"text": "a" * 2001}]},
        {"cues": [CUE | {"text": 5}]},
        {"cues": [CUE | {"speaker": "a" * 201}]},
        {"cues": [TWO | {"line_speakers": ["a" * 201, "Bo"]}]},
        {"cues": [TWO | {"line_speakers": "Bo"}]},
        {"cues": [TWO | {"line_speakers": [None, 5]}]},
        {"cues": [CUE] * 50_001},
    ],
)
def test_wrong_cues(client: httpx.Client, path: str, cues: Any) -> None:  # noqa: ANN401  # any JSON
    """Cues that are out of order, out of bounds, too many or no text are refused as a whole."""
    before = client.get(path).json()
    answer = _edited(client, path, cues)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cues")
    assert client.get(path).json() == before


def test_a_cue_of_two_people(client: httpx.Client, path: str) -> None:
    """Each line is its speaker's in the result; without the second's dash it is nobody's."""
    assert _edited(client, path, {"cues": [TWO]}).json() == {"cues": [TWO]}
    assert client.get(path).json() == {"cues": [TWO]}
    second_alone = {"cues": [TWO | {"text": "One\n-more"}]}  # a custom of some languages
    assert _edited(client, path, second_alone).json() == second_alone
    assert _edited(client, path, {"cues": [TWO]}).json() == {"cues": [TWO]}
    assert "-Ada: One\n-Bo: more" in client.get(path.replace("cues", "result.srt")).text
    segments = client.get(path.replace("cues", "result.json")).json()["segments"]
    assert [(each["speaker"], each["text"]) for each in segments] == [
        ("Ada", "One"),
        ("Bo", "more"),
    ]
    for one in (TWO | {"text": "-One\nmore"}, TWO | {"text": "-One"}, TWO | {"speaker": "Cy"}):
        wanted = {name: value for name, value in one.items() if name != "line_speakers"}
        assert _edited(client, path, {"cues": [one]}).json() == {"cues": [wanted]}


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"cues": [' + b"[" * 100_000, b'"\\ud800"'])
def test_bodies_that_are_none(client: httpx.Client, path: str, body: bytes) -> None:
    """What is no JSON, or none of ours, is refused."""
    assert client.patch(path, content=body, headers={"If-Match": "*"}).status_code == 400


def test_half_characters_are_no_text(client: httpx.Client, path: str) -> None:
    """Text that no file could hold is refused."""
    body = b'{"cues": [{"start_ms": 0, "end_ms": 1, "text": "\\ud83d"}]}'
    assert client.patch(path, content=body, headers={"If-Match": "*"}).status_code == 400


def test_a_body_that_is_too_large(client: httpx.Client, path: str) -> None:
    """More than any subtitles is not even read."""
    body = b'{"cues": [], "more": "' + b"x" * (17 << 20) + b'"}'
    assert client.patch(path, content=body, headers={"If-Match": "*"}).status_code == 413


def test_no_cues_without_a_result(client: httpx.Client, recordings: Path) -> None:
    """A job that is still at work has no subtitles yet."""
    job_id = sent(client, recordings / "meeting.opus", hotwords="cues")["id"]
    answer = client.get(f"/api/jobs/{job_id}/cues")
    assert answer.status_code == 409
    client.delete(f"/api/jobs/{job_id}")
