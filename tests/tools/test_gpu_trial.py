"""A trial of a GPU is one command that a short visit to one is enough for."""

import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.gpu_trial import child
from tools.gpu_trial.settings import Notes, Settings
from tools.gpu_trial.steps import Step, run_step, seconds_kept, steps_of
from tools.gpu_trial.summary import lines_of, one_line
from tools.gpu_trial.wheels import MOST_BYTES, PACKAGES, command_of

ROOT = Path(__file__).parents[2]
# What a machine for this has, or what nothing of a trial imports.
NOT_CARRIED = {"torch", "numpy", "hf-xet"}
TREE_BYTES = 64 << 20


def _settings(weights: Path) -> Settings:
    return Settings(
        device="cpu",
        weights=str(weights),
        row_counts=(2,),
        least_clip_count=1,
        longest_clip_s=2,
        sentence_count=1,
    )


def _trial(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["tools/gpu_trial.sh", *argv],
        cwd=ROOT,
        env=os.environ | {"PYTHON": sys.executable} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_rehearsal_on_the_cpu_goes_through(tmp_path: Path) -> None:
    """Without a GPU the same steps run on the demo pair, and the file has what came of each."""
    output = tmp_path / "trial.json"

    done = _trial("--device", "cpu", "--quick", "--output", str(output), HOME=str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    steps = {step["name"]: step for step in json.loads(output.read_text())["steps"]}
    assert list(steps) == ["facts", "demo pair", "weights demo", "eager demo", "generate demo"]
    assert {step["state"] for step in steps.values()} == {"ok"}
    assert steps["demo pair"]["found"]["cpu"] == {"equal": 5, "of": 5}
    assert steps["facts"]["found"]["doctor_confined"]["checks"]
    assert [run["rows"] for run in steps["eager demo"]["found"]["runs"]] == [2]
    assert steps["generate demo"]["found"]["runs"][0]["rtfx"] > 0
    assert "nothing was sent" in done.stdout
    text = output.read_text()
    assert str(ROOT) not in text
    assert str(tmp_path) not in text


def test_a_step_that_fails_says_so_and_keeps_what_it_found(tmp_path: Path) -> None:
    """Its error is in the document, one line and the last calls."""
    step = Step(name="weights", work="weights:5b", limit_s=60)

    outcome = run_step(step, _settings(tmp_path), left_s=60)

    assert outcome["state"] == "failed"
    assert outcome["error"] == "KeyError: ('5b', 'recogniser')"
    assert outcome["found"]["trace"]
    assert one_line(outcome).startswith("FAIL weights ")


def test_a_step_that_hangs_is_stopped(tmp_path: Path) -> None:
    """The clock of a step is its own, or what is left of the trial's."""
    step = Step(name="facts", work="facts", limit_s=60)

    outcome = run_step(step, _settings(tmp_path), left_s=0.1)

    assert outcome["state"] == "stopped after 0 s"
    assert outcome["error"] is None
    assert one_line(outcome).endswith("stopped after 0 s")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which processes there are")
def _is_step(pid: str) -> bool:
    try:
        return b"tools.gpu_trial" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_trial_that_is_ended_leaves_nobody_behind(tmp_path: Path) -> None:
    """On SIGTERM the step at work ends with it, and its folders are gone."""
    trial = subprocess.Popen(
        ["tools/gpu_trial.sh", "--device", "cpu", "-o", str(tmp_path / "trial.json")],
        cwd=ROOT,
        env=os.environ | {"PYTHON": sys.executable, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    children = Path(f"/proc/{trial.pid}/task/{trial.pid}/children")
    # The shell has children, too, before it becomes the trial.
    while not (found := [pid for pid in children.read_text().split() if _is_step(pid)]):
        time.sleep(0.05)

    trial.terminate()

    assert trial.wait(30) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{found[0]}").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_before_a_kill_is_there(tmp_path: Path) -> None:
    """Every word is on the disk when it is said."""
    path = tmp_path / "found.json"
    notes = Notes(path, limit_s=0.0)

    notes.add(one=1)
    notes.add(two=[2])

    assert child.found_in(path) == {"one": 1, "two": [2]}
    assert child.found_in(tmp_path / "absent") == {}
    assert not notes.has_time_for(0.1)


def test_the_last_steps_have_time_kept_for_them() -> None:
    """Slow steps in the middle do not cost those behind them."""
    steps = list(steps_of(("1.7b", "0.6b"), is_quick=False, is_cuda=True))

    kept_s = dict(zip((step.name for step in steps), seconds_kept(steps), strict=True))

    assert kept_s["facts"] == 65
    assert kept_s["8 GB"] == 30
    assert kept_s["kernels"] == 0
    assert [name for name in kept_s if name.endswith("1.7b")] == [
        *("weights 1.7b", "captured 1.7b", "eager 1.7b", "generate 1.7b")
    ]


def test_the_table_says_what_was_measured() -> None:
    """One line a run; one that failed has its reason."""
    fast = {"rows": 128, "first": {"rtfx": 90.0}, "again": {"rtfx": 100.0}}
    outcome = {
        "name": "captured 1.7b",
        "found": {"runs": [fast, {"rows": 256, "error": "no time left"}]},
    }

    assert list(lines_of([outcome])) == [
        "captured 1.7b   128 rows     100.0 x (at first 90.0)",
        "captured 1.7b   256 rows  no time left",
    ]


def test_the_wheels_are_all_that_is_needed() -> None:
    """Each is pinned, and what it needs in turn is carried, too, but for torch and numpy."""
    pinned = set(re.findall(r"^(\S+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    carried = {canonicalize_name(name) for name in PACKAGES}
    needed = {
        canonicalize_name(requirement.name)
        for name in PACKAGES
        for requirement in map(Requirement, importlib.metadata.requires(name) or ())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }

    assert carried - {canonicalize_name(name) for name in pinned} == set()
    assert needed - carried - NOT_CARRIED == set()
    command = " ".join(command_of("wheels", "3.12"))
    assert "--no-deps" in command
    assert "torch" not in command.split()


def test_the_tree_and_the_wheels_fit_together() -> None:
    """What is tracked leaves room for the wheels within 64 MiB."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name]

    assert sum(file.stat().st_size for file in files if file.is_file()) + MOST_BYTES < TREE_BYTES


@pytest.mark.parametrize(
    ("argv", "environment", "code", "said"),
    [
        ([], {"PYTHON": "/bin/false"}, 3, "no Python 3.11 or newer; name one: PYTHON="),
        (["--wheels", "docs"], {}, 2, "--wheels docs: holds no *.whl"),
        (["-o", "none/trial.json"], {}, 2, "is no folder"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    argv: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    """Before any step, in a line that names the remedy."""
    done = _trial(*argv, **environment)

    assert done.returncode == code
    assert said in done.stderr.splitlines()[-1]


def test_the_notebook_and_the_form_ask_for_what_the_trial_writes() -> None:
    """Both can be read, name the file, and run nothing but what is here."""
    notebook = json.loads((ROOT / "examples" / "notebooks" / "gpu-trial.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "gpu-trial.yml").read_text())

    assert [cell["outputs"] for cell in notebook["cells"] if "outputs" in cell] == [[]] * len(cells)
    assert [cell for cell in cells if "tools/gpu_trial.sh --output gpu-trial.json" in cell]
    assert {"name", "description", "body"} <= form.keys()
    assert "gpu-trial.json" in [field["attributes"].get("label") for field in form["body"]]
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(set(ids)) == len(ids)
