"""Whatever stands in the state: a run goes on, and takes nobody's file for its own."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qasr_cli.core.types import Clip
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.events import Event
from qasr_cli.run.state.marks import read_head, result_bytes
from qasr_cli.run.stop_request import StopRequest
from tests.any_json import changed, json_values, nested
from tests.run.conftest import (
    OPTIONS,
    DiedError,
    ListeningEngine,
    ManualClock,
    RunFolders,
    mortal,
    plan_for,
    run_to_death,
    statuses,
    with_output,
)

MINE = b"1\n00:00:00,000 --> 00:00:01,000\nMy own words.\n"


class Unwatching:
    """An observer that sees nothing."""

    def on(self, event: Event) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is held."""


def run_batch(root: Path, engine: FakeEngine | None = None) -> RunResult:
    """A batch over one folder."""
    return Batch(
        plan_for(root),
        engine=engine or FakeEngine(),
        options=OPTIONS,
        observer=Unwatching(),
        clock=ManualClock().clock(),
        stop=StopRequest(),
    ).run()


class LeftOver:
    """A folder in which a run died, and each time the same: done, failed, half-done, foreign.

    Args:
        root: of the folder, filled.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._state = {
            path.relative_to(root): path.read_bytes()
            for path in (root / ".qasr").rglob("*")
            if path.is_file()
        }
        self.names = sorted(name for name in self._state if name.suffix in {".json", ".jsonl"})

    def restore(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.root / ".qasr")
        for output in self.root.glob("*.srt"):
            if output.name not in {"a.srt", "mine.srt"}:
                output.unlink()
        for name, content in self._state.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(content)

    def documents(self, name: Path) -> list[Any]:
        """The JSON in one file of the state."""
        content = self._state[name]
        if name.suffix == ".json":
            return [json.loads(content)]
        return [json.loads(line) for line in content.splitlines()]

    def write(self, name: Path, documents: list[Any]) -> None:
        """Put other JSON into it."""
        path = self.root / name
        try:
            if name.suffix == ".json":
                path.write_bytes(result_bytes(documents[0]))
                return
        except (KeyError, TypeError):
            pass  # what the head needs is gone
        path.write_text("".join(json.dumps(document) + "\n" for document in documents))


@pytest.fixture(scope="module")
def left_over(tmp_path_factory: pytest.TempPathFactory) -> LeftOver:
    """What a run left that died over the last of its files."""
    root = tmp_path_factory.mktemp("state") / "in"
    root.mkdir()
    for name, seed in (("a", 1), ("mine", 2), ("talk", 3)):
        _noise(root / f"{name}.wav", seed)
    (root / "bad.mp3").write_bytes(b"no sound at all")
    (root / "mine.srt").write_bytes(MINE)
    seen: list[str] = []

    def is_last(clip: Clip) -> bool:
        seen.append(clip.clip_id)
        return clip.clip_id.startswith("talk") and sum("talk" in one for one in seen) > 1

    with mortal(float("inf")) as mortal_os, pytest.raises(DiedError):
        run_batch(root, ListeningEngine(is_last, mortal_os=mortal_os))
    found = LeftOver(root)
    kinds = {name.parts[1] for name in found.names}
    assert kinds == {"results", "journal.jsonl", "spool", "begun"}
    return found


def _noise(path: Path, seed: int) -> None:
    import numpy as np
    import soundfile

    pcm = np.zeros(4 * 16_000, np.float32)
    noise = np.random.default_rng(seed).uniform(-0.3, 0.3, len(pcm)).astype(np.float32)
    for start, end in ((8_000, 24_000), (40_000, 56_000)):
        pcm[start:end] = noise[start:end]
    soundfile.write(path, pcm, 16_000)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_any_field(left_over: LeftOver, data: st.DataObject) -> None:
    """A rerun ends as it should: nothing breaks, and what a person wrote stays."""
    left_over.restore()
    name = data.draw(st.sampled_from(left_over.names))
    documents = left_over.documents(name)
    index = data.draw(st.integers(0, len(documents) - 1))
    documents[index] = data.draw(st.one_of(json_values(), changed(documents[index])))
    left_over.write(name, documents)

    result = run_batch(left_over.root)

    assert result.exit_code is ExitCode.SOME_FAILED  # by the file that is no sound
    assert {(o.media.relative_path, type(o).__name__) for o in result.outcomes} >= {
        ("bad.mp3", "FileFailed"),
        ("talk.wav", "FileDone"),
        ("mine.wav", "FileSkipped"),
    }
    assert "InternalError" not in str(result.report)
    assert (left_over.root / "mine.srt").read_bytes() == MINE


@pytest.mark.parametrize("blocked", ["result", "folder of the result", "output"])
def test_a_file_without_a_place_fails_before_its_work(
    folder: Path, run_folders: RunFolders, blocked: str
) -> None:
    """What stands in the way of one result or output is said at once; the other files are done."""
    name = "deep/er/c.wav"
    result = folder / ".qasr/results" / f"{name}.json"
    options = OPTIONS
    match blocked:
        case "result":
            result.mkdir(parents=True)
        case "folder of the result":
            result.parent.parent.parent.mkdir(parents=True)
            result.parent.parent.write_text("in the way")
        case _:
            (folder / "deep/er/c.srt").mkdir()
            options = with_output(overwrite=True)
    engine = ListeningEngine()

    run_folders(folder, engine=engine, options=options)

    assert statuses(folder) == {"a.wav": "done", "b.wav": "done", name: "failed"}
    assert {clip.partition("/")[0] for clip in engine.heard} == {"a.wav", "b.wav"}


def test_a_fifo_in_place_of_a_result_is_no_result(folder: Path, run_folders: RunFolders) -> None:
    """It is not waited for; the file is done, and its result takes the place."""
    result = folder / ".qasr/results/a.wav.json"
    result.parent.mkdir(parents=True)
    os.mkfifo(result)

    run_folders(folder)

    assert read_head(str(result)) is not None


LINES = (
    '{"event":"outcome","lasting":{"x":1}}',
    '{"event":"outcome","lasting":[5],"file":["a.wav"]}',
    '{"event":"writing","outputs":5}',
    '{"event":"writing","outputs":[{"path":7,"sha256":null}]}',
    '{"event":"outcome","language":"writing","outputs":["a.srt"]}',
    '{"event":"writing","outputs":[{"path":"\\ud800","bytes":1,"sha256":"x"}]}',
    nested(100_000).replace("[", '{"writing":[', 1).replace("]", "]}", 1),
)


@pytest.mark.parametrize("line", LINES)
def test_a_damaged_line_of_the_journal_is_none(
    folder: Path, run_folders: RunFolders, line: str
) -> None:
    """The other lines count: what is done stays done, and what a person wrote is left alone."""
    run_folders(folder)
    (folder / "a.srt").write_bytes(MINE)
    with (folder / ".qasr/journal.jsonl").open("a") as journal:
        journal.write(line + "\n")
    (folder / ".qasr/results/a.wav.json").unlink()

    result = run_folders(folder)

    assert result.exit_code is ExitCode.OK
    assert set(statuses(folder).values()) == {"skipped"}
    assert (folder / "a.srt").read_bytes() == MINE


def test_a_spool_of_a_later_version_is_used_as_far_as_it_is_known(
    folder: Path, run_folders: RunFolders
) -> None:
    """Fields that nobody knows do no harm."""
    run_to_death(
        run_folders,
        folder,
        lambda clip: clip.clip_id.startswith("a") and clip.span.start_sample > 30_000,
    )
    (spool,) = (folder / ".qasr/spool").iterdir()
    first, *lines = spool.read_text().splitlines()
    later = [json.loads(line) for line in lines]
    for line in later:
        line["result"]["mood"] = {"calm": True}
        line["clock"] = 5
        del line["check"]  # that version has a better one
    spool.write_text("\n".join([first, *map(json.dumps, later)]) + "\n")
    engine = ListeningEngine()

    assert run_folders(folder, engine=engine).exit_code is ExitCode.OK
    assert len([clip for clip in engine.heard if clip.startswith("a.wav")]) == 1
