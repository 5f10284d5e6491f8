"""What is in the image, and what is not."""

import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.container.described import FILE, ROOT, TARGETS, last
from tools.container.requirements import required
from tools.container_root.context import Context


@pytest.mark.parametrize("target", TARGETS)
def test_the_image_is_not_roots(target: str) -> None:
    """Its user is a number that is not root's, and nothing is done as root behind it."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last(target, "USER"))
    keywords = [each.keyword for each in FILE.instructions(target)]
    assert "RUN" not in keywords[keywords.index("USER") :]


def test_the_last_stage_is_for_every_machine() -> None:
    """Who names no target gets the one that needs no GPU."""
    assert list(FILE.stages)[-1] == "cpu"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_builds_is_left(target: str) -> None:
    """What comes from other stages is the environment alone, which has no pip."""
    copied = [each for each in FILE.instructions(target) if "from" in each.flags]

    assert [each.text for each in copied] == ["/opt/qasr /opt/qasr"] * 2
    assert "--without-pip" in FILE.stages["installer"].last("RUN").text


def test_what_is_copied_is_there_and_nothing_else_goes_out() -> None:
    """Every source of a COPY reaches the engine; tests, documents and environments do not."""
    context = Context(ROOT)
    names = [
        name
        for stage in FILE.stages.values()
        for each in stage.instructions
        if each.keyword == "COPY" and "from" not in each.flags
        for name in each.words()[:-1]
    ]

    assert {"constraints.txt", "pyproject.toml", "src"} <= set(names)
    assert all(context.files(name) for name in names)
    kept = {"src/qasr_cli/__main__.py", "src/qasr_cli/demo/asr/config.json", "LICENSE"}
    assert {path for path in kept if context.takes(path)} == kept
    left_out = (
        *("tests/test_container.py", ".venv/bin/python", ".git/config", "docs/serve.md"),
        *("src/qasr_cli/__pycache__/a.cpython-313.pyc", "src/a/__pycache__/b", ".env"),
        *("tools/demo.py", "src/qasr_cli.egg-info/PKG-INFO", "models/qasr/model.safetensors"),
    )
    assert [path for path in left_out if context.takes(path)] == []


def test_the_layer_of_packages_has_all_that_is_required() -> None:
    """The requirements are those of the package with all extras, its own name spelt out.

    Without a cluster's: an image hears on one machine, and Ray is larger than the rest together.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    found = list(required(project, ["all"]))

    parts = extras.keys() - {"all", "cluster", "dev", "docs"}
    assert set(found) == {
        *project["dependencies"],
        *(each for extra in parts for each in extras[extra]),
    }


def test_every_package_of_the_image_has_its_version() -> None:
    """All that is installed is pinned, what builds it too, so that an image can be made again."""
    pinned = {
        canonicalize_name(line.partition("==")[0])
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # What builds need not be installed here; setuptools builds `srt`, which has no wheel.
    builders = {Requirement(each).name for each in document["build-system"]["requires"]}

    needed = _needed(list(required(document["project"], ["all"]))) | builders | {"setuptools"}

    assert needed - pinned == set()


def _needed(requirements: list[str]) -> set[str]:
    """The names of these packages and of all that they require on this machine."""
    names: set[str] = set()
    left = [Requirement(each) for each in requirements]
    while left:
        each = left.pop()
        name = canonicalize_name(each.name)
        extras = each.extras or {""}
        if name in names or not (each.marker is None or each.marker.evaluate()):
            continue
        names.add(name)
        for text in requires(name) or ():
            below = Requirement(text)
            if below.marker is None or any(
                below.marker.evaluate({"extra": extra}) for extra in extras
            ):
                left.append(Requirement(str(below).partition(";")[0]))
    return names
