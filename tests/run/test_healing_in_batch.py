"""What the result and the report of a batch say of healed and unhealed clips."""

import json
from dataclasses import replace
from pathlib import Path

from qasr_cli.core.outcomes import FileDone
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.errors import ExitCode
from qasr_cli.run.healing import Healing
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, RunFolders


def result_of(folder: Path, name: str) -> dict[str, object]:
    """The result document of one input."""
    document: dict[str, object] = json.loads(
        (folder / ".qasr" / "results" / f"{name}.json").read_text()
    )
    return document


LONG_CLIPS = replace(OPTIONS, split=replace(OPTIONS.split, max_chunk_s=20.0))


def test_repairs_stand_in_the_result(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Each clip of the result says what was done to it; a healthy one says nothing."""
    bursts_s = [(0.5, 4.0), (5.0, 8.5), (12.0, 13.5)]
    write_wav(tmp_path / "a.wav", bursts_s=bursts_s, duration_s=14.0)
    engine = Healing(FakeEngine(ailments={"a.wav": Ailment.LOOP}, healthy_s=5.0))

    result = run_folders(tmp_path, options=LONG_CLIPS, engine=engine)

    assert result.exit_code == ExitCode.OK
    clips = result_of(tmp_path, "a.wav")["clips"]
    assert isinstance(clips, list)
    assert [clip["repairs"] for clip in clips] == [
        ["repetition loop: cut at 00:00:04.496 and recognised again"],
        [],
    ]
    assert [clip["repetition"] for clip in clips] == [False, False]


MUTE = {"a.wav": Ailment.MUTE}
UNHEARD = "words cover 0.0% of the speech, less than 90%; none at 00:00:00.480 - 00:00:08.512"


def test_speech_without_words_is_a_warning(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Below the wanted coverage the file is done, and its report says where words are missing."""
    write_wav(tmp_path / "a.wav", bursts_s=[(0.5, 8.5)], duration_s=9.0)

    result = run_folders(tmp_path, options=LONG_CLIPS, engine=Healing(FakeEngine(ailments=MUTE)))

    assert result.exit_code == ExitCode.OK
    (outcome,) = result.outcomes
    assert isinstance(outcome, FileDone)
    assert outcome.warnings[-1] == UNHEARD
    assert result_of(tmp_path, "a.wav")["warnings"] == list(outcome.warnings)


def test_strict_makes_it_a_failure(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """With --strict such a file fails at once, leaves nothing, and the others are done."""
    write_wav(tmp_path / "a.wav", bursts_s=[(0.5, 8.5)], duration_s=9.0)
    write_wav(tmp_path / "b.wav")
    options = replace(LONG_CLIPS, run=replace(LONG_CLIPS.run, strict=True))

    result = run_folders(tmp_path, options=options, engine=Healing(FakeEngine(ailments=MUTE)))

    assert result.exit_code == ExitCode.SOME_FAILED
    failed = json.loads((tmp_path / "processing_report.json").read_text())["details"][0]
    assert failed["error"] == {
        "kind": "LowCoverage",
        "message": f"{tmp_path}/a.wav: {UNHEARD}",
    }
    assert sorted(path.name for path in tmp_path.glob("*.srt")) == ["b.srt"]
