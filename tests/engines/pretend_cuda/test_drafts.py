"""Drafts on a pretend GPU, eager and captured: the answer without one."""

from dataclasses import replace

import pytest

from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.decoding.generation import Answer
from tests.engines.pretend_cuda.conftest import prepared, recogniser_on
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

_GARBAGE = [5, 151_645, 3, 999_999, -1, 151_676]


def tokens(answer: Answer) -> list[int]:
    """The tokens of an answer, which did not overflow."""
    assert isinstance(answer, list)
    return answer


@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
@pytest.mark.parametrize("row_count", [1, 3])
def test_drafts_change_no_token(short: list[Clip], cuda_graphs: bool, row_count: int) -> None:
    """None, the right one, one that is wrong in the middle, and nonsense: rows of one batch."""
    recogniser = recogniser_on("cpu")
    expected = dict(recogniser.answers(prepared(recogniser, short), 3))
    first, second, third, _ = (tokens(expected[index]) for index in range(4))
    drafts = [first, [*second[: len(second) // 2], 7, 7, 7], [*third, *_GARBAGE * 200], []]
    drafted = [
        replace(clip, is_partial=True, draft=tuple(draft))
        for clip, draft in zip(short, drafts, strict=True)
    ]

    with pretend(Machine()):
        recogniser = recogniser_on("cuda", cuda_graphs=cuda_graphs)
        found = dict(recogniser.answers(prepared(recogniser, drafted), row_count))
        again = dict(recogniser.answers(prepared(recogniser, short), row_count))
        del recogniser

    assert found == expected
    assert again == expected
