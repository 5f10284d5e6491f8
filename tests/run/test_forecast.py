"""What a batch would do is what it then does; and what is measured is what is foretold."""

import json
import os
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli import (
    EngineOptions,
    Options,
    RunOptions,
    SplitOptions,
    Walk,
    open_engine,
    plan_folders,
    transcribe_folders,
)
from qasr_cli.cli.main import run
from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.calibration import Calibration, Group, calibration_of, save
from qasr_cli.machine.speed_trial import measure_speed
from qasr_cli.run.forecast import ToDo
from tests.conftest import WriteWav
from tests.run.conftest import ManualClock

FAKE = Options(engine=EngineOptions(engine="fake"), split=SplitOptions(vad="energy"))
MEASURED = Calibration(
    models={"recogniser": "fake", "aligner": "fake"},
    device="auto",
    node=platform.node(),
    ran_on="cpu",
    measured="2026-01-02T03:04:05+00:00",
    clip_s=10.0,
    load_s=30.0,
    groups=(
        Group(clip_count=1, rtfx=2.0, peak_bytes=4_000_000_000),
        Group(clip_count=8, rtfx=4.0, peak_bytes=4_700_000_000),
    ),
)


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Recordings of every fate: done, to do, not ours to replace, damaged, without sound."""
    root = tmp_path / "in"
    for seed, name in enumerate(("a.wav", "b/c.wav", "taken.wav")):
        write_wav(root / name, seed=seed)
    (root / "taken.srt").write_text("by hand")
    (root / "bad.mp3").write_bytes(b"\1" * 50)
    return root


def _snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_plan_is_what_the_batch_then_does(folder: Path, write_wav: WriteWav) -> None:
    """To do becomes done, skipped stays skipped for the same reason, failing fails."""
    for step in ("first", "second", "changed"):
        if step == "changed":
            write_wav(folder / "a.wav", seed=9)

        planned = plan_folders([folder], FAKE)
        outcomes = transcribe_folders([folder], FAKE).outcomes

        for foretold, happened in zip(planned.files, outcomes, strict=True):
            if isinstance(foretold, ToDo):
                assert isinstance(happened, FileDone)
                assert foretold.duration_ms == happened.duration_ms == 4000
            else:
                assert type(foretold) is type(happened)
            if isinstance(foretold, FileSkipped) and isinstance(happened, FileSkipped):
                assert foretold.reason == happened.reason
        to_do = [file.media.relative_path for file in planned.to_do]
        expected = {"first": ["a.wav", "b/c.wav"], "second": [], "changed": ["a.wav"]}
        assert to_do == expected[step]


def test_a_plan_changes_nothing(folder: Path) -> None:
    """Neither before a run nor after one, nor where a file was only touched."""
    before = _snapshot(folder)
    plan_folders([folder], FAKE)
    assert _snapshot(folder) == before
    assert not (folder / ".qasr").exists()

    transcribe_folders([folder], FAKE)
    os.utime(folder / "a.wav")
    before = _snapshot(folder)
    planned = plan_folders([folder], FAKE)
    assert _snapshot(folder) == before
    assert planned.to_do == ()


def test_options_that_decide_on_skipping_decide_here_too(folder: Path) -> None:
    """`--overwrite`, `--retry-failed` and globs count as they do in a run."""
    transcribe_folders([folder], FAKE)
    again = replace(FAKE, output=replace(FAKE.output, overwrite=True))
    retrying = replace(FAKE, run=RunOptions(retry_failed=True))

    assert len(plan_folders([folder], again).to_do) == 3
    assert len(plan_folders([folder], again, walk=Walk(exclude=("b/*",))).to_do) == 2
    (known,) = (f for f in plan_folders([folder], FAKE).files if isinstance(f, FileFailed))
    (looked_at,) = (f for f in plan_folders([folder], retrying).files if isinstance(f, FileFailed))
    assert "not tried again" in known.warnings[0]
    assert looked_at.warnings == ()


def test_nothing_is_foretold_that_was_not_measured(folder: Path) -> None:
    """Without a calibration of these models on this machine there is no estimate."""
    save(replace(MEASURED, node="another machine"))
    save(replace(MEASURED, models={"recogniser": "another"}))

    summary = plan_folders([folder], FAKE).to_document()["summary"]

    assert (summary["todo"], summary["audio_s"]) == (2, 8.0)
    assert summary["wall_s"] is summary["memory_bytes"] is summary["fitting_batch_size"] is None


def test_time_and_memory_follow_from_what_was_measured(folder: Path) -> None:
    """Loading and sound over speed; the models and the clips at once."""
    save(MEASURED)
    alone = replace(FAKE, engine=replace(FAKE.engine, batch_size=1))

    grouped, single = plan_folders([folder], FAKE), plan_folders([folder], alone)

    assert (grouped.wall_s, single.wall_s) == (30 + 8 / 4, 30 + 8 / 2)
    # Clips of 30 s: seven clips of 10 s more took 0.7 GB more, so 10 MB a second of sound.
    assert (grouped.memory_bytes, single.memory_bytes) == (6_300_000_000, 4_200_000_000)
    assert MEASURED.clips_within(4_199_999_999, 30.0) == 0
    assert MEASURED.clips_within(4_200_000_000, 30.0) == 1
    assert MEASURED.clips_within(6_300_000_000, 30.0) == 8
    transcribe_folders([folder], FAKE)
    assert plan_folders([folder], FAKE).wall_s == 0


def test_memory_that_no_system_told_is_not_foretold(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody says what a process held, there is a time and no figure of memory."""
    groups = tuple(replace(group, peak_bytes=0) for group in MEASURED.groups)
    save(replace(MEASURED, groups=groups))

    summary = plan_folders([folder], FAKE).to_document()["summary"]
    assert run(["plan", str(folder), "--engine", "fake", "--vad", "energy"]) == 0

    assert summary["wall_s"] == 30 + 8 / 4
    assert summary["memory_bytes"] is summary["fitting_batch_size"] is None
    time_line, memory_line = capsys.readouterr().out.splitlines()[-2:]
    assert time_line.startswith("time     about 0:32 on cpu")
    assert memory_line == "memory   is not known: this system does not say what a process held"


def test_the_newest_measurement_counts(tmp_path: Path) -> None:
    """Measuring again takes the place of the old figures, and only of these."""
    faster = replace(MEASURED, measured="2026-02-02T00:00:00+00:00", load_s=1.0)
    elsewhere = replace(MEASURED, device="cuda:1")
    for each in (MEASURED, elsewhere, faster):
        save(each)

    engine = open_engine(FAKE)
    assert calibration_of(engine, "auto") == faster
    assert calibration_of(engine, "cuda:1") == elsewhere
    state = tmp_path / "state" / "qasr" / "calibration.json"
    assert len(json.loads(state.read_text())["calibrations"]) == 2
    for damaged in ("", "[]", '{"schema_version": 1, "calibrations": [{"models": 3}]}'):
        state.write_text(damaged)
        assert calibration_of(engine, "auto") is None


def test_speed_is_sound_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One clip, and as many as the engine takes; what the first one took longer is loading."""
    clock = ManualClock()
    pauses_s = iter((60.0, 4.0, 16.0))
    real_run = FakeEngine.run

    def slow_run(self: FakeEngine, clips: object) -> object:
        clock.now_s += next(pauses_s)
        return real_run(self, clips)  # type: ignore[arg-type]  # what the run handed on

    monkeypatch.setattr(FakeEngine, "run", slow_run)
    monkeypatch.setattr(FakeEngine, "clips_at_once", 8)

    measured = measure_speed(EngineOptions(engine="fake"), ran_on="cpu", clock=clock.clock())

    assert measured.clip_s == pytest.approx(8.949, abs=0.001)
    assert measured.load_s == 56.0
    assert [group.clip_count for group in measured.groups] == [1, 8]
    assert [group.rtfx for group in measured.groups] == pytest.approx([8.949 / 4, 8.949 / 2], 1e-3)
    assert all(group.peak_bytes > 10_000_000 for group in measured.groups)
