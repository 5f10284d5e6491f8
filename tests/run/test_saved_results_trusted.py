"""Which saved results count: those of earlier versions do, damaged ones do not."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.options import DecodeOptions, Options, OutputOptions
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    RunFolders,
    report_of,
    run_to_death,
    statuses,
    with_run,
)
from tests.run.rewriting import CHANGES, NAMES, fresh, heard_again, texts_in

# --- results that cannot be trusted -----------------------------------------------------------


def cut_off(text: str) -> str:
    """The second half of the transcript is gone, but for its last line end."""
    return text[: len(text) // 2] + "}\n"


def leave_out_parts(text: str) -> str:
    """A mark like those of the first results, with a fingerprint that is none of theirs."""
    document = json.loads(text)
    del document["mark"]["parts"]
    document["mark"]["fingerprint"] = "0" * 64
    return as_result(document)


def as_result(document: dict[str, Any]) -> str:
    """A document as it lies on the disk."""
    names = ("schema_version", "mark", "file", "duration_ms", "language")
    head = json.dumps({name: document.pop(name) for name in names})
    return f"{head[:-1]},\n{json.dumps(document)[1:]}\n"


@pytest.mark.parametrize("damage", [cut_off, leave_out_parts])
def test_a_damaged_result_is_not_rendered(
    folder: Path, run_folders: RunFolders, damage: Callable[[str], str]
) -> None:
    """That recording is heard again: nothing wrong gets into a subtitle."""
    run_folders(folder)
    result = folder / ".qasr/results/a.wav.json"
    result.write_text(damage(result.read_text()))

    heard = heard_again(run_folders, folder, CHANGES["format"])

    assert {clip.rpartition("/")[0] for clip in heard} == {"a.wav"}
    assert texts_in(folder) == fresh(folder, run_folders, CHANGES["format"])


def another_word(text: str) -> str:
    """One word in the text of a segment, by an editor that leaves the rest."""
    head, separator, body = text.partition("\n")
    return head + separator + body.replace('"text": "', '"text": "Well, ', 2)


def laid_out_anew(text: str) -> str:
    """The same by an editor that lays JSON out in its own way."""
    return json.dumps(json.loads(another_word(text)), indent=4)


@pytest.mark.parametrize("edit", [another_word, laid_out_anew])
@pytest.mark.parametrize(
    "options", [CHANGES["cut"], replace(OPTIONS, decode=DecodeOptions(channels="left"))]
)
def test_a_result_that_was_edited_is_not_written_over(
    folder: Path, run_folders: RunFolders, edit: Callable[[str], str], options: Options
) -> None:
    """It may be damage or somebody's work: the recording is left as it is, and that is said."""
    run_folders(folder)
    result, subtitle = folder / ".qasr/results/a.wav.json", folder / "a.srt"
    result.write_text(edited := edit(result.read_text()))
    before = subtitle.read_bytes()

    run_folders(folder)
    assert set(statuses(folder).values()) == {"skipped"}
    run_folders(folder, options=options)

    assert result.read_text() == edited
    assert subtitle.read_bytes() == before
    (detail,) = (d for d in report_of(folder)["details"] if d["file"] == "a.wav")
    assert detail["status"] == "skipped"
    assert "edited" in detail["warnings"][0]


def test_another_content_is_heard(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A result counts for the sound that it was made of."""
    run_folders(folder)
    write_wav(folder / "a.wav", seed=9)

    heard = heard_again(run_folders, folder, CHANGES["format"])

    assert {clip.rpartition("/")[0] for clip in heard} == {"a.wav"}


# --- upgrades ---------------------------------------------------------------------------------


def as_first_release(folder: Path) -> None:
    """Make the state of a folder what the first release left."""
    for path in (folder / ".qasr/results").rglob("*.json"):
        document = json.loads(path.read_text())
        del document["mark"]["parts"]
        document.pop("heard", None)
        path.write_text(as_result(document))


@pytest.mark.parametrize("change", CHANGES)
def test_results_of_the_first_release_count(
    folder: Path, run_folders: RunFolders, change: str
) -> None:
    """They are skipped, and written otherwise, as today's are."""
    run_folders(folder)
    as_first_release(folder)
    assert heard_again(run_folders, folder, OPTIONS) == []
    assert set(statuses(folder).values()) == {"skipped"}

    assert heard_again(run_folders, folder, CHANGES[change]) == []

    wanted = fresh(folder, run_folders, CHANGES[change])
    assert {name: texts_in(folder)[name] for name in wanted} == wanted


def test_other_models_than_the_first_release_had_hear_again(
    folder: Path, run_folders: RunFolders
) -> None:
    """The settings in a result are alike; its fingerprint says that the models are not."""
    run_folders(folder)
    as_first_release(folder)

    class Better(ListeningEngine):
        fingerprint = "better"

    engine = Better()
    run_folders(folder, options=CHANGES["format"], engine=engine)

    assert {clip.rpartition("/")[0] for clip in engine.heard} == set(NAMES)


@pytest.mark.parametrize("is_older", [False, True])
def test_a_spool_serves_whatever_is_written(
    folder: Path, run_folders: RunFolders, is_older: bool
) -> None:
    """A run that was killed and goes on with another format hears only what it had not."""
    everything = ListeningEngine()
    run_folders(folder, engine=everything)
    shutil.rmtree(folder / ".qasr")
    for name in texts_in(folder):
        (folder / name).unlink()
    *first, last = (clip for clip in everything.heard if clip.startswith("b.wav"))
    assert first
    run_to_death(run_folders, folder, lambda clip: clip.clip_id == last)
    (spool,) = (folder / ".qasr/spool").iterdir()
    if is_older:  # the first release named all settings in it
        whole = Fingerprints.of(CHANGES["format"], ListeningEngine().fingerprint).whole
        lines = spool.read_text().splitlines(keepends=True)
        spool.write_text("".join((json.dumps({"fingerprint": whole}) + "\n", *lines[1:])))

    heard = heard_again(run_folders, folder, CHANGES["format"])

    assert [clip for clip in heard if not clip.startswith("deep")] == [last]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterCueOptions(CueOptions):
    """The options of a release to come."""

    new_rule: str = "as ever"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterDecodeOptions(DecodeOptions):
    """The same of what decides what is heard."""

    new_filter: float | None = None


def test_an_option_that_comes_later_changes_no_key() -> None:
    """At its default it is in no part of a fingerprint; else in that part alone."""
    today = Fingerprints.of(OPTIONS, "e")
    later = replace(OPTIONS, cue=LaterCueOptions(), decode=LaterDecodeOptions())
    assert Fingerprints.of(later, "e") == today

    cut = Fingerprints.of(replace(later, cue=LaterCueOptions(new_rule="x")), "e")
    assert (cut.heard, cut.made == today.made, cut.whole == today.whole) == (
        today.heard,
        False,
        False,
    )
    sound = Fingerprints.of(replace(later, decode=LaterDecodeOptions(new_filter=1.0)), "e")
    assert (sound.heard == today.heard, sound.made) == (False, today.made)


def test_formats_are_in_no_part() -> None:
    """Which outputs stand tells which formats are done."""
    two = Fingerprints.of(replace(OPTIONS, output=OutputOptions(formats=("srt", "vtt"))), "e")
    one = Fingerprints.of(OPTIONS, "e")
    assert (two.heard, two.made) == (one.heard, one.made)
    assert two.whole != one.whole


def test_a_run_that_only_renders_retries_nothing(folder: Path, run_folders: RunFolders) -> None:
    """A file that failed for good is not tried for another format under --retry-failed alone."""
    run_folders(folder)
    engine = ListeningEngine()
    run_folders(folder, options=with_run(retry_failed=True), engine=engine)
    assert engine.heard == []
