"""`--embed`: copies of films with their subtitles in them, by every command that writes some."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path

FAKE = ("--engine", "fake", "-q")


_SPEECH = Path(__file__).parents[3] / "examples" / "recordings" / "announcement.wav"


def make(path: Path) -> Path:
    """A film of somebody who speaks; a sound alone where it is named so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=5", "-c:v", "libx264")
    is_film = path.suffix in (".mp4", ".mkv", ".mov")
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-t", "5", "-i", str(_SPEECH)]
    subprocess.run([*command, *(picture if is_film else ()), str(path)], check=True)
    return path


def track_of(path: Path) -> str:
    """The last subtitle track of a file, as SubRip."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:s"]
    return subprocess.run(
        [*command, "-f", "srt", "-"], capture_output=True, check=True
    ).stdout.decode()


def report_of(folder: Path) -> dict[str, dict[str, object]]:
    """What the report of a batch says of each file."""
    report = json.loads((folder / "processing_report.json").read_text())
    return {entry["file"]: entry for entry in report["details"]}


def test_a_batch_writes_a_copy_beside_the_subtitles(tmp_path: Path) -> None:
    """The copy has the very subtitles; a sound gets none, with a reason, and its subtitles."""
    film, _ = make(tmp_path / "talk.mp4"), make(tmp_path / "sound.mp3")

    assert run(["batch", str(tmp_path), "--embed", *FAKE]) == 0

    subtitles = film.with_suffix(".srt").read_text()
    assert track_of(tmp_path / "talk.subtitled.mp4").strip() == subtitles.strip()
    assert (tmp_path / "sound.srt").exists()
    entry = report_of(tmp_path)["sound.mp3"]
    assert entry["status"] == "done"
    assert any(".mp3 carries no subtitles" in str(one) for one in entry["warnings"])  # type: ignore[attr-defined]  # JSON


def test_the_copy_is_an_output_like_any_other(tmp_path: Path) -> None:
    """It is no recording to the next run, which skips all, and makes only what is gone."""
    make(tmp_path / "talk.mkv")
    run(["batch", str(tmp_path), "--embed", *FAKE])
    copy = tmp_path / "talk.subtitled.mkv"
    content = copy.read_bytes()

    assert run(["batch", str(tmp_path), "--embed", *FAKE]) == 0
    assert [entry["status"] for entry in report_of(tmp_path).values()] == ["skipped"]

    copy.unlink()
    assert run(["batch", str(tmp_path), "--embed", *FAKE]) == 0
    assert copy.read_bytes() == content
    assert not (tmp_path / "talk.subtitled.subtitled.mkv").exists()


def test_a_copy_that_came_later_needs_no_second_hearing(tmp_path: Path) -> None:
    """With `--embed` a folder that is done gets its copies; what is there stays as it is."""
    make(tmp_path / "talk.mp4")
    run(["batch", str(tmp_path), *FAKE])
    before = os.stat(tmp_path / "talk.srt")

    assert run(["batch", str(tmp_path), "--embed", *FAKE]) == 0

    assert (tmp_path / "talk.subtitled.mp4").exists()
    assert (tmp_path / "talk.srt").read_bytes()
    assert os.stat(tmp_path / "talk.srt").st_size == before.st_size


def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    """It is found before the work, and stays byte for byte; so does the source."""
    film = make(tmp_path / "talk.mp4")
    content = film.read_bytes()
    (tmp_path / "talk.subtitled.mp4").write_bytes(b"mine")

    assert run(["batch", str(tmp_path), "--embed", *FAKE]) == 0
    assert run(["transcribe", str(film), "--embed", *FAKE]) == 1

    assert (tmp_path / "talk.subtitled.mp4").read_bytes() == b"mine"
    assert not (tmp_path / "talk.srt").exists()
    assert film.read_bytes() == content

    assert run(["transcribe", str(film), "--embed", "--overwrite", *FAKE]) == 0
    assert track_of(tmp_path / "talk.subtitled.mp4")
    assert film.read_bytes() == content


def test_copies_go_to_the_output_folder(tmp_path: Path) -> None:
    """As all outputs do; nothing half-written stays there."""
    film = make(tmp_path / "in" / "talk.mov")

    assert run(["transcribe", str(film), "--embed", "-o", str(tmp_path / "out"), *FAKE]) == 0

    assert sorted(os.listdir(tmp_path / "out")) == ["talk.srt", "talk.subtitled.mov"]


def test_render_embeds_what_was_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The recording is found beside the result, or where `--media` says."""
    film = make(tmp_path / "in" / "talk.mkv")
    results = tmp_path / "results"
    run(["transcribe", str(film), "-f", "json", "-o", str(results), *FAKE])
    result = str(results / "talk.json")

    assert run(["render", result, "--embed"]) == 1
    assert "no recording talk.mkv is beside it; --media FILE or FOLDER" in capsys.readouterr().err
    assert run(["render", result, "--embed", "--media", str(film.parent), "-f", "ass"]) == 0

    assert (results / "talk.subtitled.mkv").exists()
    assert (results / "talk.ass").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--embed", "-o", "-"], "--embed writes a file: leave out -o -"),
        (["--media", "x"], "--media says where the recording of --embed is"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    """Before any work, with what to do."""
    (tmp_path / "talk.json").write_text("{}")

    assert run(["render", str(tmp_path / "talk.json"), *more]) == 2

    assert sentence in capsys.readouterr().err
