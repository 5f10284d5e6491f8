"""What Bazarr's provider `whisperai` asks for."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from qasr_cli import __version__
from qasr_cli.api.single import transcribe
from qasr_cli.core.types import Transcript
from qasr_cli.formats.rendering import render
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.options import EngineOptions, Options
from tests.serve.conftest import Served

_OPTIONS = Options(engine=EngineOptions(engine="fake"))
_FORMATS = ("srt", "vtt", "txt", "tsv", "json")


@pytest.fixture
def client(fake_service: Served) -> Iterator[httpx.Client]:
    """Asks the service."""
    with fake_service.client() as client:
        yield client


@pytest.fixture(scope="module")
def samples(recordings: Path) -> bytes:
    """A recording as Bazarr sends it: 16-bit samples, mono, 16 kHz, and no header."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(recordings / "announcement.wav")]
    command += ["-f", "s16le", "-acodec", "pcm_s16le", "-ac", "1", "-ar", "16000", "-"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(scope="module")
def transcript(samples: bytes, tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    """What qasr hears in it."""
    path = tmp_path_factory.mktemp("film") / "film.wav"
    soundfile.write(path, np.frombuffer(samples, "<i2"), 16000)
    return transcribe(path, _OPTIONS)


def _asked(
    client: httpx.Client, path: str, recording: bytes, **parameters: object
) -> httpx.Response:
    files = {"audio_file": recording}
    return client.post(path, params=parameters, files=files)  # type: ignore[arg-type]


def test_the_button_test_connection(client: httpx.Client) -> None:
    """`/status` says the version."""
    assert client.get("/status").json() == {"version": __version__}


@pytest.mark.parametrize("output", _FORMATS)
def test_subtitles_of_samples(
    client: httpx.Client, samples: bytes, transcript: Transcript, output: str
) -> None:
    """Samples without a header are the recording that they are; the answer is a bare file."""
    film = "/films/A film (2026)/film.wav"
    given = {"task": "transcribe", "language": "en", "output": output, "encode": "false"}
    answer = _asked(client, "/asr", samples, **given, video_file=film)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    english = Options(engine=EngineOptions(engine="fake", language="English"))
    if output == "json":
        assert json.loads(answer.text)["file"] == "film.wav"
        assert json.loads(answer.text)["text"] == transcript.text
    else:
        assert answer.text == render(transcript, output, english)


def test_subtitles_of_a_file(client: httpx.Client, recordings: Path) -> None:
    """With `encode` anything that ffmpeg reads is taken, and text is the default."""
    recording = recordings / "interview.wav"
    answer = _asked(client, "/asr", recording.read_bytes())
    assert answer.text == render(transcribe(recording, _OPTIONS), "txt", _OPTIONS)


@pytest.mark.parametrize("encode", ["true", "false"])
def test_what_is_spoken(
    client: httpx.Client, recordings: Path, samples: bytes, encode: str
) -> None:
    """The language has a name, and a code of two letters: it locks out who answers otherwise."""
    recording = samples if encode == "false" else (recordings / "announcement.wav").read_bytes()
    answer = _asked(client, "/detect-language", recording, encode=encode)
    expected = {"detected_language": "english", "language_code": "en", "confidence": 1.0}
    assert answer.json() == expected


@pytest.mark.parametrize(
    ("parameters", "status", "message"),
    [
        (
            {"task": "translate"},
            501,
            "qasr writes down what is said and does not translate; use task=transcribe",
        ),
        ({"output": "ass"}, 400, "output takes txt, vtt, srt, tsv, json"),
        ({"language": "xx"}, 400, "language"),
        ({"initial_prompt": "x" * 20_000}, 400, "prompt: "),
        (
            {"video_file": "C:\\films\\night.mkv"},
            400,
            "night.mkv: cannot be decoded: not a recording, or damaged",
        ),
        ({}, 400, "upload: cannot be decoded: not a recording, or damaged"),
        ({"encode": "false"}, 400, "encode=false takes 16-bit samples, mono, 16 kHz"),
    ],
)
def test_what_cannot_be_done(
    client: httpx.Client, parameters: dict[str, str], status: int, message: str
) -> None:
    """Each is one sentence for whoever looks into Bazarr's log, with the film's own name."""
    answer = _asked(client, "/asr", b"not sound, and odd!", **parameters)
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(message)


@pytest.mark.parametrize("path", ["/asr", "/detect-language"])
def test_nothing_to_hear(client: httpx.Client, path: str) -> None:
    """No recording, and one without speech, are errors of the request."""
    assert client.post(path, files={"other": (None, "x")}).json()["error"]["param"] == "file"
    silent = _asked(client, path, bytes(0), encode="false")
    assert silent.json()["error"]["message"] == "the form holds no recording"


def test_no_language_in_silence(client: httpx.Client) -> None:
    """Where nobody speaks, no language is."""
    answer = _asked(client, "/detect-language", bytes(64_000), encode="false")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_speech")
