"""Every input is told its own hot words, and a change of them redoes what it is about."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.clips.context import NO_CONTEXT, Context
from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode
from qasr_cli.options import OutputOptions
from qasr_cli.run.batch import RunResult
from qasr_cli.run.plan.contexts import with_contexts
from qasr_cli.run.plan.files import jobs_for_files
from tests.conftest import WriteWav
from tests.run.conftest import RunFolders, plan_for, with_output

GIVEN = Context(text="A meeting.", hotwords=("given",))


class Told(FakeEngine):
    """Keeps what it is told, by file."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: dict[str, str] = {}

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """As the fake does."""

        def noted() -> Iterator[Clip]:
            for clip in clips:
                self.contexts[clip.clip_id.rpartition("/")[0]] = clip.context
                yield clip

        return super().run(noted())


@pytest.fixture
def told_folder(folder: Path) -> Path:
    """The folder of three recordings, with hot words for one and for the folder of another."""
    (folder / "a.hotwords.txt").write_text("\ufeffalpha, both\r\n", encoding="utf-8")
    (folder / "hotwords.txt").write_text("# ours\nboth\nteam\n", encoding="utf-8")
    return folder


def contexts_in(folder: Path, given: Context = GIVEN) -> dict[str, Context]:
    """The context of every job."""
    return {job.name: job.context for job in with_contexts(plan_for(folder), lambda _: given).jobs}


def test_hot_words_add_up_from_the_nearest_on(told_folder: Path) -> None:
    """The file's own, its folder's, the given ones; a folder's are not those of folders in it."""
    assert contexts_in(told_folder) == {
        "a.wav": replace(GIVEN, hotwords=("alpha", "both", "team", "given")),
        "b.wav": replace(GIVEN, hotwords=("both", "team", "given")),
        "deep/er/c.wav": GIVEN,
    }


def test_single_files_have_hot_words_beside_them(told_folder: Path) -> None:
    """`transcribe` looks at the same places; standard input has none."""
    paths = [str(told_folder / "a.wav"), "-"]
    with (told_folder / "b.wav").open("rb") as file:
        plan = jobs_for_files(paths, output=OutputOptions(), spool=file.fileno())

        jobs = with_contexts(plan, lambda _: GIVEN).jobs

    assert [job.context.hotwords for job in jobs] == [
        ("alpha", "both", "team", "given"),
        ("given",),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"caf\xe9", "a.hotwords.txt: is not UTF-8 text"),
        (b"x" * 10_001, "a.wav: too many hot words beside it: 10,0"),
    ],
)
def test_unreadable_hot_words_fail_their_files_only(
    folder: Path, run_folders: RunFolders, content: bytes, reason: str
) -> None:
    """One line names the file; the others are done."""
    (folder / "a.hotwords.txt").write_bytes(content)

    result = run_folders(plan=with_contexts(plan_for(folder), lambda _: NO_CONTEXT))

    assert result.exit_code == ExitCode.SOME_FAILED
    *done, failed = result.outcomes
    assert [type(outcome) for outcome in done] == [FileDone, FileDone]
    assert isinstance(failed, FileFailed)
    assert failed.media.relative_path == "a.wav"
    assert reason in failed.message


def test_something_else_of_that_name_is_no_list(folder: Path) -> None:
    """A folder, a pipe or a dead link is not read."""
    (folder / "a.hotwords.txt").mkdir()
    os.mkfifo(folder / "b.hotwords.txt")
    (folder / "hotwords.txt").symlink_to("gone")

    assert set(contexts_in(folder).values()) == {GIVEN}


def run_known_text(folder: Path, run_folders: RunFolders, given: Context = NO_CONTEXT) -> RunResult:
    """A batch in which every file is told its context."""
    return run_folders(plan=with_contexts(plan_for(folder), lambda _: given))


def redone(result: RunResult) -> list[str]:
    """The files that were not skipped."""
    assert all(isinstance(outcome, FileDone | FileSkipped) for outcome in result.outcomes)
    return [o.media.relative_path for o in result.outcomes if isinstance(o, FileDone)]


def test_changed_hot_words_redo_just_their_files(
    told_folder: Path, run_folders: RunFolders
) -> None:
    """A file's own list is about it, a folder's about its files, the given ones about all."""
    assert len(redone(run_known_text(told_folder, run_folders))) == 3
    assert redone(run_known_text(told_folder, run_folders)) == []

    (told_folder / "a.hotwords.txt").write_text("other")
    assert redone(run_known_text(told_folder, run_folders)) == ["a.wav"]

    (told_folder / "hotwords.txt").unlink()
    assert redone(run_known_text(told_folder, run_folders)) == ["a.wav", "b.wav"]

    (told_folder / "deep/er/c.hotwords.txt").write_text("# only a note\n")
    assert redone(run_known_text(told_folder, run_folders)) == []

    assert len(redone(run_known_text(told_folder, run_folders, GIVEN))) == 3


def test_a_new_order_of_files_changes_nothing_told(
    told_folder: Path, run_folders: RunFolders
) -> None:
    """The same words in the same order, wherever they come from, make the same result."""
    run_known_text(told_folder, run_folders)
    (told_folder / "hotwords.txt").unlink()
    (told_folder / "a.hotwords.txt").write_text("alpha\nboth\nteam")
    (told_folder / "b.hotwords.txt").write_text("both,team")

    assert redone(run_known_text(told_folder, run_folders)) == []


def test_the_engine_is_told(told_folder: Path, run_folders: RunFolders) -> None:
    """Every clip carries the context of its file, and the result says what that was."""
    engine = Told()

    run_folders(plan=with_contexts(plan_for(told_folder), lambda _: GIVEN), engine=engine)

    assert engine.contexts == {
        "a.wav": "A meeting.\nalpha both team given",
        "b.wav": "A meeting.\nboth team given",
        "deep/er/c.wav": "A meeting.\ngiven",
    }
    result: dict[str, Any] = json.loads((told_folder / ".qasr/results/a.wav.json").read_text())
    assert result["settings"]["context"] == {
        "text": "A meeting.",
        "hotwords": ["alpha", "both", "team", "given"],
    }


@pytest.mark.parametrize("name", ["hotwords.wav", "a.hotwords.wav"])
def test_no_output_takes_the_place_of_a_list(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders, name: str
) -> None:
    """The text of a recording with an unlucky name is not read as hot words next time."""
    write_wav(folder / name)
    options = with_output(formats=("txt",))

    run_folders(folder, options=options)

    assert (folder / f"{name}.txt").exists()
    assert set(contexts_in(folder, NO_CONTEXT).values()) == {NO_CONTEXT}


def test_files_of_a_folder_share_what_they_are_told(tmp_path: Path) -> None:
    """It may be ten thousand characters, and the files a hundred thousand: it is held once."""
    (tmp_path / "hotwords.txt").write_text("team\n")
    for number in range(200):
        (tmp_path / f"{number:03}.wav").touch()

    jobs = with_contexts(plan_for(tmp_path), lambda _: GIVEN).jobs

    assert len({id(job.context) for job in jobs}) == 1
    assert jobs[0].context.hotwords == ("team", "given")
