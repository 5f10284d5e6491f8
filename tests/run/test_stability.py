"""Files that are still being written while a run goes on."""

from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode
from qasr_cli.run.events import Event, FileFinished
from tests.conftest import WriteWav
from tests.run.conftest import (
    ManualClock,
    Recorder,
    RunFolders,
    plan_for,
    report_of,
    statuses,
    with_run,
)


def test_a_file_that_stands_still_waits_once(
    folder: Path, run_folders: RunFolders, manual_clock: ManualClock
) -> None:
    """The wait for all files together is `wait_stable_s`; files done before are not waited for."""
    options = with_run(wait_stable_s=10.0)

    run_folders(folder, options=options)

    assert sum(manual_clock.slept_s) == pytest.approx(10.0)

    run_folders(folder, options=options)

    assert sum(manual_clock.slept_s) == pytest.approx(10.0)


def test_a_file_being_written_is_left_for_later(
    folder: Path,
    write_wav: WriteWav,
    run_folders: RunFolders,
    recorder: Recorder,
    manual_clock: ManualClock,
) -> None:
    """A file that stopped growing is done last; one that still grows is pending."""
    options = with_run(wait_stable_s=10.0)
    plan = plan_for(folder, options=options)
    write_wav(folder / "a.wav", seed=11)  # changed since the walk, and then no more

    def grow(event: Event) -> None:
        if isinstance(event, FileFinished):
            with (folder / "b.wav").open("ab") as file:
                file.write(b"\0\0")

    with (folder / "b.wav").open("ab") as file:
        file.write(b"\0\0")
    recorder.react = grow

    result = run_folders(options=options, plan=plan)

    assert result.exit_code == ExitCode.TRY_LATER
    done = [e.outcome.media.relative_path for e in recorder.events if isinstance(e, FileFinished)]
    assert done == ["deep/er/c.wav", "a.wav", "b.wav"]
    assert statuses(folder)["b.wav"] == "pending"
    assert "still being written" in report_of(folder)["details"][1]["warnings"]
    recorder.react = lambda _: None
    assert run_folders(folder, options=options).exit_code == ExitCode.OK
    assert manual_clock.now_s < 60
