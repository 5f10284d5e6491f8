"""One hopeless clip does not lose the recording: what was heard is written, the gap is said."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from qasr_cli.api.recovery import recover
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.styles import style_from_table
from qasr_cli.core.types import Clip, ClipFailed, ClipResult
from qasr_cli.errors import ExitCode, InputError, RecognitionError
from qasr_cli.options import FailureLimit, OutputOptions
from qasr_cli.saved.reports import merge_reports
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    RunFolders,
    report_of,
    run_to_death,
    statuses,
    with_output,
    with_run,
)


class DeafEngine(ListeningEngine):
    """Cannot hear the second clip of `b.wav`."""

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """As the fake does, but for that clip."""
        for result in super().run(clips):
            if is_hopeless(result.clip_id):
                error = RecognitionError("b.wav", "it hums")
                yield ClipFailed(clip_id=result.clip_id, stage="recognise", error=error)
            else:
                yield result


def is_hopeless(clip_id: str) -> bool:
    """Whether it is that clip."""
    return clip_id.startswith("b.wav/") and int(clip_id[6:].split("-", maxsplit=1)[0]) > 30_000


def is_second(clip: Clip, name: str) -> bool:
    """Whether it is the second clip of a recording."""
    return clip.clip_id.startswith(f"{name}/") and clip.span.start_sample > 30_000


ONCE = with_run(retries=0)


@pytest.fixture
def partly(folder: Path, run_folders: RunFolders) -> Path:
    """A folder in which `b.wav` is done in part."""
    run_folders(folder, engine=DeafEngine(), options=ONCE)
    return folder


def test_the_rest_is_written(folder: Path, run_folders: RunFolders) -> None:
    """The file counts as failed, its outputs hold what was heard, and the gap has its times."""
    result = run_folders(folder, engine=DeafEngine(), options=ONCE)

    assert result.exit_code is ExitCode.SOME_FAILED
    summary = report_of(folder)["summary"]
    assert (summary["successful"], summary["failed"], summary["partial"]) == (2, 1, 1)
    (detail,) = (d for d in report_of(folder)["details"] if d["file"] == "b.wav")
    assert (detail["status"], detail["success"]) == ("partial", False)
    assert detail["outputs"] == [str(folder / "b.srt")]
    assert "it hums; inaudible: 00:00:02-00:00:04" in detail["error"]["message"]
    assert "word" in (folder / "b.srt").read_text()
    assert "inaudible" not in (folder / "b.srt").read_text()
    clips = json.loads((folder / ".qasr/results/b.wav.json").read_text())["clips"]
    assert [clip["status"] for clip in clips] == ["done", "failed"]


def test_the_next_run_does_not_call_it_done(partly: Path, run_folders: RunFolders) -> None:
    """It is not tried again, and still counts as failed."""
    engine = ListeningEngine()

    result = run_folders(partly, engine=engine)

    assert result.exit_code is ExitCode.SOME_FAILED
    assert statuses(partly)["b.wav"] == "partial"
    (detail,) = (d for d in report_of(partly)["details"] if d["file"] == "b.wav")
    assert "--retry-failed tries it" in detail["warnings"][0]
    assert engine.heard == []


def test_another_format_of_it_is_partial_too(partly: Path, run_folders: RunFolders) -> None:
    """It is made of the saved result."""
    engine = ListeningEngine()

    result = run_folders(partly, engine=engine, options=with_output(formats=("srt", "vtt")))

    assert result.exit_code is ExitCode.SOME_FAILED
    assert statuses(partly) == {"a.wav": "done", "b.wav": "partial", "deep/er/c.wav": "done"}
    assert (partly / "b.vtt").exists()
    assert engine.heard == []


def test_retry_failed_hears_what_is_missing(partly: Path, run_folders: RunFolders) -> None:
    """Only that clip; then the file is done."""
    run_folders(partly)  # a run in between takes nothing of what was heard
    engine = ListeningEngine()

    result = run_folders(partly, engine=engine, options=with_run(retry_failed=True))

    assert result.exit_code is ExitCode.OK
    assert all(map(is_hopeless, engine.heard))
    assert len(engine.heard) == 1
    assert statuses(partly)["b.wav"] == "done"
    assert list((partly / ".qasr/spool").iterdir()) == []
    assert set(statuses_after(partly, run_folders).values()) == {"skipped"}


def statuses_after(folder: Path, run_folders: RunFolders) -> dict[str, str]:
    """Those of one more run."""
    run_folders(folder)
    return statuses(folder)


def test_strict_fails_the_file(folder: Path, run_folders: RunFolders) -> None:
    """Nothing of it is written."""
    run_folders(folder, engine=DeafEngine(), options=with_run(retries=0, strict=True))

    assert statuses(folder)["b.wav"] == "failed"
    assert not (folder / "b.srt").exists()


def test_a_style_may_say_where_the_gap_is(folder: Path, run_folders: RunFolders) -> None:
    """In a cue of its own, at its place."""
    style = style_from_table("mine.toml", {"inaudible": 1})
    run_folders(folder, engine=DeafEngine(), options=replace(ONCE, cue=CueOptions(style=style)))

    assert "[inaudible 00:00:02-00:00:04]" in (folder / "b.srt").read_text()


def test_a_transcript_to_read_says_where_the_gap_is(folder: Path, run_folders: RunFolders) -> None:
    """In a paragraph of its own."""
    options = replace(ONCE, output=replace(OPTIONS.output, formats=("md",)))
    run_folders(folder, engine=DeafEngine(), options=options)

    assert "inaudible 00:00:02-00:00:04" in (folder / "b.md").read_text()


# --- qasr report recover ----------------------------------------------------------------------


def test_what_was_heard_of_a_quarantined_file_is_recovered(
    folder: Path, run_folders: RunFolders
) -> None:
    """It is written with its gap marked, counts as partial, and --retry-failed hears the rest."""
    for _ in range(3):
        run_to_death(run_folders, folder, lambda clip: is_hopeless(clip.clip_id))
    run_folders(folder)
    assert statuses(folder)["b.wav"] == "quarantined"

    done = recover(str(folder / "b.wav"), replace(OPTIONS, output=OutputOptions(formats=("md",))))

    assert done.outputs == (str(folder / "b.md"),)
    text = (folder / "b.md").read_text()
    assert "word1" in text
    assert "inaudible 00:00:01-00:00:04" in text
    assert run_folders(folder).exit_code is ExitCode.SOME_FAILED
    engine = ListeningEngine()
    result = run_folders(folder, engine=engine, options=with_run(retry_failed=True))
    assert result.exit_code is ExitCode.OK
    assert all(map(is_hopeless, engine.heard))
    assert statuses(folder)["b.wav"] == "done"


def test_nothing_to_recover(folder: Path, run_folders: RunFolders) -> None:
    """A recording that is done, or that no batch knows, is refused in one line."""
    run_folders(folder)
    with pytest.raises(InputError, match="is not quarantined"):
        recover(str(folder / "a.wav"), OPTIONS)
    with pytest.raises(InputError, match="No such file"):
        recover(str(folder / "none.wav"), OPTIONS)


def test_another_recording_under_that_name_is_not_recovered(
    folder: Path, run_folders: RunFolders, write_wav: WriteWav
) -> None:
    """What was heard was not said in it."""
    for _ in range(3):
        run_to_death(run_folders, folder, lambda clip: is_hopeless(clip.clip_id))
    write_wav(folder / "b.wav", seed=8)

    with pytest.raises(InputError, match="changed since"):
        recover(str(folder / "b.wav"), OPTIONS)

    assert not (folder / "b.srt").exists()


def test_recovered_outputs_have_the_names_of_the_batch(
    tmp_path: Path, folder: Path, run_folders: RunFolders
) -> None:
    """A neighbour of the same stem keeps its own, also in another folder."""
    out = tmp_path / "out"
    options = with_output(output_dir=str(out))
    run_folders(folder, options=options)
    done = (out / "a.srt").read_bytes()
    shutil.copy(folder / "b.wav", folder / "a.w64")  # names say little
    for _ in range(3):
        run_to_death(
            partial(run_folders, options=options), folder, lambda clip: is_second(clip, "a.w64")
        )

    recovered = recover(str(folder / "a.w64"), options)

    assert recovered.outputs == (str(out / "a.w64.srt"),)
    assert (out / "a.srt").read_bytes() == done


def test_an_edited_output_does_not_make_it_done(partly: Path, run_folders: RunFolders) -> None:
    """It stays what it is, and counts as failed, whatever is asked for."""
    (partly / "b.srt").write_text("mine")

    for options in (with_output(formats=("srt", "vtt")), with_run(retry_failed=True)):
        assert run_folders(partly, options=options).exit_code is ExitCode.SOME_FAILED
        assert statuses(partly)["b.wav"] == "partial"
        assert (partly / "b.srt").read_text() == "mine"


def test_rendering_it_is_no_new_failure(partly: Path, run_folders: RunFolders) -> None:
    """--max-failures counts what is heard in a run."""
    limit = FailureLimit(amount=0, is_percent=False)
    options = replace(with_run(max_failures=limit), output=OutputOptions(formats=("srt", "vtt")))

    run_folders(partly, options=options)

    assert statuses(partly) == {"a.wav": "done", "b.wav": "partial", "deep/er/c.wav": "done"}


def test_a_merged_report_says_so(partly: Path, tmp_path: Path) -> None:
    """An entry from when it was done does not stand any more, whenever it was written."""
    report = report_of(partly)
    for detail in report["details"]:
        if detail["file"] == "b.wav":
            detail |= {"status": "done", "success": True, "error": None}
    other = tmp_path / "old.json"
    other.write_text(json.dumps(report | {"written": "2999-01-01T00:00:00+00:00"}))

    merged = merge_reports([str(partly / "processing_report.json"), str(other)])

    (detail,) = (d for d in merged["details"] if d["file"] == "b.wav")
    assert detail["status"] == "partial"
