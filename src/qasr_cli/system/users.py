"""Whose a file is, as numbers and names; on Windows neither says anything."""

import os

try:
    import pwd
except ImportError:
    _HAS_NAMES = False
else:
    _HAS_NAMES = True

ARE_KNOWN = hasattr(os, "geteuid")


def number() -> int:
    """The user that this process runs as."""
    return os.geteuid()


def name_of(user: int) -> str:
    """What a user is called, for people."""
    try:
        if _HAS_NAMES:
            return pwd.getpwuid(user).pw_name
    except KeyError:
        pass
    return f"user {user}"
