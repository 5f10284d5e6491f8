"""JSON as people save it."""

import json
import os
import shlex
from pathlib import Path

import pytest

from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.saved.documents import read_document
from qasr_cli.saved.results import read_result, read_transcript

SEGMENTS = [
    {"start": 0, "end": 2, "text": "今天天气很好，我们出去玩吧。"},
    {"start": 3, "end": 5, "text": "你说什么？我没听清楚。"},
]
DOCUMENT = json.dumps({"language": "zh", "segments": SEGMENTS}, ensure_ascii=False)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_every_encoding_of_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    """With a byte order mark or without."""
    path = tmp_path / "talk.json"
    path.write_bytes(DOCUMENT.encode(encoding))

    document = read_document(str(path))

    assert (document.value, document.notes) == (json.loads(DOCUMENT), ())


def test_an_old_encoding_is_read_and_said(tmp_path: Path) -> None:
    """It is a guess, so a note names it."""
    path = tmp_path / "talk.json"
    path.write_bytes(DOCUMENT.encode("gb18030"))

    result = read_result(str(path))

    assert result.transcript.text == "今天天气很好，我们出去玩吧。你说什么？我没听清楚。"
    assert "GB18030" in result.notes[0]
    assert result.transcript.warnings == result.notes


def test_a_character_that_whisper_cpp_cut_in_two_costs_only_its_token(tmp_path: Path) -> None:
    """Its segments are whole."""
    path = tmp_path / "talk.json"
    content = {
        "text": " 你好。",
        "offsets": {"from": 0, "to": 1000},
        "tokens": [{"text": "@"}, {"text": "#"}],
    }
    raw = json.dumps({"transcription": [content] * 9}, ensure_ascii=False).encode()
    path.write_bytes(raw.replace(b"@", "你".encode()[:2]).replace(b"#", "你".encode()[2:]))

    assert read_transcript(str(path)).text.count("你好。") == 9


def test_a_value_a_line(tmp_path: Path) -> None:
    """As streams leave them; a last line that breaks off is left out, and that is said."""
    path = tmp_path / "talk.jsonl"
    lines = [json.dumps(segment) for segment in SEGMENTS]
    path.write_text("\n".join([*lines, lines[0][:20]]))

    document = read_document(str(path))

    assert document.value == SEGMENTS
    assert document.notes == ("its last line breaks off and was left out",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty, and no saved result; qasr transcribe"),
        (" \n", "is empty, and no saved result; qasr"),
        ('formats = ["srt"]\n', "is no saved result .no JSON.; qasr transcribe"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHi.\n", "is no saved result"),
        ("{'segments': []}", "is not JSON at line 1, column 2"),
        ('{"segments": [{"text": "He', "breaks off at line 1"),
        ('{"segments": [', "breaks off at line 1"),
        ("[" * 200_000, "nested too deep"),
        ('{"segments":' * 200_000, "nested too deep"),
        ("[]", "an object with segments"),
        ('{"segments": null}', "no segments"),
        ('{"schema_version": 1, "summary": {}, "details": []}', "is the report of a run"),
        ('{"schema_version": 2}', "schema_version is 2"),
    ],
)
def test_what_is_no_result_is_refused_in_a_sentence(
    tmp_path: Path, content: str, reason: str
) -> None:
    """It names the file, and what is wrong with it."""
    path = tmp_path / "talk.json"
    path.write_text(content)

    with pytest.raises(MalformedInput, match=reason) as caught:
        read_transcript(str(path))

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("my talk.wav", "is a recording and no saved result; qasr transcribe {} -f json makes one"),
        ("talk.TS", "is a recording and no saved result; qasr transcribe {} -f json makes one"),
        ("talk.srt", "holds subtitles and is no saved result; qasr lint {} checks them, "),
        ("README.md", "is no saved result (no JSON); qasr transcribe RECORDING -f json makes one"),
    ],
)
def test_what_was_meant_is_seen_by_the_name(tmp_path: Path, name: str, advice: str) -> None:
    """A recording, subtitles and anything else each get the command that helps."""
    path = tmp_path / name
    path.write_bytes(b"\xf2 no JSON")

    with pytest.raises(MalformedInput) as caught:
        read_transcript(str(path))

    assert str(caught.value).startswith(f"{path}: {advice.format(shlex.quote(str(path)))}")


def test_a_recording_is_not_read_to_its_end() -> None:
    """Its first bytes say that it is none: a pipe that goes on and on is left at once."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"\x1aE\xdf\xa3" * 400)

        with pytest.raises(MalformedInput, match="is no saved result"):
            read_transcript(f"/dev/fd/{reader}")
    finally:
        os.close(reader)
        os.close(writer)


def test_a_pipe_with_a_name_is_no_document(tmp_path: Path) -> None:
    """Nobody may ever write into it: it is not waited for."""
    path = tmp_path / "talk.json"
    os.mkfifo(path)

    with pytest.raises(UnreadableInput, match="is no regular file"):
        read_transcript(str(path))


@pytest.mark.parametrize("name", ["language", "speaker", "warnings"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    """A result with a list in place of a name is none, however it was edited."""
    path = tmp_path / "talk.json"
    word = {"word": "Hi.", "start_ms": 0, "end_ms": 900}
    segment = {"text": "Hi.", "language": "English", "speaker": "Ann", "words": [word]}
    document = {
        "schema_version": 1,
        "file": "talk.wav",
        "duration_ms": 1000,
        "language": "English",
        "text": "Hi.",
        "segments": [segment],
        "clips": [],
        "models": {},
        "settings": {},
        "warnings": [],
    }
    path.write_text(json.dumps(document))
    assert read_transcript(str(path)).text == "Hi."
    (document if name == "warnings" else segment)[name] = [["x"]]
    path.write_text(json.dumps(document))

    with pytest.raises(MalformedInput):
        read_transcript(str(path))


def test_no_name_of_a_speaker_holds_controls(tmp_path: Path) -> None:
    """What a terminal or a page would obey is dropped where it comes in."""
    path = tmp_path / "talk.json"
    segment = {"start": 0, "end": 1, "text": "Hi.", "speaker": "An\0n\n# \x1b[2J"}
    path.write_text(json.dumps({"segments": [segment]}))

    assert read_transcript(str(path)).segments[0].speaker == "Ann # [2J"
