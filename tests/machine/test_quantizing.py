"""`--quantize auto` is what was measured to be fastest here, among what hears as well."""

import dataclasses
import platform
from pathlib import Path

import pytest

from qasr_cli.engines.qwen.device import has_fbgemm
from qasr_cli.engines.registry import build_engine
from qasr_cli.machine.calibration import Calibration, Group, Trial, Way, calibration_of, save
from qasr_cli.machine.clock import system_clock
from qasr_cli.machine.quantizing import settled, with_trials
from qasr_cli.machine.speed_trial import measure_speed
from qasr_cli.options import EngineOptions

AUTO = EngineOptions(model="demo", quantize="auto", threads=1)
EXACT = dataclasses.replace(AUTO, quantize="none")


@pytest.fixture(autouse=True)
def _no_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def trial(quantize: Way, *, alone: float, together: float, wrong: float = 0.1) -> Trial:
    """How one way did."""
    return Trial(
        quantize=quantize,
        rtfx_alone=alone,
        rtfx_together=together,
        word_error_rate=wrong,
        product_error=0.01,
    )


def calibrated(*trials: Trial) -> None:
    """Save that these were measured for the demo pair."""
    save(
        Calibration(
            models=build_engine(EXACT).models,
            device="auto",
            node=platform.node(),
            ran_on="cpu",
            measured="2026-01-02T03:04:05+00:00",
            clip_s=9.0,
            load_s=1.0,
            groups=(Group(clip_count=1, rtfx=1.0, peak_bytes=0),),
            trials=trials,
        )
    )


@pytest.mark.parametrize(
    ("alone", "together", "wrong", "chosen"),
    [
        (2.0, 3.0, 0.1, "int8"),
        (2.0, 3.0, 0.105, "int8"),
        (2.0, 3.0, 0.106, "none"),
        (0.5, 3.0, 0.1, "none"),
        (4.0, 1.5, 0.1, "int8"),
        (0.9, 1.9, 0.0, "none"),
    ],
)
def test_the_fastest_that_hears_as_well(
    caplog: pytest.LogCaptureFixture, alone: float, together: float, wrong: float, chosen: str
) -> None:
    """Speed of one clip and of many count alike; half a point more of wrong words is allowed.

    Where it is not the exact one, that is said.
    """
    calibrated(
        trial("none", alone=1.0, together=2.0),
        trial("int8", alone=alone, together=together, wrong=wrong),
    )

    assert settled(AUTO).quantize == chosen
    assert ("--quantize auto: int8" in caplog.text) == (chosen == "int8")


@pytest.mark.parametrize(("wrong", "chosen"), [(0.1, "int4"), (0.105, "int4"), (0.106, "int8")])
def test_four_bits_have_to_hear_as_well(
    caplog: pytest.LogCaptureFixture, wrong: float, chosen: str
) -> None:
    """They are taken where they are the fastest of those within the limit."""
    calibrated(
        trial("none", alone=1.0, together=2.0),
        trial("int8", alone=2.0, together=3.0),
        trial("int4", alone=4.0, together=2.0, wrong=wrong),
    )

    assert settled(AUTO).quantize == chosen
    assert f"--quantize auto: {chosen}" in caplog.text


def test_nothing_measured_nothing_quantized(caplog: pytest.LogCaptureFixture) -> None:
    """It is said, with what to do."""
    assert settled(AUTO).quantize == "none"
    assert "qasr doctor --calibrate -m demo" in caplog.text


def test_a_calibration_without_trials_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """Those of earlier versions have none, and so have those of a GPU."""
    calibrated()

    assert settled(AUTO).quantize == "none"
    assert "--calibrate" in caplog.text


def test_what_was_named_stays() -> None:
    """Neither a way nor a number format that was asked for by name is overruled."""
    calibrated(trial("none", alone=1.0, together=1.0), trial("int8", alone=9.0, together=9.0))

    assert settled(EXACT) == EXACT
    named = dataclasses.replace(AUTO, dtype="bfloat16")
    assert settled(named) == dataclasses.replace(named, quantize="none")
    eight = dataclasses.replace(AUTO, quantize="int8")
    assert settled(eight) == eight


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")
def test_all_ways_are_measured_and_kept() -> None:
    """What the demo pair hears, how fast, and how far a product is off come back from the disk."""
    clock = system_clock()

    measured = with_trials(measure_speed(EXACT, ran_on="cpu", clock=clock), EXACT, clock=clock)
    save(measured)

    found = calibration_of(build_engine(EXACT), "auto")
    assert found == measured
    exact, eight, four = measured.trials
    assert [each.quantize for each in measured.trials] == ["none", "int8", "int4"]
    assert exact.product_error == 0
    assert 0.005 < eight.product_error < 0.03
    assert 0.05 < four.product_error < 0.15
    assert max(eight.word_error_rate, four.word_error_rate) <= exact.word_error_rate + 0.05
    assert settled(AUTO).quantize == measured.quickest


def test_a_gpu_has_no_trials() -> None:
    """There is nothing to choose from."""
    calibrated()
    found = calibration_of(build_engine(EXACT), "auto")
    assert found is not None
    on_gpu = dataclasses.replace(found, ran_on="cuda:0")

    assert with_trials(on_gpu, EXACT, clock=system_clock()) == on_gpu
