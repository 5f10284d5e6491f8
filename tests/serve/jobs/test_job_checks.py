"""The rules of `qasr lint` for cues that are being edited."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.serve.jobs.conftest import done

_LONG = "This line is far too long to be read by anybody on a screen"


def _cue(start_ms: int, end_ms: int, text: str, speaker: str | None = None) -> dict[str, Any]:
    return {"start_ms": start_ms, "end_ms": end_ms, "text": text, "speaker": speaker}


def test_breaches_are_those_of_the_command(client: httpx.Client, tmp_path: Path) -> None:
    """Cues that overlap, are empty, or too long: as `qasr lint` says it of the same file."""
    cues = [_cue(0, 900, _LONG), _cue(800, 3000, "Well."), _cue(3100, 5000, "a\nb\nc.")]
    answer = client.post("/api/lint", json={"cues": cues, "language": "en"})
    assert answer.status_code == httpx.codes.OK, answer.text
    stamps = [
        [f"00:00:0{c[k] // 1000},{c[k] % 1000:03}" for k in ("start_ms", "end_ms")] for c in cues
    ]
    srt = [
        f"{i}\n{' --> '.join(stamps[i - 1])}\n{c['text']}\n" for i, c in enumerate(cues, start=1)
    ]
    (tmp_path / "talk.srt").write_text("\n".join(srt))
    said = _linted(tmp_path / "talk.srt", "--language", "en")
    found = answer.json()
    assert {(b["cue"], b["kind"]) for b in found["breaches"]} >= {
        (1, "line-length"),
        (1, "reading-speed"),
        (2, "overlap"),
        (3, "lines"),
    }
    kinds = [(b["cue"], b["kind"], b["severity"]) for b in found["breaches"]]
    assert kinds == [(b["cue"], b["kind"], b["severity"]) for b in said["breaches"]]
    assert (found["errors"], found["language"], found["limits"]["line_chars"]) == (3, "English", 42)


def _linted(path: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "qasr_cli", "lint", str(path), "-f", "json", *options]
    run = subprocess.run(command, capture_output=True, check=False)
    (found,) = json.loads(run.stdout)["files"]
    return dict(found)


def test_cues_may_be_wrong_in_any_way(client: httpx.Client) -> None:
    """What an edit would be refused for is a breach here; no cues have none."""
    cues = [_cue(500, 400, "x."), _cue(0, 100, "\n"), _cue(9000, 10_000, "a\n\nb.")]
    answer = client.post("/api/lint", json={"cues": cues}).json()
    kinds = {(breach["cue"], breach["kind"]) for breach in answer["breaches"]}
    assert kinds >= {(1, "no-duration"), (2, "order"), (2, "empty"), (3, "blank-line")}
    assert client.post("/api/lint", json={"cues": []}).json()["breaches"] == []


def test_limits_are_those_of_profile_and_language(client: httpx.Client) -> None:
    """A language that is not named is guessed from the text; the speaker's name counts."""
    cues = [_cue(0, 3000, "今天天气很好我们去公园散步吧你也一起来好吗。")]
    found = client.post("/api/lint", json={"cues": cues}).json()
    assert (found["language"], found["breaches"][0]["kind"]) == ("Chinese", "line-length")
    cues = [_cue(0, 3000, "This is a line of thirty chars.", "Someone else")]
    kinds = [b["kind"] for b in client.post("/api/lint", json={"cues": cues}).json()["breaches"]]
    assert "line-length" in kinds
    vertical = {"cues": cues, "profile": "vertical", "language": "en"}
    limits = client.post("/api/lint", json=vertical).json()["limits"]
    assert limits["line_chars"] == 22


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "cues"),
        ({"cues": [{"start_ms": 0, "end_ms": 1}]}, "cues"),
        ({"cues": [_cue(0, 1, "a")] * 50_001}, "cues"),
        ({"cues": [], "language": "Klingon"}, "language"),
        ({"cues": [], "profile": "none"}, "profile"),
    ],
)
def test_what_cannot_be_checked(client: httpx.Client, asked: Any, param: str) -> None:  # noqa: ANN401  # any JSON
    """Too much, no cues, or names that nobody knows are refused by their field."""
    answer = client.post("/api/lint", json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_the_cues_of_a_job_with_marks(client: httpx.Client, recordings: Path) -> None:
    """They come with what is wrong with them for the asking; their ETag stays the same."""
    path = f"/api/jobs/{done(client, recordings / 'announcement.wav')['id']}/cues"
    plain, marked = client.get(path), client.get(path, params={"lint": "true"})
    assert marked.headers["etag"] == plain.headers["etag"]
    assert marked.json()["cues"] == plain.json()["cues"]
    assert "lint" not in plain.json()
    edit = {"cues": [_cue(0, 1000, _LONG)]}
    assert client.patch(path, json=edit, headers={"If-Match": "*"}).is_success
    found = client.get(path, params={"lint": "true"}).json()["lint"]
    assert "line-length" in {breach["kind"] for breach in found["breaches"]}
