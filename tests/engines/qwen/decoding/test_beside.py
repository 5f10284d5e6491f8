"""Work beside answers takes one core, ends when it is told to, and gives the core back."""

from collections.abc import Callable, Iterator
from threading import Event, Thread

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
        thread = beside._thread  # noqa: SLF001  # nothing else tells that it has ended
        assert thread is not None
        thread.join(PATIENCE_S)
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


@pytest.mark.parametrize("can_begin", [False, True])
def test_what_never_begins_costs_nothing(can_begin: bool) -> None:
    """Its context ends at once: it would have had to wait, or nobody let it begin, or too late."""
    begun: list[object] = []
    with Beside(begun.append, lambda: can_begin) as beside:
        beside.go_on(may_begin=not can_begin)
    beside.go_on(may_begin=True)

    assert torch.get_num_threads() == 3
    assert begun == []


def test_where_no_more_threads_may_be_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have been done later anyway."""

    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Beside(lambda _: None) as beside:
        monkeypatch.setattr(Thread, "start", refuse)
        beside.go_on(may_begin=True)
        monkeypatch.undo()
        beside.go_on(may_begin=True)
        assert torch.get_num_threads() == 3


def test_other_threads_keep_all_cores() -> None:
    """Those that begin meanwhile."""
    counts: list[int] = []
    may_end = Event()

    with Beside(lambda _: counts.append(int(may_end.wait(PATIENCE_S)))) as beside:
        beside.go_on(may_begin=True)
        assert torch.get_num_threads() == 2
        other = Thread(target=lambda: counts.append(torch.get_num_threads()))
        other.start()
        other.join()
        may_end.set()

    assert counts == [3, 1]
