"""How light the program is before it does anything."""

import json
import resource
import subprocess
import sys
from statistics import median

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
LIMIT_OF_TYPER = 1.4


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
    """`qasr --help` needs hardly more than Typer's own import; in turns, the median of several."""

    def cpu_of_one_run_s(*arguments: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Pairs, since a shared machine is now fast and now slow: the best of each side may come from
    # different times.
    ratios = [
        cpu_of_one_run_s("-m", "qasr_cli", "--help") / cpu_of_one_run_s("-c", "import typer.main")
        for _ in range(9)
    ]
    assert median(ratios) <= LIMIT_OF_TYPER
