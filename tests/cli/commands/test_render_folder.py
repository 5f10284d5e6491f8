"""`qasr render FOLDER`: what a batch did, written again; and the batch knows it."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--quiet")
MINE = b"1\n00:00:00,000 --> 00:00:01,000\nmine\n"


@pytest.fixture
def done(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder that a batch has done, with sub-folders and a name too long for its result."""
    root = tmp_path / "in"
    for name in ("a.wav", "deep/er/c.wav", f"deep/{'x' * 247}.wav"):
        write_wav(root / name)
    assert run(["batch", str(root), *FAKE]) == 0
    return root


def outputs(root: Path, suffix: str) -> list[str]:
    """Names of all outputs with a suffix, shortened."""
    return sorted(str(path.relative_to(root))[:12] for path in root.rglob(f"*{suffix}"))


def test_a_folder_stands_for_what_a_batch_did(done: Path) -> None:
    """All results, those of sub-folders and long names too, to the places of the recordings."""
    assert run(["render", str(done), "-f", "vtt", "-q"]) == 0

    assert outputs(done, ".vtt") == ["a.vtt", "deep/er/c.vt", "deep/xxxxxxx"]


def test_a_folder_inside_stands_for_its_part(done: Path) -> None:
    """Only what lies below it."""
    assert run(["render", str(done / "deep/er"), "-f", "vtt", "-q"]) == 0

    assert outputs(done, ".vtt") == ["deep/er/c.vt"]


def test_what_a_batch_wrote_is_replaced(done: Path) -> None:
    """And is the batch's own afterwards: it leaves it, and replaces it for other options."""
    before = (done / "a.srt").read_bytes()

    assert run(["render", str(done), "--max-line-width", "10", "-q"]) == 0
    rendered = (done / "a.srt").read_bytes()
    assert rendered != before
    assert run(["batch", str(done), *FAKE]) == 0
    assert (done / "a.srt").read_bytes() == rendered
    assert run(["batch", str(done), "--crlf", *FAKE]) == 0
    assert (done / "a.srt").read_bytes() == before.replace(b"\n", b"\r\n")


def test_what_somebody_edited_stays(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are written, and the exit code is 1."""
    (done / "a.srt").write_bytes(MINE)

    assert run(["render", str(done), "--crlf", "-q"]) == 1

    assert "a.srt exists; --overwrite replaces it" in capsys.readouterr().err
    assert (done / "a.srt").read_bytes() == MINE
    assert b"\r\n" in (done / "deep/er/c.srt").read_bytes()


def test_a_batch_knows_what_was_rendered_of_its_json(tmp_path: Path, write_wav: WriteWav) -> None:
    """Also where the result is the one beside the recording."""
    root = tmp_path / "in"
    write_wav(root / "sub/a.wav")
    assert run(["batch", str(root), "-f", "json", *FAKE]) == 0
    assert run(["render", str(root / "sub/a.json"), "-f", "vtt", "--crlf", "-q"]) == 0

    assert run(["batch", str(root), "-f", "json,vtt", *FAKE]) == 0

    (detail,) = json.loads((root / "processing_report.json").read_text())["details"]
    assert (detail["status"], detail["warnings"]) == ("done", [])
    assert b"\r" not in (root / "sub/a.vtt").read_bytes()


def test_names_stay_when_a_neighbour_comes(tmp_path: Path, write_wav: WriteWav) -> None:
    """What is done keeps its names, as in a batch."""
    root = tmp_path / "in"
    write_wav(root / "talk.wav")
    assert run(["batch", str(root), *FAKE]) == 0
    write_wav(root / "talk.flac", seed=3)
    assert run(["batch", str(root), *FAKE]) == 0

    assert run(["render", str(root), "-f", "vtt", "-q"]) == 0

    assert outputs(root, ".vtt") == ["talk.flac.vt", "talk.vtt"]


def test_elsewhere_nothing_is_noted(done: Path, tmp_path: Path) -> None:
    """With -o the tree is mirrored, and the batch's journal says nothing of it."""
    journal = done / ".qasr/journal.jsonl"
    before = journal.read_bytes()

    assert run(["render", str(done), "-o", str(tmp_path / "out"), "-q"]) == 0

    assert outputs(tmp_path / "out", ".srt") == ["a.srt", "deep/er/c.sr", "deep/xxxxxxx"]
    assert journal.read_bytes() == before


def test_a_folder_without_a_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused in a line."""
    assert run(["render", str(tmp_path)]) == 2

    assert "no batch has done a recording in it" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["edited json", "corrections", "second language"])
def test_somebodys_words_are_never_a_batchs(tmp_path: Path, write_wav: WriteWav, way: str) -> None:
    """What render wrote of them stays, whatever a batch would make of what it heard."""
    root = tmp_path / "in"
    write_wav(root / "a.wav")
    assert run(["batch", str(root), "-f", "srt,json", *FAKE]) == 0
    result, more = root / "a.json", []
    match way:
        case "edited json":
            result.write_text(result.read_text().replace("word2", "TWO"))
        case "corrections":
            (tmp_path / "table.tsv").write_text("word2\tTWO\n")
            more = ["--corrections", str(tmp_path / "table.tsv")]
        case _:
            subtitle = (root / "a.srt").read_text().replace("word", "Wort")
            (tmp_path / "de.srt").write_text(subtitle)
            more = ["--with", str(tmp_path / "de.srt")]
    assert run(["render", str(result), *more, "-q"]) == 0
    rendered = (root / "a.srt").read_bytes()
    assert b"TWO" in rendered or b"Wort" in rendered

    assert run(["batch", str(root), "-f", "srt,json", "--max-line-width", "30", *FAKE]) == 0

    assert (root / "a.srt").read_bytes() == rendered


def test_recordings_that_are_gone_are_left_out(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No subtitle of them comes back; a line counts them."""
    (done / "a.wav").rename(done / "b.wav")
    (done / "a.srt").rename(done / "b.srt")

    assert run(["render", str(done), "-f", "vtt", "-q"]) == 0

    assert outputs(done, ".vtt") == ["deep/er/c.vt", "deep/xxxxxxx"]
    assert "1 result of recordings that are gone left out" in capsys.readouterr().err


def test_the_folder_of_results_itself_is_one(done: Path) -> None:
    """As whoever read of it types it."""
    assert run(["render", str(done / ".qasr/results"), "-f", "vtt", "-q"]) == 0
    assert len(outputs(done, ".vtt")) == 3


def test_a_batch_that_wrote_elsewhere(tmp_path: Path, write_wav: WriteWav) -> None:
    """Its recordings are looked for where its report says."""
    write_wav(tmp_path / "in/a.wav")
    assert run(["batch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *FAKE]) == 0

    assert run(["render", str(tmp_path / "out"), "-f", "vtt", "-q"]) == 0

    assert outputs(tmp_path / "out", ".vtt") == ["a.vtt"]
