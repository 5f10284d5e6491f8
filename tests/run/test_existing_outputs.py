"""Outputs and subtitles that stand there already: what is done then, and what is heard for it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.plan.files import jobs_for_files
from qasr_cli.run.stop_request import StopRequest
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    Recorder,
    RunFolders,
    report_of,
    statuses,
    with_output,
    with_run,
)

SUFFIXED = with_output(language_suffix=True)
TOLD = replace(SUFFIXED, engine=replace(OPTIONS.engine, language="English"))
MINE = "1\n00:00:00,000 --> 00:00:01,000\nmine\n"


def transcribed(path: Path, options: Options) -> tuple[RunResult, list[str]]:
    """How `qasr transcribe` ends for a file, and the clips that it hears."""
    engine = ListeningEngine()
    result = Batch(
        jobs_for_files([str(path)], output=options.output, spool=None),
        engine=engine,
        options=options,
        observer=Recorder(),
        clock=system_clock(),
        stop=StopRequest(),
    ).run()
    return result, engine.heard


@pytest.fixture
def talk(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording in a folder of its own."""
    return write_wav(tmp_path / "in" / "talk.wav")


def suffixed_output(talk: Path, tmp_path: Path) -> Path:
    """Where its output goes with --language-suffix."""
    copy = tmp_path / "elsewhere" / talk.name
    copy.parent.mkdir()
    shutil.copy2(talk, copy)
    transcribed(copy, SUFFIXED)
    (output,) = copy.parent.glob("talk.*.srt")
    return talk.parent / output.name


# --- transcribe -------------------------------------------------------------------------------


def test_an_output_that_stands_is_a_failure_of_transcribe(talk: Path) -> None:
    """Nothing is heard or written, the line says what to do, and the exit code is 1."""
    output = talk.parent / "talk.srt"
    output.write_text(MINE)

    result, heard = transcribed(talk, OPTIONS)

    assert result.exit_code is ExitCode.SOME_FAILED
    (detail,) = result.report["details"]
    assert detail["error"]["message"].endswith("talk.srt exists; --overwrite replaces it")
    assert heard == []
    assert output.read_text() == MINE


def test_skip_existing_makes_it_none(talk: Path) -> None:
    """The same with exit code 0, and the file counts as skipped."""
    (talk.parent / "talk.srt").write_text(MINE)

    result, heard = transcribed(talk, with_run(skip_existing=True))

    assert result.exit_code is ExitCode.OK
    assert [detail["status"] for detail in result.report["details"]] == ["skipped"]
    assert heard == []


def test_transcribe_keeps_no_state(talk: Path) -> None:
    """It leaves its outputs, also where they have their language in their names."""
    transcribed(talk, OPTIONS)
    transcribed(talk, SUFFIXED)

    assert not (talk.parent / ".qasr").exists()


# --- --language-suffix ------------------------------------------------------------------------


def test_a_told_language_is_checked_before_the_work(talk: Path, run_folders: RunFolders) -> None:
    """The name of the output is known, and so is that somebody has it."""
    (talk.parent / "talk.en.srt").write_text(MINE)

    result, heard = transcribed(talk, TOLD)
    engine = ListeningEngine()
    run_folders(talk.parent, options=TOLD, engine=engine)

    assert result.exit_code is ExitCode.SOME_FAILED
    assert heard == engine.heard == []
    assert statuses(talk.parent) == {"talk.wav": "skipped"}


def test_what_was_heard_is_kept_when_its_output_is_refused(
    talk: Path, tmp_path: Path, run_folders: RunFolders
) -> None:
    """The next batch hears nothing; once the place is free it is used."""
    output = suffixed_output(talk, tmp_path)
    output.write_text(MINE)
    first, again, free = ListeningEngine(), ListeningEngine(), ListeningEngine()

    run_folders(talk.parent, options=SUFFIXED, engine=first)
    assert statuses(talk.parent) == {"talk.wav": "skipped"}
    assert first.heard != []
    run_folders(talk.parent, options=SUFFIXED, engine=again)
    (detail,) = report_of(talk.parent)["details"]
    assert f"{output.name} exists" in detail["warnings"][0]
    assert output.read_text() == MINE
    output.unlink()
    run_folders(talk.parent, options=SUFFIXED, engine=free)

    assert again.heard == free.heard == []
    assert statuses(talk.parent) == {"talk.wav": "done"}
    assert output.read_text() != MINE


def test_transcribe_keeps_what_it_heard_then_too(talk: Path, tmp_path: Path) -> None:
    """Its second run hears nothing, and the third, with the place free, writes the output."""
    output = suffixed_output(talk, tmp_path)
    output.write_text(MINE)

    first, _ = transcribed(talk, SUFFIXED)
    second, heard = transcribed(talk, SUFFIXED)
    assert first.exit_code is second.exit_code is ExitCode.SOME_FAILED
    assert heard == []
    assert output.read_text() == MINE
    output.unlink()
    third, heard = transcribed(talk, SUFFIXED)

    assert third.exit_code is ExitCode.OK
    assert heard == []
    assert output.exists()


def test_an_unwritable_place_for_it_changes_nothing(talk: Path, tmp_path: Path) -> None:
    """The refusal is what is said."""
    output = suffixed_output(talk, tmp_path)
    output.write_text(MINE)
    (talk.parent / ".qasr").write_text("in the way")

    result, _ = transcribed(talk, SUFFIXED)

    (detail,) = result.report["details"]
    assert detail["error"]["kind"] == "OutputExists"


# --- --skip-subtitled -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language", "is_skipped"),
    [
        ("talk.srt", None, True),
        ("talk.srt", "English", True),
        ("talk.en.srt", "English", True),
        ("talk.eng.sdh.srt", "English", True),
        ("talk.en-US.vtt", "English", True),
        ("talk.English.ass", "English", True),
        ("talk.de.srt", "English", False),
        ("talk.hi.srt", "English", False),
        ("talk.en.hi.srt", "English", True),
        ("talk.is.srt", "English", False),
        ("talk.de.srt", None, True),
        ("talk.en.forced.srt", None, False),
        ("talk.part2.srt", None, False),
        ("talk.txt", None, False),
        ("talks.srt", None, False),
    ],
)
def test_recordings_with_subtitles_are_left_out(
    talk: Path, run_folders: RunFolders, name: str, language: str | None, is_skipped: bool
) -> None:
    """By the names that players look for; a told language asks for subtitles in that language."""
    (talk.parent / name).write_text(MINE)
    options = replace(
        with_run(skip_subtitled=True), engine=replace(OPTIONS.engine, language=language)
    )
    options = replace(options, output=replace(options.output, formats=("json",)))

    run_folders(talk.parent, options=options)

    (detail,) = report_of(talk.parent)["details"]
    assert detail["status"] == ("skipped" if is_skipped else "done")
    assert not is_skipped or name in detail["warnings"][0]


@pytest.mark.parametrize(("language", "is_skipped"), [(None, True), ("German", False)])
def test_subtitles_inside_count(
    talk: Path, run_folders: RunFolders, language: str | None, is_skipped: bool
) -> None:
    """A text track of the container, by its language."""
    import subprocess

    import imageio_ffmpeg

    subtitle = talk.parent / "x.srt"
    subtitle.write_text(MINE)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", talk, "-i", subtitle]
    command += ["-metadata:s:s:0", "language=eng", talk.parent / "film.mkv"]
    subprocess.run(command, check=True)
    subtitle.unlink()
    talk.unlink()
    options = replace(
        with_run(skip_subtitled=True), engine=replace(OPTIONS.engine, language=language)
    )

    run_folders(talk.parent, options=options)

    (detail,) = report_of(talk.parent)["details"]
    assert detail["status"] == ("skipped" if is_skipped else "done")
    assert not is_skipped or "inside" in detail["warnings"][0]


def test_own_outputs_are_no_subtitles_that_exist(talk: Path, run_folders: RunFolders) -> None:
    """What qasr wrote is done, or gets another format."""
    run_folders(talk.parent)
    options = with_run(skip_subtitled=True)
    options = replace(options, output=replace(options.output, formats=("srt", "vtt")))
    engine = ListeningEngine()

    run_folders(talk.parent, options=options, engine=engine)

    assert statuses(talk.parent) == {"talk.wav": "done"}
    assert engine.heard == []


@pytest.mark.parametrize("is_linked", [False, True])
def test_outputs_of_a_killed_run_are_its_own(
    talk: Path, tmp_path: Path, run_folders: RunFolders, is_linked: bool
) -> None:
    """Its journal names them, before there is a result; also where a link leads there."""
    folder = talk.parent
    run_folders(folder)
    (folder / ".qasr/results/talk.wav.json").unlink()
    if is_linked:
        (tmp_path / "link").symlink_to(folder)
        folder = tmp_path / "link"

    run_folders(folder, options=with_run(skip_subtitled=True))

    assert statuses(folder) == {"talk.wav": "done"}


# --- a batch's state beside transcribe --------------------------------------------------------


def test_transcribe_leaves_a_batchs_result_alone(talk: Path, run_folders: RunFolders) -> None:
    """Whatever it hears, and whatever its output is refused for."""
    run_folders(talk.parent)
    result = talk.parent / ".qasr/results/talk.wav.json"
    before = result.read_bytes()
    (talk.parent / "talk.en.srt").write_text(MINE)
    told = replace(SUFFIXED, decode=replace(OPTIONS.decode, channels="left"))

    outcome, _ = transcribed(talk, told)

    assert outcome.exit_code is ExitCode.SOME_FAILED
    assert result.read_bytes() == before


def test_transcribe_does_its_work_beside_an_edited_result(
    talk: Path, run_folders: RunFolders
) -> None:
    """That is the batch's business."""
    run_folders(talk.parent)
    result = talk.parent / ".qasr/results/talk.wav.json"
    result.write_text(result.read_text().replace("word", "WORD"))

    outcome, heard = transcribed(talk, SUFFIXED)

    assert outcome.exit_code is ExitCode.OK
    assert heard != []
