"""A whole temporary to the name it is for, unless somebody else's file stands there.

A look before a rename protects nothing: another program may write between the two. So the system
is told to rename only where nothing stands. Where an earlier output of ours stands, the two change
places, and what was taken away is looked at: if it is no longer ours, it is given back.

A run that is killed in between leaves what it took away as `*.swap`, which is never simply removed.
"""

import contextlib
import ctypes
import errno
import functools
import os
import re
import secrets
import zlib
from collections.abc import Callable

# From linux/fs.h and fcntl.h; other systems have links.
_NO_REPLACE, _EXCHANGE = 1, 2
_HERE = -100

# What shares and other disks answer that do not have a call, and containers whose filter does not
# know it. Where one of them means what it says, the next way to do it says so too.
_CALL_UNKNOWN = frozenset(
    {
        *(errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP),
        *(errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV),
    }
)

# Owner as in a temporary's name, checksum of the name it is for, and chance.
_ASIDE = re.compile(r"\.qasr-(\w+)-([0-9a-f]{8})-[0-9a-f]{8}\.swap")

IsOwn = Callable[[str], bool]


def publish(temporary: str, path: str, *, owner: str, is_own: IsOwn) -> None:
    """Give a whole file its name; what stands there is replaced only if it is ours.

    Args:
        owner: as in `Writer`.
        is_own: whether the content of a file is what qasr wrote, or is about to, to `path`.

    Raises:
        FileExistsError: something else stands there, and is left as it is.
    """
    try:
        publish_new(temporary, path)
    except FileExistsError:
        if not is_own(path):
            raise
        _publish_over_own(temporary, path, owner=owner, is_own=is_own)


def publish_new(temporary: str, path: str) -> None:
    """Give a whole file its name where nothing stands.

    Raises:
        FileExistsError: something does, and is left as it is.
    """
    if renamed(temporary, path, _NO_REPLACE) or _linked(temporary, path):
        return
    if os.path.lexists(path):
        raise _exists(path)
    os.replace(temporary, path)


def _linked(temporary: str, path: str) -> bool:
    """Whether the disk knows links; the file then has its name."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        # Over NFS a call whose answer was lost is made again, and meets what it did itself.
        if not os.path.samestat(os.lstat(temporary), os.lstat(path)):
            raise
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _CALL_UNKNOWN:
            raise
        return False
    os.unlink(temporary)
    return True


def _publish_over_own(temporary: str, path: str, *, owner: str, is_own: IsOwn) -> None:
    # A name of its own: from here on it may hold what somebody else wrote.
    aside = os.path.join(os.path.dirname(path), _aside_name(os.path.basename(path), owner))
    os.replace(temporary, aside)
    try:
        if renamed(aside, path, _EXCHANGE):
            if not is_own(aside):
                _give_back(aside, path)
                raise _exists(path)
        elif is_own(path):  # on such a disk no more can be done than to look right before
            os.replace(aside, path)
        else:
            raise _exists(path)
    except FileNotFoundError:  # what stood there went away
        publish_new(aside, path)
    finally:
        if is_own(aside):
            with contextlib.suppress(OSError):
                os.unlink(aside)


def _give_back(aside: str, path: str) -> None:
    try:
        renamed(aside, path, _EXCHANGE)
    except FileNotFoundError:
        publish_new(aside, path)


def settle_exchanges(
    folder: str, *, is_orphaned: Callable[[str], bool], is_own: Callable[[str, str], bool]
) -> None:
    """Finish the exchanges of a killed run: what is ours is removed, what is not is given back.

    Args:
        is_orphaned: whether an owner is gone, as the holder of a lock knows.
        is_own: whether the content of a file, the first, is what qasr wrote to the second.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return  # absent or denied: whoever writes there will say so
    for name in names:
        found = _ASIDE.fullmatch(name)
        if found is None or not is_orphaned(found[1]):
            continue
        aside = os.path.join(folder, name)
        for other in names:
            if _checksum(other) == found[2]:
                _settle(aside, os.path.join(folder, other), is_own=is_own)


def _settle(aside: str, path: str, *, is_own: Callable[[str, str], bool]) -> None:
    with contextlib.suppress(OSError):
        if not is_own(aside, path) and is_own(path, path):
            _give_back(aside, path)
        if is_own(aside, path):
            os.unlink(aside)


def _aside_name(name: str, owner: str) -> str:
    return f".qasr-{owner}-{_checksum(name)}-{secrets.token_hex(4)}.swap"


def _checksum(name: str) -> str:
    return f"{zlib.crc32(os.fsencode(name)):08x}"


def _exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def renamed(source: str, target: str, flag: int) -> bool:
    """Whether the system and the disk know this kind of rename; it is done then."""
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CALL_UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), source, None, target)


@functools.cache
def _renameat2() -> Callable[..., int] | None:
    """The call of the C library; None where that has none. Python has no name for it."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return None
    call.argtypes = [*(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)]
    return call
