"""`qasr doctor`: what this machine has, what it lacks, and what to do about it."""

import json
import os
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.checkpoints.catalog import DEMO
from qasr_cli.cli import walls
from qasr_cli.cli.arguments.completion import complete_device, complete_recogniser
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import counted
from qasr_cli.errors import ExitCode
from qasr_cli.options import DEFAULT_MODEL, EngineOptions
from qasr_cli.sandbox import confine

if TYPE_CHECKING:
    from qasr_cli.machine.calibration import Calibration, Trial
    from qasr_cli.machine.check import Check
    from qasr_cli.machine.self_test import SelfTest

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Check this machine.",
)


_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help=f"Check for this model, not {DEFAULT_MODEL}; --self-test tries it, not demo.",
        autocompletion=complete_recogniser,
    ),
]
_Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="Check for cpu, cuda, or the GPU of a number: cuda:1.",
        autocompletion=complete_device,
    ),
]
_ModelDir = Annotated[
    str | None,
    typer.Option("--model-dir", metavar="FOLDER", help="Look for models in this folder first."),
]


@app.command(cls=ConfiguredCommand)
def doctor(
    *,
    self_test: Annotated[
        bool,
        typer.Option(
            "--self-test", help="Also transcribe a bundled recording: the demo pair, or -m."
        ),
    ] = False,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate", help="Also measure the models' speed, for qasr plan and --quantize auto."
        ),
    ] = False,
    model: _Model = None,
    device: _Device = "auto",
    model_dir: _ModelDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    no_sandbox: Annotated[  # noqa: ARG001  # read in cli.main, before the command itself begins
        bool, typer.Option("--no-sandbox", help="Do not have the kernel refuse the network.")
    ] = False,
) -> None:
    """Check Python, torch, GPU, ffmpeg, models and folders; exit 3 when something needed lacks."""
    options = EngineOptions(model=model or DEFAULT_MODEL, device=device, model_dir=model_dir)
    checks = _checked(options)
    if not as_json:
        _print(_lines(checks))  # before the self-test, which takes a while, and may raise
    result = _tested(checks, replace(options, model=model or DEMO)) if self_test else None
    if not as_json and result is not None:
        _print(_self_test_lines(result))
    measured = None
    if calibrate and _is_sound(checks, result):
        measured = _calibrated(options)
    if as_json:
        document = json.dumps(_document(checks, result, measured), indent=2)
        typer.echo(_without_own_folders(document))
    elif measured is not None:
        _print(_calibration_lines(measured))
    if not _is_sound(checks, result):
        raise typer.Exit(ExitCode.ENVIRONMENT)


def _checked(options: EngineOptions) -> "tuple[Check, ...]":
    """Every check, behind the walls; what tries those of `qasr serve` has begun before."""
    from qasr_cli.machine.serve_trial import ServeTrial

    with ServeTrial() as serve_trial:
        walls.put_up(confine)
        from qasr_cli.machine.checkup import check_all

        return check_all(
            model=options.model,
            device=options.device,
            model_dir=options.model_dir,
            serve_trial=serve_trial,
        )


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(printable(line))


def _is_sound(checks: "tuple[Check, ...]", result: "SelfTest | None") -> bool:
    return all(check.state != "fail" for check in checks) and (result is None or result.is_passed)


def _tested(checks: "tuple[Check, ...]", options: EngineOptions) -> "SelfTest | None":
    """The result of the self-test; None where nothing can compute, or its models are not here."""
    from qasr_cli.machine.checkup import can_compute, has_models, resolve_device
    from qasr_cli.machine.self_test import run_self_test

    is_demo = options.model.casefold() == DEMO
    if not can_compute(checks) or not (is_demo or has_models(checks)):
        return None
    device = resolve_device(options.device)
    return run_self_test(device, model=options.model, model_dir=options.model_dir)


def _calibrated(options: EngineOptions) -> "Calibration":
    from qasr_cli.engines.qwen.loading.choice import choose
    from qasr_cli.machine.calibration import save
    from qasr_cli.machine.checkup import resolve_device
    from qasr_cli.machine.clock import system_clock
    from qasr_cli.machine.quantizing import with_trials
    from qasr_cli.machine.speed_trial import measure_speed

    device = choose(options.model, "recogniser", options).device
    clock = system_clock()
    measured = measure_speed(options, ran_on=resolve_device(device), clock=clock)
    calibration = with_trials(measured, options, clock=clock)
    save(calibration)
    return calibration


def _calibration_lines(calibration: "Calibration") -> list[str]:
    loading = f"models loaded in {calibration.load_s:.1f} s"
    return [
        f"{'ok':<4}  calibration on {calibration.ran_on}: {loading}; qasr plan uses it",
        *(
            f"      {counted(group.clip_count, 'clip')} at once: {group.rtfx:.1f} x real time"
            + (f", {group.peak_bytes / 1e9:.1f} GB" if group.peak_bytes else "")
            for group in calibration.groups
        ),
        *(_trial_line(trial) for trial in calibration.trials),
        *(
            [f"      --quantize auto takes {calibration.quickest} here"]
            if calibration.trials
            else []
        ),
    ]


def _trial_line(trial: "Trial") -> str:
    return (
        f"      {trial.quantize}: {trial.rtfx_alone:.1f} x real time alone, "
        f"{trial.rtfx_together:.1f} together; wrong words {trial.word_error_rate:.1%}, "
        f"a product {trial.product_error:.1%} off"
    )


def _document(
    checks: "tuple[Check, ...]", result: "SelfTest | None", measured: "Calibration | None"
) -> dict[str, object]:
    tested = None if result is None else asdict(result) | {"is_passed": result.is_passed}
    return {
        "is_sound": _is_sound(checks, result),
        "checks": [asdict(check) for check in checks],
        "self_test": tested,
        "calibration": None if measured is None else asdict(measured),
    }


def _without_own_folders(document: str) -> str:
    """The JSON as it may be shown to others: where the user is and works is `~` and `.` in it."""
    own = {os.path.expanduser("~"): "~", os.getcwd(): "."}
    for path, short in sorted(own.items(), key=lambda pair: -len(pair[0])):
        if path != os.sep:
            spelt = re.escape(json.dumps(path)[1:-1])
            document = re.sub(rf"{spelt}(?![\w.-])", short, document)
    return document


def _lines(checks: "tuple[Check, ...]") -> list[str]:
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.state:<4}  {check.name:<{width}}  {check.detail}")
        if check.remedy:
            lines.append(f"{'':<4}  {'':<{width}}  -> {check.remedy}")
    return lines


def _self_test_lines(result: "SelfTest") -> list[str]:
    from qasr_cli.machine.self_test import MAX_MEAN_SHIFT_MS

    pair = " and ".join(dict.fromkeys(name.partition("@")[0] for name in result.models.values()))
    wrong = f"{result.word_error_rate:.1%} (at most {result.max_word_error_rate:.0%})"
    shift = (
        "no word in common" if result.mean_shift_ms is None else f"{result.mean_shift_ms:.0f} ms"
    )
    return [
        f"{'ok' if result.is_passed else 'fail':<4}  self-test of {pair} on {result.device}",
        f"      said   {result.said}",
        f"      heard  {result.heard}",
        f"      wrong words {wrong}, mean shift {shift} (at most {MAX_MEAN_SHIFT_MS:.0f} ms)",
    ]
