"""Work beside answers takes one core, ends when it is told to, and gives the core back."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest
import torch

from qasr_cli.engines.qwen.decoding.beside import Beside

PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """So many as torch has here, until the test ends."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_it_begins_where_it_may() -> None:
    """Not before; then torch has one thread less, until the work is done."""
    begun, may_end = Event(), Event()

    def work(_: Callable[[], bool]) -> None:
        begun.set()
        assert may_end.wait(PATIENCE_S)

    with Beside(work) as beside:
        beside.go_on(may_begin=False)
        assert (begun.is_set(), torch.get_num_threads()) == (False, 3)
        beside.go_on(may_begin=True)
        assert begun.wait(PATIENCE_S)
        assert torch.get_num_threads() == 2
        may_end.set()
        beside._thread.join(PATIENCE_S)  # noqa: SLF001  # nothing else tells that it has ended
        beside.go_on(may_begin=True)
        assert torch.get_num_threads() == 3


@pytest.mark.parametrize("error", [None, KeyError])
def test_it_ends_with_the_context(error: type[Exception] | None) -> None:
    """Soon, also where the answers fail; all threads are back."""
    done: list[int] = []
    begun = Event()

    def work(goes_on: Callable[[], bool]) -> None:
        while goes_on():
            begun.set()
            done.append(len(done))

    def answer() -> None:
        with Beside(work) as beside:
            beside.go_on(may_begin=True)
            assert begun.wait(PATIENCE_S)
            if error is not None:
                raise error

    if error is None:
        answer()
    else:
        with pytest.raises(error):
            answer()
    count = len(done)

    assert count > 0
    assert torch.get_num_threads() == 3
    assert len(done) == count


def test_what_never_begins_costs_nothing() -> None:
    """Its context ends at once."""
    with Beside(lambda _: pytest.fail("begun")):
        pass
    assert torch.get_num_threads() == 3
