"""The short form of `python -m tools.fuzz_media`, and proof that its judge can say no."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from tools import fuzz_media
from tools.fuzz_media import MUTATIONS, Tally, judge, mutated


def test_damaged_media_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sixty mutated files each is in the report, and nothing breaks."""
    monkeypatch.setattr("sys.argv", ["fuzz_media", "--count", "60", "--batch", "60", "--seed", "7"])

    assert fuzz_media.main() == 0


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_each_mutation_changes_something(mutation: fuzz_media.Mutation) -> None:
    """A mutation changes most files it is given, also tiny and empty ones without an error."""
    chance = random.Random(1)  # noqa: S311
    whole = bytes(range(256)) * 40

    changed = [mutation(chance, bytearray(whole), whole[::-1]) != whole for _ in range(20)]

    assert sum(changed) >= 15
    for tiny in (b"", b"x"):
        mutation(chance, bytearray(tiny), whole)


def test_the_same_seed_gives_the_same_files() -> None:
    """A problem can be had again by its seed."""
    originals = {"wav": b"a" * 5000, "mp3": b"b" * 5000}

    first = [mutated(random.Random(3), originals) for _ in range(3)]  # noqa: S311

    assert first[0] == first[1] == first[2]


@pytest.mark.parametrize(
    ("files", "code", "stderr", "problem_count"),
    [
        ([{"file": "a", "status": "done", "error": None}], 0, "", 0),
        ([], 1, "", 1),
        ([{"file": "a", "status": "done", "error": None}] * 2, 0, "", 1),
        ([{"file": "a", "status": "done", "error": None}], 70, "", 1),
        ([{"file": "a", "status": "done", "error": None}], 1, "Traceback (most ...", 1),
        (
            [{"file": "a", "status": "failed", "error": {"kind": "InternalError", "message": ""}}],
            1,
            "",
            1,
        ),
    ],
)
def test_the_judge_sees_what_is_wrong(
    tmp_path: Path, files: list[object], code: int, stderr: str, problem_count: int
) -> None:
    """Files missing or twice in the report, bugs and odd exit codes are problems."""
    (tmp_path / "processing_report.json").write_text(json.dumps({"details": files}))
    ran = subprocess.CompletedProcess([], code, stdout="", stderr=stderr)
    tally = Tally()

    judge(tally, {"a"}, ran, tmp_path)

    assert len(tally.problems) == problem_count
