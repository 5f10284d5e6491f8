"""A new version of qasr over what an earlier one left: nothing is done again, nothing rewritten."""

import subprocess
import sys
from pathlib import Path

from qasr_cli.errors import ExitCode
from tests.conftest import RECORDINGS

AS_VERSION = (
    "import sys, qasr_cli; qasr_cli.__version__ = sys.argv.pop(1); "
    "from qasr_cli.__main__ import main; main()"
)


def _batch(version: str, source: Path, output: Path) -> tuple[int, str]:
    """The code of a batch by a qasr of that version, and what it printed."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", AS_VERSION, version),
            *("batch", str(source), "--engine", "fake", "-o", str(output)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file but those that each run writes: report, journal, what it holds while it runs."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"processing_report.json", "journal.jsonl", "lock"}
    }


def _archive(folder: Path) -> Path:
    folder.mkdir()
    for name in ("interview.wav", "announcement.mp3"):
        (folder / name).write_bytes((RECORDINGS / name).read_bytes())
    return folder


def test_a_finished_archive_is_left_as_it_is(tmp_path: Path) -> None:
    """What an earlier or later version has finished is skipped, and not a byte of it touched."""
    source, output = _archive(tmp_path / "in"), tmp_path / "out"
    assert _batch("0.1.0", source, output)[0] == ExitCode.OK
    before = _files(output)

    for version in ("0.2.0", "9.9.9"):
        code, said = _batch(version, source, output)

        assert code == ExitCode.OK
        assert "2 files: 0 done, 2 skipped, 0 failed" in said
        assert _files(output) == before


def test_what_failed_for_good_is_tried_again_by_a_new_version(tmp_path: Path) -> None:
    """A later version may know what to do with a file; the same one does not try it again."""
    source, output = _archive(tmp_path / "in"), tmp_path / "out"
    (source / "notes.wav").write_bytes(b"no sound at all, whatever it is called")
    assert _batch("0.1.0", source, output)[0] == ExitCode.SOME_FAILED
    before = _files(output)

    for version, is_tried_again in (("0.1.0", False), ("0.2.0", True)):
        code, said = _batch(version, source, output)

        assert code == ExitCode.SOME_FAILED
        assert "0 done, 2 skipped, 1 failed" in said
        assert ("not tried again" in said) is not is_tried_again
        assert {n: f for n, f in _files(output).items() if n in before} == before
