"""Memory that this process was done with and still holds."""

import ctypes
import sys


def give_back_freed_memory() -> None:
    """Give the system what the C library keeps of freed memory; does nothing where it cannot.

    For after big things were built and their parts freed: glibc keeps up to a few tens of MB for
    what may come. It takes milliseconds, so not for what happens often.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)
