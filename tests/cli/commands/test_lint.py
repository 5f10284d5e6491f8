"""`qasr lint`: argv and subtitles to findings and exit codes."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run

GOOD = "1\n00:00:00,000 --> 00:00:02,000\nAll is well\nin the garden.\n"
HURRIED = GOOD + "\n2\n00:00:03,000 --> 00:00:03,500\nThis one is gone too soon.\n"
OVERLAPPING = GOOD + "\n2\n00:00:01,500 --> 00:00:04,000\nThis one comes too early.\n"


@pytest.fixture
def srt(tmp_path: Path) -> Path:
    """Where a subtitle file may stand."""
    return tmp_path / "talk.srt"


@pytest.mark.parametrize(("content", "code"), [(GOOD, 0), (HURRIED, 0), (OVERLAPPING, 1), ("", 0)])
def test_errors_fail_and_warnings_do_not(srt: Path, content: str, code: int) -> None:
    """A script can tell by the exit code whether the file can be shipped."""
    srt.write_text(content)

    assert run(["lint", str(srt)]) == code


def test_each_breach_is_a_line_with_cue_and_figure(
    srt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then a line sums up; `--quiet` leaves errors alone."""
    srt.write_text(OVERLAPPING)

    run(["lint", str(srt)])
    first, last = capsys.readouterr().out.splitlines()
    assert first == (f"{srt}: cue 2 (00:00:01.500): error: overlaps the cue above it by 500 ms")
    assert last.startswith(f"{srt}: English: cues 2, lines 3, errors 1, warnings 0, ")

    run(["lint", str(srt), "--quiet"])
    assert capsys.readouterr().out == first + "\n"


def test_json_is_for_programs(srt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kinds, figures and limits as data, and a summary."""
    srt.write_text(HURRIED)

    assert run(["lint", str(srt), "-f", "json"]) == 0
    short = capsys.readouterr().out
    assert run(["lint", str(srt), "--format", "json"]) == 0

    long = capsys.readouterr().out
    assert long == short
    (found,) = json.loads(long)["files"]
    assert [(b["cue"], b["kind"], b["figure"], b["limit"]) for b in found["breaches"]] == [
        (2, "reading-speed", 52, 20),
        (2, "short", 500, 833),
    ]
    assert found["summary"]["reading_speed_ok_percent"] == 50
    assert found["summary"]["too_short"] == 1


def test_a_profile_and_options_set_the_limits(srt: Path) -> None:
    """What one style forbids another allows."""
    srt.write_text("1\n00:00:00,000 --> 00:00:03,000\nA line of thirty characters it is.\n")

    assert run(["lint", str(srt)]) == 0
    assert run(["lint", str(srt), "--profile", "vertical"]) == 1
    assert run(["lint", str(srt), "--max-line-width", "30"]) == 1


def test_the_name_of_the_file_tells_its_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`talk.de.srt` is German, and `--language` knows better still."""
    path = tmp_path / "talk.de.srt"
    path.write_text(GOOD)

    run(["lint", str(path)])
    assert ": German: " in capsys.readouterr().out
    run(["lint", str(path), "--language", "fr"])
    assert ": French: " in capsys.readouterr().out


def test_webvtt_is_read_too(tmp_path: Path) -> None:
    """By its own rules."""
    path = tmp_path / "talk.VTT"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:00.500\n<b>Backwards.</b>\n")

    assert run(["lint", str(path)]) == 1


def test_files_that_cannot_be_checked(
    tmp_path: Path, srt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown kind is a usage error; a damaged or absent file fails and the next is checked."""
    assert run(["lint", str(tmp_path / "talk.docx")]) == 2

    srt.write_text(GOOD)
    broken = tmp_path / "broken.srt"
    broken.write_text("1\n00:00:0x,000 --> 00:00:02,000\nnaïve\n")
    assert run(["lint", str(tmp_path / "gone.srt"), str(broken), str(srt)]) == 1
    captured = capsys.readouterr()
    assert [line.split(":")[0] for line in captured.err.splitlines()[-2:]] == [
        f"failed   {tmp_path / 'gone.srt'}",
        f"failed   {broken}",
    ]
    assert captured.out.count("\n") == 1


def test_how_a_file_was_read_is_said(srt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A guess at the encoding and what was left out are notes, in JSON too, and no errors."""
    srt.write_bytes(f"{GOOD}\n2\n00:00:03,000 --> 00:00:05,000\nNaïve birds.\n\n3".encode("cp1252"))

    assert run(["lint", str(srt)]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{srt}: note: read as windows-1252, which is a guess")
    assert second == f"{srt}: note: a number without times is left out: 3"

    assert run(["lint", str(srt), "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert len(found["notes"]) == 2


def test_tags_are_no_text(srt: Path) -> None:
    """A line is as long, and read as fast, as its words."""
    srt.write_text(
        '1\n00:00:00,000 --> 00:00:02,000\n{\\an8}<font color="#ffff00"><i>All is well</i></font>\n'
    )

    assert run(["lint", str(srt), "--max-line-width", "11", "--quiet"]) == 0
