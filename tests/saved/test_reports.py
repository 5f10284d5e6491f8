"""Reports read back, whoever wrote into them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.cli.main import run
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.formats.page import PageFile, page
from qasr_cli.saved.reports import merge_reports, read_report
from tests.any_json import changed, json_values, nested
from tests.conftest import WriteWav

NAME = "a.wav"


def detail(root: Path, **fields: object) -> dict[str, Any]:
    """An entry of a report."""
    return {
        "file": NAME,
        "path": str(root / NAME),
        "status": "done",
        "success": True,
        "outputs": [str(root / "a.srt")],
        "error": None,
        "attempts": [],
        "warnings": ["faint"],
        "duration_s": 2.0,
        "language": "English",
    } | fields


def report(*details: dict[str, Any], written: str = "2026-01-02T03:00:00+00:00") -> dict[str, Any]:
    """A report of these."""
    return {
        "schema_version": 1,
        "status": "stopped",
        "stopped_by": "the time budget",
        "written": written,
        "sandbox": "on",
        "left_out": {"hidden": 1},
        "summary": {
            "total_files": 1,
            "successful": 1,
            "failed": 0,
            "skipped": 0,
            "quarantined": 0,
            "pending": 0,
            "success_rate": 1.0,
            "audio_s": 2.0,
            "wall_s": 1.0,
            "rtfx": 2.0,
        },
        "details": list(details),
    }


FAILURE = {
    "status": "failed",
    "success": False,
    "outputs": [],
    "duration_s": None,
    "error": {"kind": "DecodeError", "message": "no sound"},
}
ROOT = Path("/in")
WHOLE = report(detail(ROOT), detail(ROOT, file="b.wav", path="/in/b.wav", **FAILURE))


def save(folder: Path, name: str, document: object) -> str:
    """Write a report; gives its path."""
    path = folder / name
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for reports."""
    return tmp_path_factory.mktemp("reports")


def _page_file(detail: dict[str, Any]) -> PageFile:
    return PageFile(detail=detail)


@given(document=st.one_of(json_values(), changed(WHOLE)))
def test_any_value_in_any_field(place: Path, document: object) -> None:
    """It is a report or it is none; all that is shown of it has its type."""
    path = save(place, "processing_report.json", document)
    try:
        found = read_report(path)
    except MalformedInput:
        assert run(["report", "show", path]) == 1
        return
    text = "".join(page(found, map(_page_file, found["details"]), summary=""))
    assert text.count("<script>") == 1
    assert "\x1b" not in text
    assert json.dumps(merge_reports([path]))
    assert run(["report", "show", path]) == 0


@pytest.mark.parametrize("depth", [200, 100_000])
def test_a_deep_report_is_none(tmp_path: Path, depth: int) -> None:
    """Wherever in it."""
    document = json.dumps(WHOLE | {"new": 0}).replace('"new": 0', f'"new": {nested(depth)}')
    (tmp_path / "x.json").write_text(document)

    with pytest.raises(MalformedInput, match="not a report of qasr: is nested too deep"):
        read_report(str(tmp_path / "x.json"))


def test_a_fifo_is_no_report(tmp_path: Path) -> None:
    """It is not waited for."""
    os.mkfifo(tmp_path / "processing_report.json")

    with pytest.raises(UnreadableInput, match="is not a regular file"):
        read_report(str(tmp_path))


def test_nothing_of_a_report_reaches_the_terminal_raw(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sequences that would set a title or move the cursor are shown as what they are."""
    evil = "\x1b]0;owned\x07\x9b2J\u202e"
    entry = detail(tmp_path, file=f"a{evil}.wav", warnings=[evil], **FAILURE)
    running = report(entry, written=evil) | {"status": "running", "warnings": [evil]}
    path = save(tmp_path, "x.json", running | {"stopped_by": None, "left_out": {evil: 1}})

    assert run(["report", "show", path]) == 0

    out = capfd.readouterr().out
    assert not [char for char in out if not char.isprintable() and char != "\n"]
    assert out.count("owned") == 6


# --- merged ---------------------------------------------------------------------------------------

EARLY, LATE = "2026-01-02T03:00:00+00:00", "2026-01-02T05:00:00+00:00"


@pytest.mark.parametrize("stands", [True, False])
def test_what_stands_is_done_whatever_the_clocks_say(tmp_path: Path, stands: bool) -> None:
    """A failure from a machine whose clock is ahead hides no result; but a lost result is lost."""
    if stands:
        (tmp_path / "a.srt").write_text("x")
    paths = [
        save(tmp_path, "1.json", report(detail(tmp_path), written=EARLY)),
        save(tmp_path, "2.json", report(detail(tmp_path, **FAILURE), written=LATE)),
    ]

    (merged,) = merge_reports(paths)["details"]

    assert merged["status"] == ("done" if stands else "failed")


@pytest.mark.parametrize("change", [None, "recording", "output"])
def test_a_result_stands_for_the_file_as_it_is(
    tmp_path: Path, write_wav: WriteWav, change: str | None
) -> None:
    """A recording that was replaced since has no result, and its later failure counts."""
    write_wav(tmp_path / NAME)
    batch = ["batch", "--engine", "fake", "--vad", "energy", "--quiet", str(tmp_path)]
    assert run([*batch, "--shard", "1/1"]) == 0
    (path,) = map(str, tmp_path.glob(".qasr/shards/*/processing_report.json"))
    done = json.loads(Path(path).read_text())
    later = report(detail(tmp_path, **FAILURE), written="9999")
    save(tmp_path, "processing_report.json", later)
    if change == "recording":
        (tmp_path / NAME).write_bytes(b"no sound at all")
    if change == "output":
        (tmp_path / "a.srt").unlink()

    assert run(["report", "merge", str(tmp_path)]) == 0

    (merged,) = read_report(str(tmp_path / "processing_report.json"))["details"]
    assert merged == (done["details"][0] if change is None else later["details"][0])


def test_a_killed_merge_leaves_nothing_for_long(tmp_path: Path) -> None:
    """The next one removes the temporaries of a process that is gone, and no others."""
    from qasr_cli.storage.temporaries import owner_of_process, temporary_in

    save(tmp_path, "processing_report.json", report(detail(tmp_path)))
    own = owner_of_process()
    dead = own.replace(f"p{os.getpid()}h", "p4194305h")  # beyond the highest of Linux
    for owner in (dead, own, "p1h00000000", own.replace(f"p{os.getpid()}h", f"p{'9' * 30}h")):
        Path(temporary_in(str(tmp_path), owner)).write_text("half")

    assert run(["report", "merge", str(tmp_path)]) == 0

    left = list(tmp_path.glob(".qasr-*.tmp"))
    assert len(left) == 3
    assert not [path for path in left if dead in path.name]
