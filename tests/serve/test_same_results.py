"""What the service answers is what `qasr transcribe` writes, byte for byte."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import RECORDINGS
from tests.serve.conftest import Served

# Six of the nine minutes, and nothing in it that the others have not.
_LONG = "meeting.opus"
_ALL = sorted(
    path
    for path in RECORDINGS.rglob("*.*")
    if path.suffix not in {".json", ".md"} and path.parent.name != "damaged" and path.name != _LONG
)
_OPENAI = {"srt": "srt", "vtt": "vtt", "txt": "text"}
_TEXTS = ("srt", "vtt", "txt", "tsv")
_BAZARR = (*_TEXTS, "json")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what `qasr transcribe` writes for every recording."""
    folder = tmp_path_factory.mktemp("written")
    qasr = [sys.executable, "-m", "qasr_cli"]
    command = [*qasr, "transcribe", *map(str, _ALL), "-o", str(folder), "--quiet"]
    subprocess.run([*command, "--model", "demo", "--device", "cpu", "-f", "json"], check=True)
    documents = map(str, folder.glob("*.json"))
    subprocess.run([*qasr, "render", *documents, "-f", ",".join(_TEXTS), "--quiet"], check=True)
    return folder


def _file_of(folder: Path, recording: Path, kind: str) -> bytes:
    """Namesakes of another suffix keep theirs in the name of their output."""
    long = folder / f"{recording.name}.{kind}"
    return (long if long.exists() else folder / f"{recording.stem}.{kind}").read_bytes()


@pytest.fixture(scope="module")
def answered(demo_service: Served) -> dict[tuple[str, str, str], bytes]:
    """Recording, route and format -> the answer; all are asked for at once."""
    wanted = [(path, "/v1/audio/transcriptions", kind) for path in _ALL for kind in _OPENAI]
    wanted += [(path, "/asr", kind) for path in _ALL for kind in _BAZARR]

    def ask(what: tuple[Path, str, str]) -> bytes:
        path, route, kind = what
        files = {"file" if route.startswith("/v1") else "audio_file": path.open("rb")}
        with demo_service.client() as client, files[next(iter(files))]:
            answer = client.post(
                route,
                params={"output": kind},
                data={"model": "whisper-1", "response_format": _OPENAI.get(kind, kind)},
                files=files,
            )
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(ask, wanted))
    return {
        (path.name, route, kind): answer
        for (path, route, kind), answer in zip(wanted, answers, strict=True)
    }


@pytest.mark.parametrize("recording", _ALL, ids=lambda path: path.name)
def test_equal_to_what_the_command_writes(
    written: Path, answered: dict[tuple[str, str, str], bytes], recording: Path
) -> None:
    """Recordings of every kind, in every format that OpenAI's and Bazarr's clients ask for."""
    for kind in _OPENAI:
        answer = answered[recording.name, "/v1/audio/transcriptions", kind]
        assert answer == _file_of(written, recording, kind)
    for kind in _BAZARR:
        assert answered[recording.name, "/asr", kind] == _file_of(written, recording, kind)
