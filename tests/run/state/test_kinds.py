"""Whatever stands in the state: a run goes on, and takes nobody's file for its own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode, OutputError
from qasr_cli.run.state.store import Store
from tests.run.conftest import (
    ListeningEngine,
    RunFolders,
    statuses,
)

MINE = b"1\n00:00:00,000 --> 00:00:01,000\nMy own words.\n"


FOLDERS = (".qasr", ".qasr/results", ".qasr/spool", ".qasr/begun", ".qasr/shards")
FILES = (".qasr/lock", ".qasr/journal.jsonl", "processing_report.json")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, kind) for name in FOLDERS for kind in ("file", "fifo", "dead link")),
        *((name, kind) for name in FILES for kind in ("folder", "fifo")),
    ],
)
def test_the_wrong_kind_is_found_before_any_work(
    folder: Path, run_folders: RunFolders, name: str, kind: str
) -> None:
    """A run says in one line what to move away, before it hears a single clip."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    make: dict[str, Callable[[], object]] = {
        "file": lambda: path.write_text("mine"),
        "folder": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
        "dead link": lambda: path.symlink_to("nowhere"),
    }
    make[kind]()
    engine = ListeningEngine()

    with pytest.raises(OutputError, match=f"{path}: it is no .*; move it away") as caught:
        run_folders(folder, engine=engine)

    assert caught.value.exit_code is ExitCode.ENVIRONMENT
    assert "\n" not in str(caught.value)
    assert engine.heard == []


@pytest.mark.parametrize("kind", ["folder", "fifo", "dead link"])
@pytest.mark.parametrize("of", ["spool", "begun"])
def test_what_is_no_file_of_work_begun_is_set_aside(
    folder: Path, run_folders: RunFolders, of: str, kind: str
) -> None:
    """Qasr alone gives such names: the work begins anew, and what stood there is kept."""
    name = Store(str(folder)).spool_path("a.wav")
    path = Path(name.replace("spool", of))
    path.parent.mkdir(parents=True)
    match kind:
        case "folder":
            path.mkdir()
            (path / "mine").write_bytes(MINE)
        case "fifo":
            os.mkfifo(path)
        case _:
            path.symlink_to("nowhere")

    assert run_folders(folder).exit_code is ExitCode.OK

    assert set(statuses(folder).values()) == {"done"}
    (aside,) = path.parent.iterdir()
    assert aside.name == f"{path.name}.set-aside-1"
    assert kind != "folder" or (aside / "mine").read_bytes() == MINE
