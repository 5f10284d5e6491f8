"""OpenAI's own library asks the service."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openai
import pytest
import soundfile

from qasr_cli.api.single import transcribe
from qasr_cli.core.types import Transcript
from qasr_cli.formats.rendering import render
from qasr_cli.options import EngineOptions, Options
from tests.serve.conftest import Served

_OPTIONS = Options(engine=EngineOptions(model="demo", device="cpu"))


@pytest.fixture(scope="module")
def transcript(recordings: Path) -> Transcript:
    """What qasr hears in one of the recordings."""
    return transcribe(recordings / "interview.wav", _OPTIONS)


@pytest.fixture
def client(demo_service: Served) -> Iterator[openai.OpenAI]:
    """Their client, which tries nothing twice."""
    url = f"{demo_service.url}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        yield client


def test_json(client: openai.OpenAI, recordings: Path, transcript: Transcript) -> None:
    """The default answer is the text, its language, and what it costs."""
    answer = client.audio.transcriptions.create(
        file=recordings / "interview.wav", model="whisper-1"
    )
    assert answer.text == transcript.text
    said = answer.to_dict()
    assert said["usage"] == {"type": "duration", "seconds": -(-transcript.duration_ms // 1000)}
    assert said["languages"] == [{"code": "en"}]


@pytest.mark.parametrize(("name", "ours"), [("srt", "srt"), ("vtt", "vtt"), ("text", "txt")])
def test_subtitles(
    client: openai.OpenAI,
    recordings: Path,
    transcript: Transcript,
    name: Literal["srt", "vtt", "text"],
    ours: str,
) -> None:
    """Subtitles are those that `qasr transcribe` writes, byte for byte."""
    answer = client.audio.transcriptions.create(
        file=recordings / "interview.wav", model="whisper-1", response_format=name
    )
    assert answer == render(transcript, ours, _OPTIONS)


def test_words_and_segments(
    client: openai.OpenAI, recordings: Path, transcript: Transcript
) -> None:
    """`verbose_json` has every word and sentence with its times, where they are asked for."""
    answer = client.audio.transcriptions.create(
        file=recordings / "interview.wav",
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        keywords=["Anna", "cat"],
        language="en",
        temperature=0.2,
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
    )
    words = [word for segment in transcript.segments for word in segment.words]
    assert [word.start for word in answer.words or ()] == [word.start_ms / 1000 for word in words]
    assert len(answer.segments or ()) == len(transcript.segments)
    assert answer.language == "english"
    assert answer.duration == pytest.approx(transcript.duration_ms / 1000)
    alone = client.audio.transcriptions.create(
        file=recordings / "interview.wav", model="whisper-1", response_format="verbose_json"
    )
    assert alone.words is None
    assert alone.segments is not None


def test_speakers(client: openai.OpenAI, recordings: Path, tmp_path: Path) -> None:
    """`diarized_json` says who speaks, a channel each."""
    sound, rate_hz = soundfile.read(recordings / "interview.wav")
    one, later = sound[:, 0], np.zeros(len(sound))
    call = tmp_path / "call.wav"
    left, right = np.concatenate([one, later]), np.concatenate([later, one])
    soundfile.write(call, np.stack([left, right], axis=1), rate_hz)
    answer = client.audio.transcriptions.create(
        file=call,
        model="whisper-1",
        response_format="diarized_json",
        extra_body={"channels": "split"},
    )
    assert {segment.speaker for segment in answer.segments} == {"Speaker 1", "Speaker 2"}
    assert all(segment.end > segment.start for segment in answer.segments)


def test_stream(client: openai.OpenAI, recordings: Path, transcript: Transcript) -> None:
    """A stream tells the text as it is heard, and at last all of it."""
    stream = client.audio.transcriptions.create(
        file=recordings / "interview.wav", model="whisper-1", stream=True
    )
    events = list(stream)
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert "".join(deltas) == transcript.text
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == transcript.text


def test_an_error_in_a_stream(client: openai.OpenAI, recordings: Path) -> None:
    """What goes wrong once a stream has begun is an event that their library raises."""
    stream = client.audio.transcriptions.create(
        file=recordings / "README.md", model="whisper-1", stream=True
    )
    with pytest.raises(openai.APIError, match="not a recording"):
        list(stream)


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"language": "xx"}, "language"),
        ({"temperature": 3}, "temperature"),
        ({"include": ["logprobs"]}, "include"),
        ({"response_format": "docx"}, "response_format"),
        ({"known_speaker_names": ["Anna"]}, "known_speaker_names"),
        ({"prompt": "word " * 4000}, "prompt"),
    ],
)
def test_what_is_wrong_is_named(
    client: openai.OpenAI, recordings: Path, settings: dict[str, Any], param: str
) -> None:
    """A wrong field is 400, with its name and a sentence."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.audio.transcriptions.create(
            file=recordings / "interview.wav", model="whisper-1", **settings
        )
    assert raised.value.param == param
    assert len(str(raised.value)) > len(param)


def test_no_recording(client: openai.OpenAI, recordings: Path) -> None:
    """What is no recording is 400, with its sender's name of it and no path of the server."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.audio.transcriptions.create(file=recordings / "README.md", model="whisper-1")
    message = json.loads(raised.value.response.content)["error"]["message"]
    assert message == "README.md: cannot be decoded: not a recording, or damaged"


def test_models(client: openai.OpenAI) -> None:
    """The model that is loaded is listed; others are not here."""
    (model,) = client.models.list()
    assert model.id == "demo"
    assert client.models.retrieve("demo").object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("whisper-1")
