"""The workflows: nothing is permitted that is not needed, nothing named that is not there."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_limits(path: Path) -> None:
    """No rights but those that a job names, an end to each job, no credentials left in the tree."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"] == {}
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())
    for step in _steps(workflow):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_runs_is_there(path: Path) -> None:
    """Each program of `tools`, each target of make and each folder of tests that it names."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = "\n".join(str(step.get("run", "")) for step in _steps(workflow))
    targets = re.findall(r"^(\S+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert all(map(importlib.util.find_spec, re.findall(r"python -m (tools\.\w+)", lines)))
    for name in re.findall(r"(?:tests|tools|examples)/[\w/.-]+", lines):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\bmake (\S+)", lines):
        assert name.replace(".venv", "$(VENV)") in targets


def test_an_upload_is_of_one_address() -> None:
    """Nothing is released or published from a repository that the files do not name."""
    for name in ("release", "pages"):
        text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
        assert 'python -m tools.set_address "$GITHUB_REPOSITORY" --check' in text
