"""The recording of a job, played and drawn."""

from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from tests.serve.conftest import Served
from tests.serve.jobs.conftest import sent, until

RATE_HZ = 16_000


def test_parts_of_a_recording(client: httpx.Client, recordings: Path) -> None:
    """A player gets the part that it asks for, and knows what it is."""
    content = (recordings / "clip.mp4").read_bytes()
    path = f"/api/jobs/{sent(client, recordings / 'clip.mp4')['id']}/media"
    whole = client.get(path)
    assert (whole.content, whole.headers["content-type"]) == (content, "video/mp4")
    assert whole.headers["content-disposition"].startswith("inline; ")
    part = client.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert client.get(path, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert client.head(path).headers["content-length"] == str(len(content))


@pytest.mark.parametrize("name", ["page.html", "talk.wav"])
def test_what_is_no_recording_does_not_run(client: httpx.Client, tmp_path: Path, name: str) -> None:
    """What is sent as a recording and is none is never shown, whatever it is called."""
    page = tmp_path / "page"
    page.write_text("<!doctype html><script>alert(1)</script>")
    job_id = sent(client, page, name=name)["id"]
    until(client, job_id, {"failed"})
    headers = client.get(f"/api/jobs/{job_id}/media").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]


def test_peaks(fake_service: Served, tmp_path: Path) -> None:
    """Peaks show, a byte a column, how loud each part of the asked stretch is, and are kept."""
    wave = np.concatenate([np.full(RATE_HZ, level, dtype=np.float32) for level in (0.25, 0, 1.5)])
    soundfile.write(tmp_path / "steps.wav", wave, RATE_HZ, subtype="FLOAT")
    with fake_service.client() as client:
        job_id = sent(client, tmp_path / "steps.wav")["id"]

        def peaks(**asked: int) -> list[int]:
            answer = client.get(f"/api/jobs/{job_id}/peaks", params=asked)
            assert answer.headers["content-type"] == "application/octet-stream"
            return list(answer.content)

        assert peaks(columns=3) == [64, 0, 255]
        (tmp_path / "steps.wav").unlink()
        assert (fake_service.state / "jobs" / job_id / "peaks.bin").stat().st_size == 300
        assert peaks(columns=4, start_ms=500, end_ms=1500) == [64, 64, 0, 0]
        assert peaks(columns=2, start_ms=2000, end_ms=4000) == [255, 0]
        assert peaks(columns=4, start_ms=990, end_ms=1010) == [64, 64, 0, 0]
        assert peaks(columns=2, start_ms=50_000) == [0, 0]
        assert peaks(columns=2, end_ms=1 << 40) == [255, 0]
        assert peaks(columns=2, start_ms=1 << 39, end_ms=1 << 40) == [0, 0]
        assert len(peaks()) == 1000


@pytest.mark.parametrize(
    "asked",
    [
        {"columns": "0"},
        {"columns": "1e3"},
        {"columns": "9" * 5000},
        {"columns": "20001"},
        {"start_ms": "-1"},
        {"start_ms": "5", "end_ms": "5"},
        {"end_ms": "٣"},
    ],
)
def test_wrong_numbers(client: httpx.Client, recordings: Path, asked: dict[str, str]) -> None:
    """A number that makes no sense is refused by its name."""
    job_id = sent(client, recordings / "announcement.wav")["id"]
    answer = client.get(f"/api/jobs/{job_id}/peaks", params=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, list(asked)[-1])


def test_peaks_of_what_is_damaged(client: httpx.Client, recordings: Path) -> None:
    """Where nothing can be decoded, it is said."""
    job_id = sent(client, recordings / "damaged" / "truncated.mp4")["id"]
    answer = client.get(f"/api/jobs/{job_id}/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "decode_error")
