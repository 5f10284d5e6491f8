"""What is too long is found, and so is an exception that is no longer needed."""

import subprocess
from pathlib import Path

import pytest

from tools import check_sizes


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that is checked in place of this one, without exceptions."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    monkeypatch.setattr(check_sizes, "ROOT", tmp_path)
    monkeypatch.setattr(check_sizes, "EXCEPTIONS", {})
    return tmp_path


def plant(path: Path, source: str) -> None:
    """Write a module."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


def block(head: str, line_count: int) -> str:
    """A function or class of so many lines."""
    return "\n".join([head, *["    pass"] * (line_count - 1)]) + "\n"


@pytest.mark.parametrize(
    ("source", "place", "limit"),
    [
        (block("def long():", 41), "made.py: long", 40),
        (block("async def long():", 41), "made.py: long", 40),
        (block("class Long:", 151), "made.py: Long", 150),
        ("x = 1\n" * 301, "made.py", 300),
    ],
    ids=["function", "coroutine", "class", "module"],
)
def test_one_line_too_many_is_found(
    tree: Path, capsys: pytest.CaptureFixture[str], source: str, place: str, limit: int
) -> None:
    """It is named with its size and its limit."""
    plant(tree / "made.py", source)

    assert check_sizes.main() == 1
    assert capsys.readouterr().out == f"{place}: {limit + 1}, and the limit is {limit}\n"


def test_a_method_counts_as_a_function(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nesting hides nothing."""
    method = block("    def long(self):", 41).replace("\n    pass", "\n        pass")
    plant(tree / "made.py", f"class Short:\n{method}")

    assert check_sizes.main() == 1
    assert capsys.readouterr().out == "made.py: long: 41, and the limit is 40\n"


def test_a_full_folder_of_the_package_is_found(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than twenty modules in one folder, `__init__` not counted; elsewhere it may be full."""
    for folder in ("src/package", "tests"):
        for number in range(21):
            plant(tree / folder / f"module_{number}.py", "")
    for number in range(20):
        plant(tree / "src" / f"module_{number}.py", "")
    plant(tree / "src" / "__init__.py", "")

    assert check_sizes.main() == 1
    assert capsys.readouterr().out == "src/package: 21, and the limit is 20\n"


def test_what_is_within_its_limits_is_no_breach(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The limits themselves are allowed."""
    plant(tree / "function.py", block("def fits():", 40))
    plant(tree / "class.py", block("class Fits:", 150))
    plant(tree / "module.py", "x = 1\n" * 300)

    assert check_sizes.main() == 0
    assert capsys.readouterr().out == ""


def test_an_exception_covers_its_own_place_only(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other function of the same name stays a breach."""
    monkeypatch.setattr(check_sizes, "EXCEPTIONS", {"known.py: long": "a table of data"})
    for name in ("known.py", "other.py"):
        plant(tree / name, block("def long():", 41))

    assert check_sizes.main() == 1
    assert capsys.readouterr().out == "other.py: long: 41, and the limit is 40\n"


def test_a_stale_exception_is_a_breach(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has become short must not stay in the list."""
    monkeypatch.setattr(check_sizes, "EXCEPTIONS", {"made.py: once_long": "a table of data"})
    plant(tree / "made.py", block("def once_long():", 40))

    assert check_sizes.main() == 1
    assert "made.py: once_long: is within its limit" in capsys.readouterr().out
