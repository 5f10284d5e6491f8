"""Recordings that a batch has heard, and what somebody corrects in them."""

from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.core.script.edited_cues import transcript_with_cues
from qasr_cli.core.types import Cue
from qasr_cli.saved.in_place.opening import Opened, opened
from qasr_cli.saved.in_place.places import Editable, find
from qasr_cli.saved.in_place.saving import Saved, save
from tests.conftest import WriteWav

FORMATS = "srt,vtt,json,txt,ass,md"


def run_batch(folder: Path, *arguments: str) -> int:
    """The code of a batch without models; in the formats that are given, or `FORMATS`."""
    formats = () if "-f" in arguments else ("-f", FORMATS)
    command = ["batch", str(folder), "--engine", "fake", "--vad", "energy", "--quiet"]
    return run([*command, *formats, *arguments])


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder that nobody may redo: no recording, journal, lock or report."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.suffix not in {".wav", ".jsonl"}
        and path.name not in {"lock", "processing_report.json"}
    }


def with_lines(cues: tuple[Cue, ...], *lines: str) -> tuple[Cue, ...]:
    """The cues, the first of which says this."""
    return (replace(cues[0], lines=lines), *cues[1:])


def save_as(editable: Editable, found: Opened, cues: tuple[Cue, ...], **more: bool) -> Saved:
    """What a save of these cues leaves."""
    transcript = transcript_with_cues(found.heard, found.cut, cues)
    return save(editable, transcript, found.basis, **{"overwrite": False, **more})


def corrected(folder: Path, *lines: str) -> Editable:
    """The first recording of a folder, once its first subtitle was corrected to say this."""
    editable = find([str(folder)]).editables[0]
    found = opened(editable)
    save_as(editable, found, with_lines(found.cues, *lines))
    return editable


@pytest.fixture
def heard(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with two recordings that a batch has heard, one of them in a folder of its own."""
    folder = tmp_path / "talks"
    (folder / "inner").mkdir(parents=True)
    bursts_s = [(float(second), second + 0.7) for second in range(1, 9, 2)]
    write_wav(folder / "a.wav", bursts_s, 10.0)
    write_wav(folder / "inner" / "b.wav", bursts_s[:2], 5.0)
    assert run_batch(folder) == 0
    return folder
