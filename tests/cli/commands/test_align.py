"""`qasr align`: argv, a recording and a text to files."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import srt

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Ten seconds in which the fake engine hears word1 to word8."""
    return write_wav(tmp_path / "talk.wav", bursts_s=[(0.5, 8.9)], duration_s=10)


@pytest.fixture
def heard(wav: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The words of the recording with their times."""
    assert run(["transcribe", str(wav), "-o", "-", "-f", "json", *FAKE]) == 0
    return words_of(json.loads(capsys.readouterr().out))


def words_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All words of a result, without the space that stands before them."""
    return [
        {**word, "word": word["word"].strip()}
        for segment in document["segments"]
        for word in segment["words"]
    ]


def write(folder: Path, text: str, name: str = "script.txt") -> str:
    """A text file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_text_becomes_any_format(wav: Path, heard: list[dict[str, Any]]) -> None:
    """The text comes out as it is written, with times, beside the recording."""
    text = ", ".join(word["word"].strip(".").upper() for word in heard) + "!"
    script = write(wav.parent, text)

    assert run(["align", str(wav), "--text", script, "-f", "srt,json,vtt", *FAKE]) == 0

    document = json.loads(wav.with_suffix(".json").read_text())
    assert document["text"] == text
    assert document["schema_version"] == 1
    assert document["warnings"] == []
    assert {clip["timing"] for clip in document["clips"]} == {"aligned"}
    assert wav.with_suffix(".srt").is_file()
    assert wav.with_suffix(".vtt").is_file()


def test_missing_and_added_passages_are_reported(
    wav: Path, heard: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not spoken is left out, what is spoken besides is named; both in the result too."""
    words = [word["word"].strip(".") for word in heard]
    lines = [
        f"{' '.join(words[:3])}.",
        "Nobody ever said this sentence.",
        f"{' '.join(words[3:])}.",
    ]
    script = write(wav.parent, "\n".join(lines))

    assert run(["align", str(wav), "--text", script, "-f", "json", *FAKE]) == 0

    error = capsys.readouterr().err
    document = json.loads(wav.with_suffix(".json").read_text())
    assert document["text"] == f"{lines[0]} {lines[2]}"
    (warning,) = document["warnings"]
    assert warning.endswith("not spoken, left out: Nobody ever said this sentence.")
    assert f"warning  {wav}: {warning}\n" in error
    assert error.count("done     ") == 1


def test_a_line_is_a_cue(wav: Path, heard: list[dict[str, Any]]) -> None:
    """With --keep-lines every line of the text stands alone, however short."""
    words = [word["word"].strip(".") for word in heard]
    lines = [words[0], " ".join(words[1:3]), " ".join(words[3:])]
    script = write(wav.parent, "\n\n".join(lines))

    assert run(["align", str(wav), "--text", script, "--keep-lines", "-f", "srt,json", *FAKE]) == 0

    aligned = words_of(json.loads(wav.with_suffix(".json").read_text()))
    cues = list(srt.parse(wav.with_suffix(".srt").read_text()))
    assert [" ".join(cue.content.split()) for cue in cues] == lines
    assert [round(cue.start.total_seconds() * 1000) for cue in cues] == [
        aligned[index]["start_ms"] for index in (0, 1, 3)
    ]


@pytest.mark.parametrize("suffix", ["srt", "vtt"])
def test_subtitles_are_retimed(wav: Path, heard: list[dict[str, Any]], suffix: str) -> None:
    """Cues keep their texts and lines; their times become those of the speech."""
    words = [word["word"].strip(".") for word in heard]
    contents = [f"{words[0]}\n{words[1]}", " ".join(words[2:]), "♪"]
    mark = "," if suffix == "srt" else "."
    blocks = [
        f"{index + 1}\n00:01:0{2 * index}{mark}000 --> 00:01:0{2 * index + 1}{mark}000\n{content}\n"
        for index, content in enumerate(contents)
    ]
    old = write(
        wav.parent, "\n".join((["WEBVTT\n"] if suffix == "vtt" else []) + blocks), f"old.{suffix}"
    )

    assert run(["align", str(wav), "--from-srt", old, "-f", "srt,json", *FAKE]) == 0

    aligned = words_of(json.loads(wav.with_suffix(".json").read_text()))
    cues = list(srt.parse(wav.with_suffix(".srt").read_text()))
    assert [cue.content for cue in cues] == contents
    starts_ms = [round(cue.start.total_seconds() * 1000) for cue in cues]
    assert starts_ms[:2] == [aligned[0]["start_ms"], aligned[2]["start_ms"]]
    assert starts_ms == sorted(set(starts_ms))


def test_the_text_may_come_from_a_pipe(
    wav: Path,
    heard: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--text -` reads standard input."""
    text = " ".join(word["word"] for word in heard)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    assert run(["align", str(wav), "--text", "-", "-o", "-", "-f", "txt", *FAKE]) == 0

    assert capsys.readouterr().out.split() == text.split()


def test_an_output_that_stands_is_left(
    wav: Path, heard: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """As for transcribe, nothing is replaced without --overwrite."""
    script = write(wav.parent, " ".join(word["word"] for word in heard))
    wav.with_suffix(".srt").write_text("mine")

    assert run(["align", str(wav), "--text", script, *FAKE]) == 1
    assert run(["align", str(wav), "--text", script, "--skip-existing", *FAKE]) == 0
    assert wav.with_suffix(".srt").read_text() == "mine"
    assert "--overwrite replaces it" in capsys.readouterr().err

    assert run(["align", str(wav), "--text", script, "--overwrite", *FAKE]) == 0
    assert wav.with_suffix(".srt").read_text() != "mine"


def test_another_text_is_one_line(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text that is not that of the recording fails its file, names the text, writes nothing."""
    script = write(wav.parent, "完全不同的文字在这里。")
    report = wav.parent / "report.json"

    argv = ["align", str(wav), "--text", script, "--report", str(report), *FAKE]
    assert run(argv) == 1

    lines = capsys.readouterr().err.splitlines()
    (failed,) = [line for line in lines if line.startswith("failed   ")]
    assert failed.startswith(f"failed   {wav}: {script}: is not what is said in the recording; ")
    assert not wav.with_suffix(".srt").exists()
    assert json.loads(report.read_text())["details"][0]["error"]["kind"] == "MalformedInput"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no words"),
        (b"\xff\xfe\x00binary", "is marked as UTF-16-LE and is no such text"),
        (b"a\0b", "is no text file"),
    ],
)
def test_no_text_is_one_line(
    wav: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    """Empty and binary files are refused before any work."""
    (wav.parent / "script").write_bytes(content)

    assert run(["align", str(wav), "--text", str(wav.parent / "script"), *FAKE]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"qasr: --text {wav.parent / 'script'}: {reason}")


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--text", "a", "--from-srt", "a.srt"],
        ["--from-srt", "a.srt", "--keep-lines"],
        ["--from-srt", "a.txt"],
        ["--text", "a", "--no-align"],
    ],
)
def test_options_must_make_sense(wav: Path, argv: list[str]) -> None:
    """One source, of a kind that can be read, and an aligner."""
    assert run(["align", str(wav), *argv, *FAKE]) == 2


def test_a_recording_that_cannot_be_done_fails_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first pass says why, and there is no second."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    script = write(tmp_path, "Some words.")

    for recording in (broken, tmp_path / "absent.wav"):
        assert run(["align", str(recording), "--text", script, *FAKE]) == 1
        assert capsys.readouterr().err.count("failed   ") == 1


def test_markup_stays_with_its_words(wav: Path, heard: list[dict[str, Any]]) -> None:
    """Tags are not told to the aligner and come back in formats that have them, at new times."""
    words = [word["word"].strip(".") for word in heard]
    first, second = f"<i>{words[0]}</i> {words[1]}", " ".join(words[2:])
    old = write(
        wav.parent,
        f"1\n00:01:00,000 --> 00:01:01,000\n  {{\\an8}}{first}\n<b>\n\n"
        f"2\n00:01:02,000 --> 00:01:03,000\n{second}\n",
        "old.srt",
    )

    argv = ["align", str(wav), "--from-srt", old, "-f", "srt,vtt,ass,txt,json", *FAKE]
    assert run(argv) == 0

    document = json.loads(wav.with_suffix(".json").read_text())
    assert [word["word"].strip(".") for word in words_of(document)] == words
    assert document["warnings"] == []
    one, two = srt.parse(wav.with_suffix(".srt").read_text())
    assert (one.content, two.content) == (f"{{\\an8}}{first}<b>", second)
    assert f" line:0\n{first}\n" in wav.with_suffix(".vtt").read_text()
    assert (
        f",,{{\\an8}}{{\\i1}}{words[0]}{{\\i0}} {words[1]}" in wav.with_suffix(".ass").read_text()
    )
    assert wav.with_suffix(".txt").read_text().split() == words


@pytest.mark.parametrize("source", ["--text", "--from-srt"])
def test_how_a_text_was_read_is_in_the_result(
    wav: Path, heard: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """A guess at the encoding is a warning, in the line and in the result."""
    text = " ".join(word["word"].strip(".") for word in heard) + " … naïve"
    old = wav.parent / "old.srt"
    times = "1\n00:00:01,000 --> 00:00:02,000\n" if source == "--from-srt" else ""
    old.write_bytes(f"{times}{text}\n".encode("cp1252"))

    assert run(["align", str(wav), source, str(old), "-f", "json", *FAKE]) == 0

    note = f"{old}: read as windows-1252, which is a guess; if letters are wrong, save it as UTF-8"
    assert json.loads(wav.with_suffix(".json").read_text())["warnings"][0] == note
    assert f"warning  {wav}: {note}\n" in capsys.readouterr().err


def test_what_subrip_has_no_words_for_is_said(wav: Path, heard: list[dict[str, Any]]) -> None:
    """Voices and settings of WebVTT are left out by name."""
    text = " ".join(word["word"] for word in heard)
    vtt = f"WEBVTT\n00:01.000 --> 00:02.000 size:50%\n<v Ann>{text}\n"
    old = write(wav.parent, vtt, "old.vtt")

    assert run(["align", str(wav), "--from-srt", old, "-f", "json", *FAKE]) == 0

    (warning,) = json.loads(wav.with_suffix(".json").read_text())["warnings"]
    assert warning == (
        f"{old}: left out, as SubRip has no such markup: who speaks (<v>), settings (size)"
    )
