"""Where lines break, for cues that are being edited."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.serve.jobs.conftest import done

_LONG = "Good morning to everybody here, and thank you for coming to this meeting."
_BROKEN = "Good morning to everybody here,\nand thank you for coming to this meeting."


def test_lines_are_those_of_profile_and_language(client: httpx.Client) -> None:
    """A text comes back broken as a cue would be; its language is guessed where nobody names it."""
    asked = {"cues": [{"text": _LONG}, {"text": "A\r\nb."}, {"text": ""}]}
    answer = client.post("/api/layout", json=asked)
    assert answer.status_code == httpx.codes.OK, answer.text
    assert [cue["text"] for cue in answer.json()["cues"]] == [_BROKEN, "A b.", ""]
    vertical = {"cues": [{"text": "Good morning to everybody"}], "profile": "vertical"}
    found = client.post("/api/layout", json={**vertical, "language": "en"}).json()
    assert found == {"language": "English", "cues": [{"text": "Good morning\nto everybody"}]}


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "cues"),
        ({"cues": [{"text": 5}]}, "cues"),
        ({"cues": [{"text": "a" * 2001}]}, "cues"),
        ({"cues": [{"text": "a"}] * 50_001}, "cues"),
        ({"cues": [], "language": "Klingon"}, "language"),
        ({"cues": [], "profile": "none"}, "profile"),
    ],
)
def test_what_cannot_be_laid_out(client: httpx.Client, asked: Any, param: str) -> None:  # noqa: ANN401  # any JSON
    """Too much, no texts, or names that nobody knows are refused by their field."""
    answer = client.post("/api/layout", json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_job_tells_its_profile(client: httpx.Client, recordings: Path) -> None:
    """Whoever edits its subtitles can have them checked and laid out as they were cut."""
    job = done(client, recordings / "announcement.wav", profile="vertical")
    assert job["profile"] == "vertical"
    assert done(client, recordings / "announcement.wav")["profile"] is None
