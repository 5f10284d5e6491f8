"""Corrections under a clock: a table may take a file's time, never the run's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.cli.main import run
from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.corrections import corrections_from_text
from qasr_cli.core.transcript.schema import document_from_transcript
from qasr_cli.core.types import Transcript
from qasr_cli.errors import CorrectionFailed
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.stop_request import Stopped
from tests.conftest import WriteWav
from tests.core.transcript.test_apply_corrections import heard
from tests.strategies import transcripts

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")
ENDLESS = r"(([a-z0-9 ])*)*!"
# No end is in sight for the row, and a second of the processor's time is plenty for the others.
QUICK_S = 0.5


@pytest.fixture(scope="module")
def corrector() -> Iterator[Corrector]:
    """One for all: its child serves until it is ended."""
    with Corrector(row_limit_s=QUICK_S) as shared:
        yield shared


def table(*rows: str) -> str:
    """Rows whose columns are parted by a bar."""
    return "".join(row.replace("|", "\t") + "\n" for row in rows)


def _is_table(row: str) -> bool:
    try:
        return bool(corrections_from_text(row))
    except ValueError:
        return False


_ROWS = st.builds(
    "{}\t{}\t\t{}".format,
    st.text("abeiou ?.", min_size=1, max_size=3),
    st.sampled_from(["", " ", "a", "two words", "’", "再见"]),
    st.sampled_from(["", "word", "regex", "regex, word"]),
).filter(_is_table)


@given(transcript=transcripts(), rows=st.lists(_ROWS, max_size=4))
def test_a_harmless_table_makes_what_it_always_made(
    corrector: Corrector, transcript: Transcript, rows: list[str]
) -> None:
    """To the byte, whichever process makes it."""
    corrections = corrections_from_text(table(*rows, r"([aeiou])\b|\1\1||regex"))

    made = corrector.corrected(transcript, corrections, path="a.wav")

    here = corrected(transcript, corrections)
    assert json.dumps(document_from_transcript(made)) == json.dumps(document_from_transcript(here))


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (ENDLESS, "so this is said and then that is said and so on and on"),
        (r"(a+)+$", "a" * 40 + " b"),
        (r"(x+x+)+y", "x" * 40),
    ],
)
def test_a_row_without_an_end_fails_its_file_and_no_other(
    corrector: Corrector, find: str, text: str
) -> None:
    """The error names table and row; the next file is done."""
    rows = corrections_from_text(table("so|thus", f"{find}|x||regex"), table="t.tsv")

    with pytest.raises(CorrectionFailed, match=r"^a\.wav: --corrections t\.tsv: line 2: takes"):
        corrector.corrected(heard(text), rows, path="a.wav")

    assert corrector.corrected(heard("yes so"), rows, path="b.wav").text == "yes thus"


@pytest.mark.parametrize(
    "rows",
    [
        ["w|ww"] * 40,
        ["w|ww||regex"] * 40,
        ["(w)|" + r"\1" * 200_000 + "||regex"],
        ["w|" + "v" * 200_000],
        [f"{'w' * 400}|{'v' * 400}", f"{'v' * 400}|{'w' * 400}"] * 1000,
    ],
    ids=["doubled", "doubled by regex", "in one replacement", "in one text", "in the notes"],
)
def test_text_does_not_grow_without_measure(rows: list[str]) -> None:
    """Long before memory is short, the file fails with the number of the row."""
    corrections = corrections_from_text(table(*rows), table="t.tsv")

    with (
        Corrector() as corrector,
        pytest.raises(CorrectionFailed, match=r"t\.tsv: line \d+: makes far more text"),
    ):
        corrector.corrected(heard("w" * 400), corrections, path="a")


def test_reading_a_table_searches_nothing() -> None:
    """A row may take long over an empty text, too; its groups are checked all the same."""
    endless = r"(?P<name>(?:(?:(?:a?){900}){900}){900})"

    (row,) = corrections_from_text(f"{endless}\t\\g<name>\t\tregex")

    assert row.is_regex
    with pytest.raises(ValueError, match="line 1: not a regular expression"):
        corrections_from_text("(a)\t\\2\t\tregex")


def test_a_stop_is_heard_meanwhile() -> None:
    """Plain rows and regular expressions end when the run is asked to."""
    for row in (f"{ENDLESS}|x||regex", "a|b"):
        text = heard("so this is said and then so it goes on and on")
        with (
            Corrector(is_stopped=lambda: True, row_limit_s=600, grace_s=0) as stopped,
            pytest.raises(Stopped),
        ):
            stopped.corrected(text, corrections_from_text(table(row)), path="a")


def test_render_goes_on_after_a_file_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is named with table and row, and leaves no output."""
    for name, text in (("a", "x" * 40), ("b", "axb")):
        segment = {"start": 0, "end": 4, "text": text}
        (tmp_path / f"{name}.json").write_text(json.dumps({"segments": [segment]}))
    (tmp_path / "t.tsv").write_text(table(r"(x+x+)+y|z||regex", "axb|done"))
    results = [str(tmp_path / name) for name in ("a.json", "b.json")]

    assert run(["render", *results, "-f", "txt", "--corrections", str(tmp_path / "t.tsv")]) == 1

    assert f"a.json: --corrections {tmp_path}/t.tsv: line 1: takes" in capsys.readouterr().err
    assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "b.txt").read_text() == "done\n"


def _children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def _correcting_child(process: "subprocess.Popen[bytes]") -> int:
    """The child that makes corrections, once it is at work."""
    while process.poll() is None:
        for child in _children(process.pid):
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                used = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11]
            except OSError:
                continue
            if b"corrector_child" in command and int(used) > 50:  # hundredths of a second
                return child
        time.sleep(0.01)
    raise AssertionError("it ended before it corrected anything")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_batch_hears_signals_while_it_corrects(tmp_path: Path, write_wav: WriteWav) -> None:
    """It ends with the signal's code, the file stays to be done, and no process is left."""
    folder = tmp_path / "in"
    write_wav(folder / "talk.wav", [(s + 0.5, s + 1.5) for s in range(0, 24, 2)], duration_s=25.0)
    (tmp_path / "t.tsv").write_text(table(f"{ENDLESS}|x||regex"))
    command = [sys.executable, "-m", "qasr_cli", "batch", str(folder), *FAKE, "-f", "txt"]
    process = subprocess.Popen([*command, "--corrections", str(tmp_path / "t.tsv")])
    child = _correcting_child(process)

    process.send_signal(signal.SIGTERM)

    assert process.wait() == 143
    assert not Path(f"/proc/{child}").exists()
    report: dict[str, Any] = json.loads((folder / "processing_report.json").read_text())
    assert report["summary"]["pending"] == 1
    assert not os.path.exists(folder / "talk.txt")
    subprocess.run(command, check=True)
    assert (folder / "talk.txt").read_text()
