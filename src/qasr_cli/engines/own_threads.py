"""Fewer threads of the CPU for the work of one thread, whatever the others have."""

import threading

import torch

_here = threading.local()


def limit_here(count: int) -> None:
    """Let torch use at most so many threads of the CPU for what this thread asks of it."""
    if getattr(_here, "count", None) == count:
        return
    usual_count = torch.get_num_threads()
    set_here(min(count, usual_count), usual_count)
    _here.count = count


def set_here(count: int, usual_count: int) -> None:
    """Let torch use so many for what this thread asks of it, and the usual number for others."""
    torch.get_num_threads()  # who asks first after the number was set gets the usual one
    torch.set_num_threads(count)
    # It is a thread's own number, and that of threads to come: those shall have the usual one.
    usual = threading.Thread(target=torch.set_num_threads, args=(usual_count,))
    usual.start()
    usual.join()
