"""Programs written for `/transcribe` and `/align` run unchanged: their ports, fields, patience."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from qasr_cli.api.single import align, transcribe
from qasr_cli.core.types import Transcript
from qasr_cli.options import EngineOptions, Options
from tests.serve.conftest import Served, served

_OPTIONS = Options(engine=EngineOptions(engine="fake"))

# As people write it: three ports, thirty seconds, any status but 200 is a failure.
_SCRIPT = """
import sys
import requests

page, recogniser, times = sys.argv[1:4]
assert requests.get(f"{page}/readyz", timeout=30).json()["state"] == "ready"
with open(sys.argv[4], "rb") as audio:
    answer = requests.post(
        f"{recogniser}/transcribe", files={"audio": audio}, data={"language": "auto"}, timeout=30
    )
if answer.status_code != 200:
    sys.exit(f"transcribe: {answer.status_code}")
heard = answer.json()
with open(sys.argv[4], "rb") as audio:
    answer = requests.post(
        f"{times}/align",
        files={"audio": audio},
        data={"text": heard["text"], "language": "auto"},
        timeout=30,
    )
if answer.status_code != 200:
    sys.exit(f"align: {answer.status_code}")
for word in answer.json()["words"]:
    print(f'{word["start"]:.2f} {word["end"]:.2f} {word["word"]}')
"""


@pytest.fixture(scope="module")
def three_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    """A service at three ports, and their addresses."""
    with served(tmp_path_factory.mktemp("served"), "--port", "0", "--port", "0") as service:
        found = re.findall(r"http://127\.0\.0\.1:\d+", service.log.read_text())
        assert len(set(found)) == 3
        yield service, found


@pytest.fixture(scope="module")
def transcript(recordings: Path) -> Transcript:
    """What qasr hears in the recording."""
    return transcribe(recordings / "interview.wav", _OPTIONS)


def test_a_script_for_three_ports(
    three_ports: tuple[Served, list[str]], recordings: Path, transcript: Transcript
) -> None:
    """One program does at three ports what three did, the same at each."""
    _, urls = three_ports
    recording = recordings / "interview.wav"
    command = [sys.executable, "-c", _SCRIPT, *urls, str(recording)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, "")
    timed = align(recording, transcript.text, _OPTIONS)
    words = [word for segment in timed.segments for word in segment.words]
    assert ran.stdout.splitlines() == [
        f"{word.start_ms / 1000:.2f} {word.end_ms / 1000:.2f} "
        f"{timed.text[word.char_start : word.char_end].strip()}"
        for word in words
    ]


def _posted(url: str, recording: Path, **fields: object) -> requests.Response:
    with recording.open("rb") as audio:
        return requests.post(url, files={"audio": audio}, data=fields, timeout=30)


def test_transcribe(
    three_ports: tuple[Served, list[str]], recordings: Path, transcript: Transcript
) -> None:
    """Text, language, seconds, words and sentences; times are numbers of seconds."""
    answer = _posted(f"{three_ports[1][1]}/transcribe", recordings / "interview.wav").json()
    assert list(answer) == ["text", "language", "duration", "words", "sentences", "warnings"]
    assert answer["text"] == transcript.text
    assert answer["language"] == "English"
    assert answer["duration"] == transcript.duration_ms / 1000
    segments = transcript.segments
    assert [sentence["text"] for sentence in answer["sentences"]] == [
        transcript.text[each.char_start : each.char_end].strip() for each in segments
    ]
    assert [(word["start"], word["end"]) for word in answer["words"]] == [
        (word.start_ms / 1000, word.end_ms / 1000) for each in segments for word in each.words
    ]


@pytest.mark.parametrize("language", ["auto", "zh", "en", "ja", "ko", "yue", "English", "EN", ""])
def test_languages(three_ports: tuple[Served, list[str]], recordings: Path, language: str) -> None:
    """Codes and names are taken, at both; `auto` and nothing detect it."""
    recording = recordings / "announcement.wav"
    heard = _posted(f"{three_ports[1][0]}/transcribe", recording, language=language)
    assert heard.status_code == 200
    timed = _posted(f"{three_ports[1][2]}/align", recording, language=language, text="word1 word2")
    assert timed.status_code == 200
    assert {"language", "duration", "words", "sentences", "warnings"} == set(timed.json())


def test_context(three_ports: tuple[Served, list[str]], recordings: Path) -> None:
    """Hot words come as many fields, with brackets or without; channels as the option has them."""
    fields = {"hotwords": ["Ada", "Öl"], "hotwords[]": "Babbage", "context": "A talk."}
    url = f"{three_ports[1][0]}/transcribe"
    assert _posted(url, recordings / "interview.wav", **fields).status_code == 200
    split = _posted(url, recordings / "interview.wav", channels="split")
    assert split.status_code == 200


@pytest.mark.parametrize(
    ("path", "fields", "message", "param"),
    [
        ("transcribe", {"language": "xx"}, "language", "language"),
        ("transcribe", {"channels": "all"}, "channels takes mix, left, right, split", "channels"),
        ("transcribe", {"context": "x" * 20_000}, "prompt: ", "prompt"),
        ("align", {}, "the form holds no text; what is said goes into the field text", "text"),
        ("align", {"text": "  \n"}, "the form holds no text", "text"),
        ("align", {"text": "..."}, "the text ", None),
    ],
)
def test_what_is_wrong_is_said(
    three_ports: tuple[Served, list[str]],
    recordings: Path,
    *,
    path: str,
    fields: dict[str, str],
    message: str,
    param: str | None,
) -> None:
    """A wrong field is 400, with a sentence and the field's name."""
    answer = _posted(f"{three_ports[1][0]}/{path}", recordings / "interview.wav", **fields)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith(message)
    assert error["param"] == param


def test_what_is_no_recording_is_said(
    three_ports: tuple[Served, list[str]], recordings: Path
) -> None:
    """It has the name that its sender gave it, and no path of the server; nothing stays."""
    service, urls = three_ports
    answer = _posted(f"{urls[0]}/transcribe", recordings / "README.md")
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message == "README.md: cannot be decoded: not a recording, or damaged"
    empty = requests.post(f"{urls[0]}/transcribe", files={"audio": ("a.wav", b"")}, timeout=30)
    assert empty.json()["error"]["message"] == "the form holds no recording"
    assert list((service.state / "uploads").iterdir()) == []


def test_a_list_that_never_ends_is_no_list(
    three_ports: tuple[Served, list[str]], recordings: Path
) -> None:
    """Brackets without end are too long a context, not a bug."""
    url = f"{three_ports[1][0]}/v1/audio/transcriptions"
    answer = _posted(url, recordings / "interview.wav", keywords="[" * 100_000)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "prompt"
