"""Calibrations read back."""

import json
import os
import platform
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.calibration import Calibration, Group, calibration_of, save
from tests.any_json import changed, json_values

CALIBRATION = Calibration(
    models=FakeEngine().models,
    device="auto",
    node=platform.node(),
    ran_on="cpu",
    measured="2026-01-02T03:04:05+00:00",
    clip_s=30.0,
    load_s=1.5,
    groups=(
        Group(clip_count=1, rtfx=5.0, peak_bytes=10),
        Group(clip_count=4, rtfx=9, peak_bytes=20),
    ),
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of calibrations, with one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = Path(save(CALIBRATION))
    assert calibration_of(FakeEngine(), "auto") == CALIBRATION
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_field(path: Path, data: st.DataObject) -> None:
    """It is used or measured anew; a forecast never breaks over it."""
    path.unlink(missing_ok=True)  # what an earlier value left there is kept beside a new one
    save(CALIBRATION)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(data.draw(st.one_of(json_values(), changed(document)))))

    found = calibration_of(FakeEngine(), "auto")

    if found is not None:
        assert found.wall_s(60.0, 3) >= 0
        assert found.clips_within(10**9, 30.0) >= 0
    save(CALIBRATION)
    assert calibration_of(FakeEngine(), "auto") is not None


def test_a_fifo_is_no_calibration(path: Path) -> None:
    """It is not waited for, and the next one takes its place."""
    path.unlink()
    os.mkfifo(path)

    assert calibration_of(FakeEngine(), "auto") is None
    save(CALIBRATION)
    assert calibration_of(FakeEngine(), "auto") == CALIBRATION
