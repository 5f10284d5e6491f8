"""Parts of a batch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.shard import Shard, shard_from_text


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 40))
def test_every_file_is_of_one_part(name: str, count: int) -> None:
    """However many parts there are, exactly one takes a file."""
    takers = [i for i in range(1, count + 1) if Shard(index=i, count=count).takes(name)]

    assert len(takers) == 1


def test_parts_are_even_and_stay_as_they_are() -> None:
    """A thousand files share out evenly, by a rule that no release may change."""
    names = [f"day/{number}.wav" for number in range(1000)]
    counts = [sum(map(Shard(index=i, count=4).takes, names)) for i in range(1, 5)]

    assert counts == [257, 256, 248, 239]
    assert Shard(index=1, count=1).takes("caf\udce9.wav")


@pytest.mark.parametrize(
    ("text", "environment", "part"),
    [
        ("3/8", {}, "3-of-8"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, "1-of-4"),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "14",
                "SLURM_ARRAY_TASK_MIN": "10",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "3",
            },
            "3-of-3",
        ),
        ("auto/4", {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4"}, "4-of-4"),
        ("auto/4", {"JOB_COMPLETION_INDEX": "0"}, "1-of-4"),
    ],
)
def test_parts_are_named_by_people_and_schedulers(
    text: str, environment: dict[str, str], part: str
) -> None:
    """People count from 1; array tasks and completion indexes count from wherever they start."""
    assert str(shard_from_text(text, environment)) == part


@pytest.mark.parametrize(
    ("text", "environment", "complaint"),
    [
        ("0/8", {}, "count from 1"),
        ("9/8", {}, "count from 1"),
        ("3", {}, "I/N"),
        ("a/b", {}, "whole number"),
        ("auto", {}, "neither"),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}, "auto/N"),
        ("auto/4", {"JOB_COMPLETION_INDEX": "4"}, "count from 1"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0"}, "COUNT"),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "5",
                "SLURM_ARRAY_TASK_MIN": "3",
                "SLURM_ARRAY_TASK_COUNT": "2",
            },
            "yourself",
        ),
        ("auto/8", {"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2"}, "yourself"),
    ],
)
def test_what_names_no_part_is_refused(
    text: str, environment: dict[str, str], complaint: str
) -> None:
    """A wrong part would leave files out, so nothing is guessed."""
    with pytest.raises(ValueError, match=complaint):
        shard_from_text(text, environment)
