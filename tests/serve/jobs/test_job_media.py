"""The recording of a job, played and drawn."""

import os
import subprocess
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.peaks import outline_of
from qasr_cli.options import DecodeOptions
from tests.serve.conftest import Served
from tests.serve.jobs.conftest import done, sent, until

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


def test_a_recording_that_is_gone(fake_service: Served, recordings: Path) -> None:
    """Somebody cleared the state folder: that is said, and is no bug."""
    with fake_service.client() as client:
        job_id = done(client, recordings / "announcement.wav")["id"]
        (fake_service.state / "jobs" / job_id / "media.recording").unlink()
        answer = client.get(f"/api/jobs/{job_id}/media")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "recording_gone")
        assert client.get(f"/api/jobs/{job_id}/result.srt").status_code == 200
    assert "Traceback" not in fake_service.log.read_text()


def test_peaks_of_what_is_damaged(client: httpx.Client, recordings: Path) -> None:
    """Where nothing can be decoded, it is said."""
    job_id = sent(client, recordings / "damaged" / "truncated.mp4")["id"]
    answer = client.get(f"/api/jobs/{job_id}/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "decode_error")


@pytest.fixture(scope="module")
def hevc(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Path:
    """A film as browsers do not play it: HEVC and AC-3, whose sound begins 1.5 s late."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    picture = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=6")
    sound = ("-itsoffset", "1.5", "-i", str(recordings / "announcement.wav"))
    codecs = ("-c:v", "libx265", "-x265-params", "log-level=none:pools=1", "-c:a", "ac3")
    maps = ("-map", "0:v", "-map", "1:a", "-ac", "2")
    command = [ffmpeg_path(), "-v", "error", *picture, *sound, *maps, *codecs, str(path)]
    subprocess.run(command, check=True)
    return path


def test_a_film_that_browsers_do_not_play(fake_service: Served, hevc: Path) -> None:
    """Its sound comes as Opus in WebM, in parts too, at the times of the cues; made only once."""
    with fake_service.client() as client:
        job = done(client, hevc)
        assert job["playable"] == "proxy"
        path = f"/api/jobs/{job['id']}/media"
        assert client.get(path).content == hevc.read_bytes()
        answer = client.get(path, params={"proxy": "1"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/webm")
        assert 'filename="film.webm"' in answer.headers["content-disposition"]
        kept = fake_service.state / "jobs" / job["id"] / "sound.webm"
        assert kept.read_bytes() == answer.content
        os.utime(kept, (1, 1))
        part = client.get(path, params={"proxy": "1"}, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, answer.content[10:20])
        assert kept.stat().st_mtime == 1
        assert not kept.with_name("sound.webm.part").exists()
        cues = client.get(path.replace("media", "cues")).json()["cues"]
    proxy, film = (outline_of(str(p), decode=DecodeOptions()).frames for p in (kept, hevc))
    assert abs(len(proxy) - len(film)) <= 2
    loud = [next(i for i, peak in enumerate(frames) if peak > 25) for frames in (proxy, film)]
    assert abs(loud[0] - loud[1]) <= 3
    assert loud[0] > 150
    assert cues[0]["start_ms"] >= 1400


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven minutes as browsers do not play them: silence, a short click at every half minute."""
    folder = tmp_path_factory.mktemp("long")
    sound = np.zeros(660 * RATE_HZ, dtype=np.float32)
    for start_s in range(0, 660, 30):
        sound[start_s * RATE_HZ : start_s * RATE_HZ + 160] = 0.8
    noise = np.random.default_rng(5).uniform(-0.1, 0.1, len(sound)).astype(np.float32)
    sound += noise * np.repeat(np.random.default_rng(6).random(66) > 0.3, 10 * RATE_HZ)
    soundfile.write(folder / "sound.wav", sound, RATE_HZ, subtype="PCM_16")
    picture = ("-f", "lavfi", "-i", "color=red:size=64x48:rate=2:duration=660")
    codecs = ("-c:v", "libx264", "-c:a", "ac3", "-ac", "6", "-ar", "48000")
    command = [ffmpeg_path(), "-v", "error", *picture, "-i", str(folder / "sound.wav"), *codecs]
    subprocess.run([*command, str(folder / "film.mkv")], check=True)
    return folder / "film.mkv"


def test_a_wave_that_grows(fake_service: Served, long_film: Path) -> None:
    """What is known comes at once, the rest as a sketch; at the end it is what one pass gives."""
    expected = outline_of(str(long_film), decode=DecodeOptions())
    known_s = []
    with fake_service.client() as client:
        path = f"/api/jobs/{sent(client, long_film, held='true')['id']}/peaks"
        while True:
            answer = client.get(path, params={"partial": "true", "columns": 66})
            assert (answer.status_code, len(answer.content)) == (200, 66)
            if "qasr-known-s" not in answer.headers:
                break
            known_s.append(float(answer.headers["qasr-known-s"]))
            claimed_s = float(answer.headers["qasr-duration-s"])
            assert claimed_s == 0.0 or abs(claimed_s - 660) < 1
        duration_s = float(answer.headers["qasr-duration-s"])
        assert duration_s == round(expected.sample_count / RATE_HZ, 6)
        whole = b"".join(
            client.get(
                path, params={"start_ms": at, "end_ms": at + 100_000, "columns": 10_000}
            ).content
            for at in range(0, 700_000, 100_000)
        )
        assert whole[: len(expected.frames)] == expected.frames
    assert known_s == sorted(known_s)


def test_a_piece_of_sound_is_where_it_should_be(fake_service: Served, long_film: Path) -> None:
    """Asked for from any time on, before and after the outline is known, a click is at its time."""
    with fake_service.client() as client:
        job_id = sent(client, long_film, held="true")["id"]
        for _ in range(2):
            for click_s in (0, 30, 330, 630):
                start_ms = max(0, 1000 * click_s - 700)
                late_ms = _first_click_ms(client, job_id, start_ms) - (1000 * click_s - start_ms)
                assert abs(late_ms) <= 5
            client.get(f"/api/jobs/{job_id}/peaks")
        media = f"/api/jobs/{job_id}/media"
        asked: dict[str, dict[str, str]] = {
            "end_ms": {"start_ms": "1000", "end_ms": "61001"},
            "start_ms": {"start_ms": "660000"},
        }
        for param, fields in asked.items():
            answer = client.get(media, params={"proxy": "1", **fields})
            assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def _first_click_ms(client: httpx.Client, job_id: str, start_ms: int) -> float:
    asked = {"proxy": "1", "start_ms": f"{start_ms}", "end_ms": f"{start_ms + 3000}"}
    answer = client.get(f"/api/jobs/{job_id}/media", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/webm")
    command = [ffmpeg_path(), "-v", "error", "-i", "-", "-ac", "1", "-f", "f32le", "-"]
    ran = subprocess.run(command, input=answer.content, stdout=subprocess.PIPE, check=True)
    loud = np.flatnonzero(np.abs(np.frombuffer(ran.stdout, np.float32)) > 0.2)
    return float(loud[0]) / 48


def test_a_picture_is_made_on_demand(fake_service: Served, hevc: Path, recordings: Path) -> None:
    """Nobody asks, none is made; then it comes with its sound, at the times of the recording."""
    with fake_service.client() as client:
        path = f"/api/jobs/{done(client, hevc)['id']}"
        assert client.get(f"{path}/picture").json() == {"state": "offered", "progress": 0.0}
        answer = client.get(f"{path}/media", params={"proxy": "picture"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_picture")
        assert client.post(f"{path}/picture").json()["state"] == "making"
        while (state := client.get(f"{path}/picture").json())["state"] == "making":
            assert 0 <= state["progress"] <= 1
        assert state == {"state": "ready", "progress": 1.0}
        assert client.post(f"{path}/picture").json() == state
        answer = client.get(f"{path}/media", params={"proxy": "picture"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
        kept = fake_service.state / path.replace("/api/", "") / "picture.mp4"
        assert kept.read_bytes() == answer.content
        sound = f"/api/jobs/{sent(client, recordings / 'announcement.wav')['id']}"
        assert client.get(f"{sound}/picture").json()["state"] == "none"
        assert client.post(f"{sound}/picture").status_code == 409
        client.delete(path)
        assert not kept.parent.exists()
    proxy, film = (
        outline_of(str(each), decode=DecodeOptions()).frames
        for each in (_written(answer.content, hevc), hevc)
    )
    loud = [next(i for i, peak in enumerate(frames) if peak > 25) for frames in (proxy, film)]
    assert abs(loud[0] - loud[1]) <= 3


def _written(content: bytes, beside: Path) -> Path:
    path = beside.with_name("picture.mp4")
    path.write_bytes(content)
    return path


def test_what_browsers_play(client: httpx.Client, recordings: Path, tmp_path: Path) -> None:
    """It is said of each job: as it is, as its sound alone, or not at all; the last is refused."""
    page = tmp_path / "page"
    page.write_text("<!doctype html>")
    job_id = ""
    for recording, playable in (
        (recordings / "announcement.wav", True),
        (recordings / "clip.mp4", True),
        (recordings / "meeting.opus", True),
        (page, False),
    ):
        job_id = sent(client, recording)["id"]
        assert client.get(f"/api/jobs/{job_id}").json()["playable"] == playable
    answer = client.get(f"/api/jobs/{job_id}/media", params={"proxy": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "decode_error")
