"""Which way of `--quantize` is best on this machine: measured once, then taken by "auto"."""

import logging
from dataclasses import replace

from qasr_cli.engines.registry import build_engine
from qasr_cli.machine.calibration import Calibration, Trial, Way, calibration_of
from qasr_cli.machine.clock import Clock
from qasr_cli.machine.self_test import run_self_test
from qasr_cli.machine.speed_trial import measure_speed
from qasr_cli.options import EngineOptions

_log = logging.getLogger(__name__)


def settled(options: EngineOptions) -> EngineOptions:
    """Options in which "auto" has become what was measured to be best; others as they are.

    Raises:
        ModelMissing, ModelLoadError: a checkpoint is absent or damaged.
    """
    if options.quantize != "auto":
        return options
    exact = replace(options, quantize="none")
    if options.dtype not in ("auto", "float32"):
        return exact  # a number format that was asked for by name
    found = calibration_of(build_engine(exact), options.device)
    if found is None or not found.trials:
        _log.warning(
            "--quantize auto: nothing was measured for these models here, so nothing is quantized; "
            "qasr doctor --calibrate -m %s%s does",
            options.model,
            "" if options.device == "auto" else f" --device {options.device}",
        )
        return exact
    if found.quickest == "none":
        return exact
    # Said each time: a folder may hold results from before it was measured.
    _log.warning(
        "--quantize auto: %s, which qasr doctor --calibrate found to be fastest here",
        found.quickest,
    )
    return replace(options, quantize=found.quickest)


def with_trials(exact: Calibration, options: EngineOptions, *, clock: Clock) -> Calibration:
    """A calibration that also knows how the models do in 8 and in 4 bits, on a CPU that can.

    Args:
        exact: of these options.

    Raises:
        EngineError: they cannot do a single clip.
    """
    from qasr_cli.engines.kernels import product_errors

    errors = product_errors()
    if exact.ran_on != "cpu" or not errors:
        return exact
    trials = [_trial("none", exact, options, product_error=0.0)]
    for quantize, error in errors.items():
        quick = measure_speed(replace(options, quantize=quantize), ran_on="cpu", clock=clock)
        trials.append(_trial(quantize, quick, options, product_error=error))
    return replace(exact, trials=tuple(trials))


def _trial(
    quantize: Way,
    measured: Calibration,
    options: EngineOptions,
    *,
    product_error: float,
) -> Trial:
    tested = run_self_test(
        "cpu", model=options.model, model_dir=options.model_dir, quantize=quantize
    )
    return Trial(
        quantize=quantize,
        rtfx_alone=measured.groups[0].rtfx,
        rtfx_together=measured.groups[-1].rtfx,
        word_error_rate=tested.word_error_rate,
        product_error=product_error,
    )
