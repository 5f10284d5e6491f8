"""Fewer threads of the CPU for the work of one thread, whatever the others have."""

import threading

import torch

_here = threading.local()


def limit_here(count: int) -> None:
    """Let torch use at most so many threads of the CPU for what this thread asks of it."""
    if getattr(_here, "count", None) == count:
        return
    usual_count = torch.get_num_threads()
    torch.set_num_threads(min(count, usual_count))
    # It is a thread's own number, and that of threads to come: those shall have the usual one.
    usual = threading.Thread(target=torch.set_num_threads, args=(usual_count,))
    usual.start()
    usual.join()
    _here.count = count
