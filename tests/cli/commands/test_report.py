"""`qasr report` and the options of a batch that nobody watches, as typed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

BATCH = ("batch", "--engine", "fake", "--vad", "energy", "--quiet")


@pytest.fixture
def done_folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A batch in two parts, with one failure in it."""
    for name in ("a", "b", "c"):
        write_wav(tmp_path / f"{name}.wav", seed=ord(name))
    (tmp_path / "bad\n.mp3").write_bytes(b"no sound at all")
    codes = {run([*BATCH, str(tmp_path), "--shard", part]) for part in ("1/2", "2/2")}
    assert codes == {0, 1}
    return tmp_path


def test_show_says_what_did_not_go_well(
    done_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Failures with their reasons, and the counts of all parts."""
    assert run(["report", "show", str(done_folder)]) == 0

    failed, counts = capfd.readouterr().out.splitlines()
    assert failed.startswith("failed   bad\\n.mp3: cannot be decoded")
    assert counts.startswith("4 files: 3 done, 0 skipped, 1 failed; ")


def test_failed_prints_paths_for_other_programs(
    done_folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The exact names, which may hold anything but a zero byte."""
    assert run(["report", "failed", "--null", str(done_folder)]) == 0

    assert capfdbinary.readouterr().out == str(done_folder / "bad\n.mp3").encode() + b"\0"


def test_merge_writes_one_report(done_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the report of an undivided batch would stand, or wherever it is told."""
    assert run(["report", "merge", str(done_folder)]) == 0
    target = done_folder / "processing_report.json"
    assert capfd.readouterr() == ("", f"done     2 reports of 4 files  -> {target}\n")
    parts = sorted(map(str, done_folder.glob(".qasr/shards/*/processing_report.json")))
    assert run(["report", "merge", *parts, "-o", "-"]) == 0

    written = json.loads((done_folder / "processing_report.json").read_text())
    assert written == json.loads(capfd.readouterr().out)
    assert written["summary"]["total_files"] == 4


def test_a_page_is_written(
    tmp_path: Path, write_wav: WriteWav, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the subtitles as they were written, the sound, and the way to the recording."""
    write_wav(tmp_path / "a: b.wav")
    recordings = Path(__file__).parent.parent.parent.parent / "examples" / "recordings"
    shutil.copy(recordings / "clip.mp4", tmp_path / "film.MP4")
    (tmp_path / "bad.mp3").write_bytes(b"no sound at all")
    assert run([*BATCH, str(tmp_path)]) == 1
    (tmp_path / "a: b.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nedited by hand\n")
    pages = tmp_path / "pages"
    pages.mkdir()

    assert run(["report", "show", str(tmp_path), "--html", str(pages / "report.html")]) == 0

    text = (pages / "report.html").read_text()
    assert '"url":"../a%3A%20b.wav","has_picture":false' in text
    assert '"url":"../film.MP4","has_picture":true' in text
    assert run(["report", "show", str(tmp_path)]) == 0
    assert capfd.readouterr().out.splitlines()[-1] in text
    assert '[100,900,"edited by hand"]' in text
    assert "cannot be decoded" in text
    assert '"peaks":""' not in text


def test_a_page_without_sound_is_printed(
    tmp_path: Path, write_wav: WriteWav, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is gone since the run is left out, and nothing is decoded where nobody asks for it."""
    for name in ("gone", "kept"):
        write_wav(tmp_path / f"{name}.wav")
    assert run([*BATCH, str(tmp_path)]) == 0
    (tmp_path / "gone.wav").unlink()
    (tmp_path / "kept.srt").unlink()
    capfd.readouterr()

    assert run(["report", "show", str(tmp_path), "--html", "-", "--no-waveforms"]) == 0

    text = capfd.readouterr().out
    assert text.count('"peaks":""') == 2
    assert text.count('"url":null') == 1
    assert "</html>" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("report", "show", "nowhere"), (1, "nowhere: No such file")),
        (("report", "show", "empty"), (1, "empty: no batch wrote here: there is no ")),
        (("report", "show", "x.json"), (1, "not a report")),
        (("report", "merge", "x.json", "y.json"), (2, "-o FILE")),
        ((*BATCH, "empty", "--shard", "0/3"), (2, "--shard: part 0 of 3")),
        ((*BATCH, "empty", "--time-budget", "soon"), (2, "--time-budget: 'soon'")),
        ((*BATCH, "empty", "--time-budget", "6"), (2, "--time-budget: '6' needs a unit")),
        ((*BATCH, "empty", "--wait-stable", "0"), (2, "--wait-stable: '0'")),
        ((*BATCH, "empty", "--max-failures", "many"), (2, "--max-failures: 'many'")),
        ((*BATCH, "empty", "--max-failures", "101%"), (2, "--max-failures: '101%'")),
        ((*BATCH, "empty", "--max-failures", "nan"), (2, "--max-failures: 'nan'")),
        ((*BATCH, "empty", "--max-crashes", "-1"), (2, "--max-crashes")),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    expected: tuple[int, str],
) -> None:
    """What is wrong, and with which option."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.json").write_text('{"schema_version": 1}')

    code = run([*arguments])

    (line,) = capfd.readouterr().err.splitlines()
    assert code == expected[0]
    assert expected[1] in line


@pytest.fixture
def unsure_folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A batch with confidence: `word<n>` is at 1 + its letters' sum modulo 100 percent."""
    write_wav(tmp_path / "a.wav", bursts_s=((0.5, 70.0),), duration_s=71.0)
    write_wav(tmp_path / "b c.wav", bursts_s=((0.5, 9.5),), duration_s=10.0)
    (tmp_path / "bad.mp3").write_bytes(b"no sound at all")
    assert run([*BATCH, "--confidence", str(tmp_path)]) == 1
    return tmp_path


def test_a_review_lists_the_worst_minutes(
    unsure_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A line each with place, reason and excerpt, the worst first, and how many there are."""
    assert run(["report", "show", str(unsure_folder), "--review"]) == 0

    *minutes, count = capfd.readouterr().out.splitlines()
    first = r"a\.wav: 00:00:\d\d-00:0\d:\d\d: confidence 0\.\d\d: \"word\d+ .*\""
    assert re.fullmatch(first, minutes[0])
    assert count == f"{len(minutes)} minutes to listen to again in 2 files"
    assert run(["report", "show", str(unsure_folder), "--review", "--limit", "1"]) == 0
    assert capfd.readouterr().out.splitlines() == [minutes[0], f"{count}, the worst 1 shown"]


def test_a_review_is_json_on_demand(unsure_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same minutes, every reason with its place and its weight."""
    assert run(["report", "show", str(unsure_folder), "--review", "--json"]) == 0

    found = json.loads(capfd.readouterr().out)
    assert (found["minute_count"], found["file_count"]) == (len(found["minutes"]), 2)
    assert found["files_without_confidence"] == 0
    weights = [minute["doubtful_words"] for minute in found["minutes"]]
    assert weights == sorted(weights, reverse=True)
    first = found["minutes"][0]
    assert (first["file"], first["path"]) == ("a.wav", str(unsure_folder / "a.wav"))
    assert first["reasons"][0]["kind"] == "low-confidence"


def test_a_review_without_confidence_says_so(
    done_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It lists what is known besides; a result that is gone costs a line, not the others."""
    (done_folder / ".qasr" / "results" / "b.wav.json").unlink()

    assert run(["report", "show", str(done_folder), "--review"]) == 0

    captured = capfd.readouterr()
    assert captured.out.splitlines() == [
        "nothing to listen to again in 2 files",
        "2 files were heard without --confidence: of these only what else is known",
    ]
    assert captured.err.startswith("warning  b.wav: ")
    assert len(captured.err.splitlines()) == 1


def test_a_review_warns_of_no_file_that_was_never_heard(
    tmp_path: Path, write_wav: WriteWav, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that had subtitles before has no result, and that is nothing amiss; a line counts it."""
    write_wav(tmp_path / "a.wav", bursts_s=((0.5, 1.5),), duration_s=2.0)
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    assert run([*BATCH, "--skip-subtitled", str(tmp_path)]) == 0
    capfd.readouterr()

    assert run(["report", "show", str(tmp_path), "--review"]) == 0

    captured = capfd.readouterr()
    assert captured.err == ""
    assert captured.out.splitlines() == [
        "nothing to listen to again in 0 files",
        "1 file was skipped and never heard: nothing is known of what their subtitles say",
    ]


def test_json_is_the_report_itself(done_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """That of all parts."""
    assert run(["report", "show", str(done_folder), "--json"]) == 0

    assert json.loads(capfd.readouterr().out)["summary"]["total_files"] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--review", "--html", "x.html"], "--html and --review contradict each other"),
        (["--json", "--html", "x.html"], "--html and --json contradict each other"),
        (["--limit", "5"], "--limit goes with --review"),
        (["--review", "--limit", "0"], "--limit takes 1 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before any report is looked for."""
    assert run(["report", "show", "nowhere", *options]) == 2

    assert capfd.readouterr().err == f"qasr: {message}\n"
