"""What a release is made of: what the wheel holds, and that tag, version and changelog agree."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from qasr_cli import __version__
from tools.check_release import problems_with
from tools.wheel_contents import missing_from, said_sizes

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "qasr_cli"
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-28\n\n## [1.2.2] - 2026-01-01\n"
MODULE = '__version__ = "1.2.3"\n'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, made without asking the index."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_the_whole_package(wheel: Path) -> None:
    """Every file of the package is in it: page, what the page is made of, models, py.typed."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    here = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "_cache" not in path.as_posix()
    }

    assert here - held == set()
    assert missing_from(wheel) == []
    assert wheel.name == f"qasr_cli-{__version__}-py3-none-any.whl"


def test_what_a_wheel_lacks_is_named(wheel: Path, tmp_path: Path) -> None:
    """A wheel without vendored files of the page, the types' mark or the notices is not whole."""
    poorer = tmp_path / wheel.name
    left_out = ("py.typed", "THIRD_PARTY_NOTICES.md")
    with zipfile.ZipFile(wheel) as full, zipfile.ZipFile(poorer, "w") as archive:
        for name in full.namelist():
            if not (name.startswith("qasr_cli/page/vendor/") or name.endswith(left_out)):
                archive.writestr(name, full.read(name))

    assert missing_from(poorer) == [
        *("py.typed", "page/vendor/", "licenses/THIRD_PARTY_NOTICES.md"),
    ]
    assert next(said_sizes(wheel)).startswith("  qasr_cli/demo: ")


@pytest.mark.parametrize(
    ("tag", "package", "changelog", "words"),
    [
        ("v1.2.3", MODULE, CHANGELOG, []),
        ("1.2.3", MODULE, CHANGELOG, ["the tag is 1.2.3"]),
        ("v1.2.4", MODULE, CHANGELOG, ["the tag is v1.2.4"]),
        ("v1.2.3", MODULE, CHANGELOG.replace("## [Unreleased]\n\n", ""), ["does not begin with"]),
        ("v1.2.3", MODULE, CHANGELOG.replace(" - 2026-11-28", ""), ["no date for 1.2.3"]),
        ("v1.2.3", MODULE, "# Changelog\n", ["does not begin with", "no date"]),
    ],
)
def test_tag_version_and_changelog(
    tag: str, package: str, changelog: str, words: list[str]
) -> None:
    """A release whose tag, package and changelog differ is refused, and what differs is said."""
    problems = problems_with(tag, package=package, changelog=changelog)

    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


def test_this_tree_can_be_released() -> None:
    """The version of this tree is the newest one of its changelog."""
    package = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert problems_with(f"v{__version__}", package=package, changelog=changelog) == []
