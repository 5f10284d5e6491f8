"""Signals by which a process is asked to end, and which of a system's ways to hear them it has."""

import contextlib
import os
import select
import signal
from collections.abc import Iterator, Mapping
from typing import TypeVar

_T = TypeVar("_T")

# A signal's number, written to a pipe as it comes, can be waited for by another thread.
CAN_BE_WAITED_FOR = hasattr(select, "poll") and hasattr(os, "set_blocking")
# The system ends a process, whatever it does, once it has used so much of the processor.
HAS_PROCESSOR_CLOCKS = hasattr(signal, "setitimer")


def known(by_name: Mapping[str, _T]) -> dict[signal.Signals, _T]:
    """The same by signal, without those that this system does not have.

    >>> known({"SIGINT": 130, "SIGNEVER": 0})
    {<Signals.SIGINT: 2>: 130}
    """
    return {signal.Signals[name]: value for name, value in by_name.items() if hasattr(signal, name)}


@contextlib.contextmanager
def children_deaf_to_terminals() -> Iterator[None]:
    """Let Ctrl-C reach this process alone, not what is started meanwhile.

    A child inherits which signals its thread does not take. Another thread takes them meanwhile,
    or this one does in the end.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
