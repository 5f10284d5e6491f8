"""How light the program is before it does anything."""

import json
import resource
import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "transformers",
    "numpy",
    "soundfile",
    "pydub",
    "onnxruntime",
    "rich",
    "tqdm",
    "srt",
}
CPU_LIMIT_S = 0.150


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        *([command, "--help"] for command in ("transcribe", "batch", "render", "lint", "minutes")),
    ],
)
def test_help_imports_nothing_heavy(argv: list[str]) -> None:
    """Asking for help loads no library that takes its time."""
    program = (
        "import json, sys\n"
        "from qasr_cli.cli.main import run\n"
        f"code = run({argv!r})\n"
        "print('\\n' + json.dumps([code, sorted(sys.modules)]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    code, modules = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0
    assert HEAVY & set(modules) == set()


def test_help_costs_little_processor_time() -> None:
    """`qasr --help` stays within its budget of processor time; the best of several counts."""

    def cpu_of_one_run_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "qasr_cli", "--help"], capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu_of_one_run_s() for _ in range(7)) <= CPU_LIMIT_S
