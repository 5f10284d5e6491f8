"""Threads of the CPU, thread by thread."""

import threading
from collections.abc import Callable

import torch

from qasr_cli.engines.own_threads import limit_here


def told_by_a_thread(ask: Callable[[], object]) -> object:
    """What a new thread answers."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    thread.join()
    return answers[0]


def test_others_keep_theirs() -> None:
    """One thread works with fewer; this one, and threads to come, have as many as before."""

    def limited() -> tuple[int, int]:
        limit_here(1)
        first = torch.get_num_threads()
        limit_here(1)
        return first, torch.get_num_threads()

    def settled() -> tuple[object, ...]:
        torch.set_num_threads(3)
        here = told_by_a_thread(limited), torch.get_num_threads()
        return *here, told_by_a_thread(torch.get_num_threads)

    usual_count = torch.get_num_threads()
    try:
        assert told_by_a_thread(settled) == ((1, 1), 3, 3)
    finally:
        torch.set_num_threads(usual_count)


def test_it_never_means_more() -> None:
    """Who has one thread does not get two."""

    def limited() -> int:
        torch.set_num_threads(1)
        limit_here(2)
        return torch.get_num_threads()

    usual_count = torch.get_num_threads()
    try:
        assert told_by_a_thread(limited) == 1
    finally:
        torch.set_num_threads(usual_count)
