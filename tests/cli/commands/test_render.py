"""`qasr render`: argv and saved results to files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.formats.registry import FORMAT_NAMES, format_named
from tests.conftest import WriteWav

TEXT = "It was late, and the train had left without us. Nobody said a word."


@pytest.fixture
def whisper(tmp_path: Path) -> Path:
    """A result as whisper writes it."""
    words = [
        {"word": f" {word}", "start": index * 0.4, "end": index * 0.4 + 0.3}
        for index, word in enumerate(TEXT.split())
    ]
    segment = {"id": 0, "start": 0.0, "end": 5.8, "text": f" {TEXT}", "words": words}
    path = tmp_path / "in" / "talk.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"text": TEXT, "segments": [segment], "language": "en"}))
    return path


def text_of(subtitles: Path) -> str:
    """All lines of a SubRip file."""
    blocks = subtitles.read_text().strip().split("\n\n")
    return " ".join(line for block in blocks for line in block.split("\n")[2:])


def test_subtitles_stand_beside_the_result(
    whisper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what was made; nothing goes to standard output."""
    assert run(["render", str(whisper)]) == 0

    assert text_of(whisper.with_suffix(".srt")) == TEXT
    assert capsys.readouterr() == ("", f"done     {whisper}  -> talk.srt\n")


def test_what_it_cuts_passes_its_own_lint(whisper: Path) -> None:
    """The defaults of both commands agree on what good subtitles are."""
    run(["render", str(whisper), "-f", "srt,vtt"])

    assert run(["lint", str(whisper.with_suffix(".srt")), str(whisper.with_suffix(".vtt"))]) == 0


def test_options_cut_otherwise(whisper: Path, tmp_path: Path) -> None:
    """The cue options are those of transcribe, in either spelling."""
    argv = ["render", str(whisper), "-o", str(tmp_path / "out"), "--max_line_width", "20"]

    assert run([*argv, "--max-line-count", "1"]) == 0

    lines = (tmp_path / "out" / "talk.srt").read_text().split("\n")
    assert max(map(len, lines[2::4])) <= 20
    assert text_of(tmp_path / "out" / "talk.srt") == TEXT


def test_all_formats_hold_the_same_cues(whisper: Path, tmp_path: Path) -> None:
    """Every format comes out, and every one that has cues has as many."""
    assert run(["render", str(whisper), "-f", "all", "-o", str(tmp_path / "out")]) == 0

    texts = {
        name: (tmp_path / "out" / f"talk{format_named(name).suffix}").read_text()
        for name in FORMAT_NAMES
    }
    counts = {
        texts["srt"].count(" --> "),
        texts["vtt"].count(" --> "),
        texts["ass"].count("\nDialogue: "),
        texts["ttml"].count("<p "),
        texts["tsv"].count("\n") - 1,
        texts["simple"].count("\n"),
        sum(len(line) > len("[00:00.00]") for line in texts["lrc"].splitlines()),
    }
    assert len(counts) == 1


def test_what_it_wrote_as_json_it_reads(whisper: Path, tmp_path: Path) -> None:
    """Our own result gives the same subtitles as the one it was made of."""
    run(["render", str(whisper), "-f", "json,srt,words", "-o", str(tmp_path / "a")])

    assert (
        run(["render", str(tmp_path / "a/talk.json"), "-f", "srt,words", "-o", str(tmp_path / "b")])
        == 0
    )

    for name in ("talk.srt", "talk.words.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_batch_is_cut_again_from_its_state(tmp_path: Path, write_wav: WriteWav) -> None:
    """Results out of `.qasr` go to where the subtitles of the batch are."""
    write_wav(tmp_path / "day/talk.wav")
    run(["batch", str(tmp_path), "--engine", "fake", "--vad", "energy"])
    result = tmp_path / ".qasr/results/day/talk.wav.json"

    assert run(["render", str(result), "-f", "vtt"]) == 0

    assert (tmp_path / "day/talk.vtt").read_text().startswith("WEBVTT\n")


def test_existing_files_stay(whisper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is replaced without `--overwrite`; the result itself not even then."""
    whisper.with_suffix(".srt").write_text("by hand")
    before = whisper.read_text()

    assert run(["render", str(whisper), "-f", "srt,vtt"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert sorted(p.name for p in whisper.parent.iterdir()) == ["talk.json", "talk.srt"]
    assert whisper.with_suffix(".srt").read_text() == "by hand"

    assert run(["render", str(whisper), "-f", "all", "--overwrite"]) == 0
    assert whisper.with_suffix(".srt").read_text() != "by hand"
    assert run(["render", str(whisper), "-f", "json", "--overwrite"]) == 1
    assert whisper.read_text() == before


def test_a_damaged_result_costs_nobody_else(
    whisper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are done, and the exit code says that one is not."""
    bad = tmp_path / "bad.json"
    bad.write_text("{}")

    assert run(["render", str(bad), str(whisper), "--quiet"]) == 1

    assert whisper.with_suffix(".srt").exists()
    assert capsys.readouterr().err.startswith(f"failed   {bad}: no segments")


def test_what_was_edited_by_hand_is_written(
    whisper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every format, and a line says that it was edited; the other words keep their times."""
    run(["render", str(whisper), "-f", "json,words", "-o", str(tmp_path / "a")])
    result = tmp_path / "a/talk.json"
    document = json.loads(result.read_text())
    document["segments"][0]["text"] = document["segments"][0]["text"].replace("was", "is")
    result.write_text(json.dumps(document))
    capsys.readouterr()

    assert run(["render", str(result), "-f", "all", "-o", str(tmp_path / "b")]) == 0

    assert "note     " in (said := capsys.readouterr().err)
    assert "'was' is 'is' now" in said
    for name in FORMAT_NAMES:
        written = (tmp_path / "b" / f"talk{format_named(name).suffix}").read_text()
        assert "was" not in "".join(written.split('"corrections"')[:1]), name
    before = (tmp_path / "a/talk.words.txt").read_text()
    after = (tmp_path / "b/talk.words.txt").read_text()
    assert after == before.replace("was(", "is(")


def test_notes_say_what_was_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They go to standard error, and into the result."""
    path = tmp_path / "talk.json"
    segments = [{"start": 5, "end": 6, "text": "b"}, {"start": 0, "end": 1, "text": "a"}]
    path.write_text(json.dumps({"segments": segments}))

    assert run(["render", str(path), "-o", "-", "-f", "json"]) == 0

    captured = capsys.readouterr()
    assert f"note     {path}: segments out of order" in captured.err
    assert "out of order" in json.loads(captured.out)["warnings"][0]


def test_estimated_times_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without word times the cues are timed by length, and a line says so."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps({"segments": [{"start": 0, "end": 4, "text": TEXT}]}))

    assert run(["render", str(path), "-o", "-"]) == 0

    captured = capsys.readouterr()
    assert captured.out.startswith("1\n00:00:00,000 --> ")
    assert "1 of 1 stretches have no word times" in captured.err


def test_karaoke_bom_and_line_ends(whisper: Path) -> None:
    """`--highlight-words --bom --crlf` do what they say."""
    assert run(["render", str(whisper), "-f", "vtt", "--highlight-words", "--bom", "--crlf"]) == 0

    content = whisper.with_suffix(".vtt").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfWEBVTT\r\n")
    assert b"It <00:00:00.400>was " in content


def test_two_results_on_one_stream_are_refused(whisper: Path) -> None:
    """So are two formats."""
    assert run(["render", str(whisper), str(whisper), "-o", "-"]) == 2
    assert run(["render", str(whisper), "-f", "srt,vtt", "-o", "-"]) == 2


def test_no_model_code_is_loaded(whisper: Path) -> None:
    """Rendering imports neither torch nor numpy."""
    program = (
        "import sys\n"
        "from qasr_cli.cli.main import run\n"
        f"code = run(['render', {str(whisper)!r}, '-f', 'all'])\n"
        "print(code, sorted({'torch', 'transformers', 'numpy', 'onnxruntime'} & {*sys.modules}))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "0 []\n"


def test_cues_meet_the_cuts_of_a_list(
    whisper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first cue starts with the cut that it all but meets; a list that is none is said."""
    shots = tmp_path / "shots.txt"
    shots.write_text("0.2\n")

    code = run(["render", str(whisper), "-o", "-", "--shot-changes", str(shots), "--fps", "25"])

    assert code == 0
    assert "\n00:00:00,200 --> " in capsys.readouterr().out

    shots.write_text("soon\n")
    assert run(["render", str(whisper), "-o", "-", "--shot-changes", str(shots)]) != 0
    assert "shots.txt: line 1: not a time" in capsys.readouterr().err
