"""The bundled recordings are what their README promises, and their truth is true."""

import functools
import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from tools.demo_language import is_held_out, vocabulary, words_of

RECORDINGS = Path(__file__).parent.parent / "examples" / "recordings"
DAMAGED = "damaged/truncated.mp4"
MAX_BYTES = 4_000_000

# What `ffmpeg -i` says of each: a piece of its audio line.
STREAMS = {
    "interview.wav": "pcm_s16le.*44100 Hz, (stereo|2 channels)",
    "lecture.mp3": "mp3.*44100 Hz, mono",
    "voice-memo.m4a": "aac.*44100 Hz, mono",
    "podcast.opus": "opus, 48000 Hz, mono",
    "lesson.flac": "flac, 16000 Hz, mono",
    "clip.mp4": "aac.*48000 Hz, mono",
    "nested/day-1/note.wav": "pcm_s16le.*16000 Hz, (mono|1 channels)",
    "announcement.mp3": "mp3.*22050 Hz, mono",
    "announcement.wav": "pcm_s16le.*22050 Hz, (mono|1 channels)",
    "chinese.flac": "flac, 16000 Hz, mono",
    "two-languages.opus": "opus, 48000 Hz, mono",
    "meeting.opus": "opus, 48000 Hz, mono",
}
every_recording = pytest.mark.parametrize("file", STREAMS)


def _truth(file: str) -> dict[str, Any]:
    path = RECORDINGS / "truth" / (file.replace("/", "__") + ".json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, check=False)


def _described(file: str) -> str:
    return _ffmpeg("-i", str(RECORDINGS / file)).stderr.decode()


@functools.cache
def _pcm(file: str) -> npt.NDArray[np.float32]:
    output = ("-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "pipe:1")
    return np.frombuffer(_ffmpeg("-i", str(RECORDINGS / file), *output).stdout, dtype=np.float32)


def test_recordings_and_truths_belong_together() -> None:
    """Every recording has one truth, every truth one recording, and nothing else lies about."""
    found = {
        path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.rglob("*") if path.is_file()
    }
    truths = {f"truth/{file.replace('/', '__')}.json" for file in STREAMS}
    assert found == {*STREAMS, *truths, DAMAGED, "README.md"}


def test_recordings_are_small() -> None:
    """All files together stay below 4 MB."""
    size = sum(path.stat().st_size for path in RECORDINGS.rglob("*") if path.is_file())
    assert size < MAX_BYTES


@every_recording
def test_container_holds_the_promised_sound(file: str) -> None:
    """Ffmpeg finds the codec, rate and channels that the file is there for."""
    assert re.search(rf"Audio: {STREAMS[file]}", _described(file))


def test_film_has_a_picture() -> None:
    """The film carries a video stream beside its sound, and no other recording does."""
    assert [file for file in STREAMS if "Video:" in _described(file)] == ["clip.mp4"]


def test_voice_memo_keeps_its_index_at_the_end() -> None:
    """The m4a's index stands behind its sound, so it cannot be read as a stream."""
    data = (RECORDINGS / "voice-memo.m4a").read_bytes()
    assert data.index(b"mdat") < data.index(b"moov")


def test_damaged_film_is_refused() -> None:
    """Ffmpeg cannot open the film that was broken off before its index."""
    result = _ffmpeg("-v", "error", "-i", str(RECORDINGS / DAMAGED), "-f", "null", "-")
    assert result.returncode != 0
    assert b"moov atom not found" in result.stderr


def test_two_recordings_share_a_stem() -> None:
    """One pair of recordings in one folder differs in its extension only."""
    stems = [str(Path(file).with_suffix("")) for file in STREAMS]
    assert sorted(stem for stem in stems if stems.count(stem) > 1) == ["announcement"] * 2


def test_meeting_is_long() -> None:
    """The meeting lasts six minutes or more."""
    assert len(_pcm("meeting.opus")) >= 360 * SAMPLE_RATE_HZ


def test_languages_are_as_promised() -> None:
    """One recording is Chinese, one is both, all others are English."""
    spoken = {file: {s["language"] for s in _truth(file)["sentences"]} for file in STREAMS}
    assert spoken.pop("chinese.flac") == {"Chinese"}
    assert spoken.pop("two-languages.opus") == {"English", "Chinese"}
    assert all(languages == {"English"} for languages in spoken.values())


@every_recording
def test_sentences_are_held_out_and_in_the_grammar(file: str) -> None:
    """Only words of the grammar are said, in sentences that no training may use."""
    for sentence in _truth(file)["sentences"]:
        words = words_of(sentence["text"], sentence["language"])
        assert {word.lower() for word in words} <= vocabulary(sentence["language"])
        assert is_held_out(sentence["text"])


@every_recording
def test_words_are_those_of_the_sentences(file: str) -> None:
    """The timed words are the words of the sentences, and the text is the sentences in order."""
    document = _truth(file)
    assert document["file"] == file
    words = [word["word"] for word in document["words"]]
    sentences = document["sentences"]
    assert words == [w for s in sentences for w in words_of(s["text"], s["language"])]
    texts = "".join(sentence["text"] for sentence in sentences)
    assert document["text"].replace(" ", "") == texts.replace(" ", "")


@every_recording
def test_times_are_ordered_and_inside_the_file(file: str) -> None:
    """Words follow each other inside the file; a pause that a detector finds parts sentences."""
    document, length_ms = _truth(file), len(_pcm(file)) // SAMPLES_PER_MS
    edges = [word[edge] for word in document["words"] for edge in ("start_ms", "end_ms")]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= length_ms
    for before, after in itertools.pairwise(document["sentences"]):
        assert after["start_ms"] - before["end_ms"] >= 350


@every_recording
def test_sound_stands_where_the_truth_says(file: str) -> None:
    """The decoded file is loud in the sentences and quiet between them: no codec moved it."""
    pcm = _pcm(file)
    sentences = _truth(file)["sentences"]
    pause_start_ms = 0
    for sentence in sentences:
        start_ms, end_ms = sentence["start_ms"], sentence["end_ms"]
        pause = pcm[pause_start_ms * SAMPLES_PER_MS : (start_ms - 20) * SAMPLES_PER_MS]
        speech = pcm[start_ms * SAMPLES_PER_MS : end_ms * SAMPLES_PER_MS]
        assert speech.std() > 30 * pause.std()
        pause_start_ms = end_ms + 60
