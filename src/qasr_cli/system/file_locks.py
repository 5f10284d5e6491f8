"""Locks of open files, which the kernel drops with the process. Windows has none of this kind."""

import errno
import os

try:
    import fcntl
except ImportError:
    ARE_KNOWN = False
else:
    ARE_KNOWN = True

# What the system says of a lock that another has; shares say the last, of an open file. Whatever
# else it says, this disk has no locks for us.
HELD_BY_ANOTHER = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


def take(descriptor: int, *, shared: bool = False) -> None:
    """Take the lock of an open file now, or not at all; it is let go when that is closed.

    Raises:
        OSError: `HELD_BY_ANOTHER`, or there are no locks here.
    """
    if not ARE_KNOWN:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
