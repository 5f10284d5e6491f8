"""The whole way on real sound with real checkpoints: bundled recordings in, outputs held to truth.

The bounds are the demo pair's own figures (its model card), so a wrong word or a shifted time
beyond them is a bug of the pipeline.
"""

import difflib
import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import srt

from qasr_cli.cli.main import run
from qasr_cli.engines.qwen import recogniser
from tests.conftest import RECORDINGS

WER_BOUND = 0.05
MEAN_SHIFT_BOUND_MS = 120
DAMAGED = "damaged/truncated.mp4"


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `qasr batch` makes of the bundled recordings with the demo pair."""
    folder = tmp_path_factory.mktemp("demo-output")
    argv = ["batch", str(RECORDINGS), "--model", "demo", "-o", str(folder), "--quiet"]
    assert run([*argv, "--format", "srt,json,simple,vtt,txt"]) == 1
    return folder


@pytest.fixture(scope="session")
def truths() -> dict[str, dict[str, Any]]:
    """File -> what is really said in it, and when."""
    documents = (json.loads(path.read_text()) for path in (RECORDINGS / "truth").glob("*.json"))
    return {document["file"]: document for document in documents}


@pytest.fixture(scope="session")
def results(outputs: Path) -> dict[str, dict[str, Any]]:
    """File -> its result document."""
    root = outputs / ".qasr" / "results"
    return {
        path.relative_to(root).as_posix().removesuffix(".json"): json.loads(path.read_text())
        for path in root.rglob("*.json")
    }


def plain_words(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Words of a result, spelt as the truth spells them: no case, no punctuation."""
    return [
        {**word, "word": re.sub(r"[^\w']", "", word["word"]).lower()}
        for segment in document["segments"]
        for word in segment["words"]
    ]


def matching(truth: list[str], heard: list[str]) -> list[tuple[int, int]]:
    """Pairs of places where the same word stands in both, in order."""
    blocks = difflib.SequenceMatcher(None, truth, heard, autojunk=False).get_matching_blocks()
    return [(b.a + k, b.b + k) for b in blocks for k in range(b.size)]


def edit_distance(left: list[str], right: list[str]) -> int:
    """Words to insert, delete or replace."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def test_exactly_the_damaged_recording_fails(outputs: Path, truths: dict[str, Any]) -> None:
    """Every good recording is done, and the report lists each file once."""
    report = json.loads((outputs / "processing_report.json").read_text())
    status = {detail["file"]: detail["status"] for detail in report["details"]}

    assert len(status) == len(report["details"])
    assert status == {DAMAGED: "failed", **dict.fromkeys(truths, "done")}
    (failed,) = (d for d in report["details"] if d["file"] == DAMAGED)
    assert failed["error"]["kind"] == "DecodeError"


def test_words_are_right(results: dict[str, Any], truths: dict[str, Any]) -> None:
    """Over all recordings at most 5 words in 100 are wrong."""
    errors = words = 0
    for file, truth in truths.items():
        said = [word["word"].lower() for word in truth["words"]]
        heard = [word["word"] for word in plain_words(results[file])]
        errors += edit_distance(said, heard)
        words += len(said)

    assert words > 500
    assert errors / words <= WER_BOUND


def test_times_are_right(results: dict[str, Any], truths: dict[str, Any]) -> None:
    """Words stand where they are spoken: mean shift of starts and ends within 120 ms."""
    shifts_ms = []
    for file, truth in truths.items():
        heard = plain_words(results[file])
        pairs = matching([w["word"].lower() for w in truth["words"]], [w["word"] for w in heard])
        for there, here in pairs:
            shifts_ms += [
                abs(truth["words"][there][edge] - heard[here][edge])
                for edge in ("start_ms", "end_ms")
            ]

    assert len(shifts_ms) > 1000
    assert sum(shifts_ms) / len(shifts_ms) <= MEAN_SHIFT_BOUND_MS


def test_times_do_not_drift(results: dict[str, Any], truths: dict[str, Any]) -> None:
    """Six minutes in, words are as well timed as at the start: no time is lost at the seams."""
    truth, heard = truths["meeting.opus"]["words"], plain_words(results["meeting.opus"])
    pairs = matching([w["word"].lower() for w in truth], [w["word"] for w in heard])
    signed_ms = [heard[here]["start_ms"] - truth[there]["start_ms"] for there, here in pairs]
    tenth = len(signed_ms) // 10

    assert truth[-1]["end_ms"] > 350_000
    drift_ms = sum(signed_ms[-tenth:]) / tenth - sum(signed_ms[:tenth]) / tenth
    assert abs(drift_ms) <= MEAN_SHIFT_BOUND_MS


def test_no_sentence_of_the_meeting_is_lost(
    results: dict[str, Any], truths: dict[str, Any]
) -> None:
    """Every sentence of the meeting is there, in order, at its time, across all clips."""
    heard = plain_words(results["meeting.opus"])
    for sentence in truths["meeting.opus"]["sentences"]:
        said = re.findall(r"[\w']+", sentence["text"].lower())
        within = [
            word["word"]
            for word in heard
            if sentence["start_ms"] - 500 <= word["start_ms"] <= sentence["end_ms"] + 500
        ]
        assert len(matching(said, within)) >= len(said) - 1 - len(said) // 4, sentence

    assert len(results["meeting.opus"]["clips"]) > 20


def test_languages_are_told_clip_by_clip(results: dict[str, Any]) -> None:
    """A recording in two languages keeps both; a file's language is that of most of its speech."""
    assert results["chinese.flac"]["language"] == "Chinese"
    assert results["interview.wav"]["language"] == "English"
    mixed = {clip["language"] for clip in results["two-languages.opus"]["clips"]}
    assert {"English", "Chinese"} <= mixed


def test_words_tile_the_text(results: dict[str, Any]) -> None:
    """Words are in order, inside the file, and their slices make up the text without a gap."""
    for file, document in results.items():
        words = [word for segment in document["segments"] for word in segment["words"]]
        pieces = [document["text"][w["char_start"] : w["char_end"]] for w in words]
        times = [t for w in words for t in (w["start_ms"], w["end_ms"])]

        assert "".join(pieces) == document["text"], file
        assert times == sorted(times), file
        assert 0 <= times[0] <= times[-1] <= document["duration_ms"], file


def test_every_format_holds_the_text(outputs: Path, results: dict[str, Any]) -> None:
    """No format loses a character: cues joined equal the recognised text, white space aside."""

    def bare(text: str) -> str:
        return "".join(text.split())

    for file, document in results.items():
        base = outputs / Path(file).with_suffix("")
        if not base.with_suffix(".srt").exists():
            base = outputs / file
        name = base.as_posix() if base.suffix else base.with_suffix("").as_posix()
        cues = list(srt.parse(Path(name + ".srt").read_text()))
        simple = Path(name + ".simple.txt").read_text().splitlines()

        assert bare("".join(cue.content for cue in cues)) == bare(document["text"]), file
        assert bare("".join(line.split("] ", 1)[1] for line in simple)) == bare(document["text"])
        assert bare(Path(name + ".txt").read_text()) == bare(document["text"]), file
        assert json.loads(Path(name + ".json").read_text())["text"] == document["text"]
        assert all(a.end <= b.start for a, b in itertools.pairwise(cues)), file


def test_same_stem_recordings_both_have_outputs(outputs: Path) -> None:
    """announcement.mp3 and announcement.wav do not overwrite each other."""
    assert (outputs / "announcement.mp3.srt").is_file()
    assert (outputs / "announcement.wav.srt").is_file()


def test_company_does_not_matter(outputs: Path, tmp_path: Path) -> None:
    """A recording alone, one clip at a time, gives byte for byte what it gave among others."""
    files = [str(RECORDINGS / "lecture.mp3"), str(RECORDINGS / "two-languages.opus")]

    argv = ["transcribe", *files, "--model", "demo", "-o", str(tmp_path), "--quiet"]
    assert run([*argv, "--batch-size", "1", "--format", "srt,vtt"]) == 0

    for name in ("lecture.srt", "lecture.vtt", "two-languages.srt", "two-languages.vtt"):
        assert (tmp_path / name).read_bytes() == (outputs / name).read_bytes(), name


def test_nothing_is_done_twice(
    outputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run skips all that is done, and tries the damaged one again.

    On a copy: state and outputs may be moved together.
    """
    moved = tmp_path / "moved"
    shutil.copytree(outputs, moved)
    before = {path: path.stat().st_mtime_ns for path in moved.rglob("*.srt")}
    argv = ["batch", str(RECORDINGS), "--model", "demo", "-o", str(moved)]

    assert run([*argv, "--format", "srt,json,simple,vtt,txt", "--log-format", "json"]) == 1

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["status"] for line in lines if line["event"] == "file"} == {"skipped", "failed"}
    assert {path: path.stat().st_mtime_ns for path in moved.rglob("*.srt")} == before


# --- healing ----------------------------------------------------------------------------------


def test_healthy_recordings_need_no_repair(results: dict[str, dict[str, Any]]) -> None:
    """No clip of a good recording is heard twice, and nobody is warned."""
    clips = [clip for document in results.values() for clip in document["clips"]]

    assert [clip for clip in clips if clip["repairs"]] == []
    assert [name for name, document in results.items() if document["warnings"]] == []


def test_an_answer_cut_short_is_healed(
    tmp_path: Path, results: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip whose text hits a flat token cap is cut at a pause, and nothing of it is missing."""
    monkeypatch.setattr(recogniser, "_TOKENS_PER_S", 0)
    monkeypatch.setattr(recogniser, "_TOKENS_AT_LEAST", 45)
    shutil.copy(RECORDINGS / "lesson.flac", tmp_path)

    assert run(["transcribe", f"{tmp_path}/lesson.flac", "--model", "demo", "-f", "json"]) == 0

    document = json.loads((tmp_path / "lesson.json").read_text())
    repairs = [line for clip in document["clips"] for line in clip["repairs"]]
    assert [line.partition(" at ")[0] for line in repairs] == ["text cut short: cut"]
    assert [clip["truncated"] for clip in document["clips"]] == [False] * len(document["clips"])
    assert document["text"] == results["lesson.flac"]["text"]
    assert document["warnings"] == []
