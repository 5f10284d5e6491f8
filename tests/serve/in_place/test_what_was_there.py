"""What a user's own subtitles hold before anybody corrects them: it hinders nobody."""

from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.serve.in_place.edits import editing, jobs_of, patched

_LONG = "so on " * 500
_SRT = (
    f"1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n00:00:03,000 --> 00:00:09,000\n{_LONG}\n\n"
    f"3\n00:00:10,000 --> 00:00:12,000\nBye.\n"
)


def _sent(client: httpx.Client, path: str, cues: list[dict[str, Any]]) -> httpx.Response:
    etag = client.get(path).headers["etag"]
    return client.patch(path, json={"cues": cues}, headers={"If-Match": etag})


def test_a_subtitle_of_any_length_may_stay(tmp_path: Path) -> None:
    """It is corrected, parted and checked as others are; only nothing longer may come."""
    film = tmp_path / "film.srt"
    film.write_text(_SRT)
    with editing(film, state=tmp_path / "state") as running, running.client() as client:
        job_id = jobs_of(client)["film.srt"]
        path = f"/api/jobs/{job_id}/cues"
        assert patched(client, job_id, "Good morning.").is_success
        first, long, last = client.get(path).json()["cues"]
        longer = long | {"text": long["text"] + " and more"}
        assert _sent(client, path, [first, longer, last]).status_code == httpx.codes.BAD_REQUEST
        assert client.post("/api/lint", json={"cues": [longer]}).is_success
        begin = long | {"end_ms": 4000, "text": long["text"][:-6]}
        assert _sent(client, path, [first, begin, long | {"start_ms": 4000}, last]).is_success
    assert film.read_text().count("so on") == 999
    assert "Good morning." in film.read_text()


def test_names_that_were_written_are_speakers_again(tmp_path: Path) -> None:
    """Another program keeps the name before the text; other names before a text are text."""
    film = tmp_path / "film.srt"
    film.write_text(_SRT.replace("Bye.", "Note: bye."))
    with editing(film, state=tmp_path / "state") as running, running.client() as client:
        path = f"/api/jobs/{jobs_of(client)['film.srt']}/cues"
        first, *others = client.get(path).json()["cues"]
        assert _sent(client, path, [first | {"speaker": "Ann"}, *others]).is_success
        assert "Ann: Hello." in film.read_text()
        film.write_text(film.read_text().replace("Hello.", "Hello, all."))
        first, _, last = client.get(path).json()["cues"]
        assert (first["speaker"], first["text"]) == ("Ann", "Hello, all.")
        assert (last.get("speaker"), last["text"]) == (None, "Note: bye.")
        assert _sent(client, path, [first, last | {"text": "Note: goodbye."}]).is_success
    assert film.read_text().count("Ann: ") == 1
