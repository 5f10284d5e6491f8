"""What a user who named a file that is not there may have meant."""

import itertools
import os
from collections.abc import Sequence
from contextlib import suppress

_LOOKED_AT = 1000  # names in a folder; somebody waits for the answer
_ALIKE = 0.6  # as much as difflib calls close


def reason_of(error: OSError) -> str:
    """Why a file that the user named cannot be read, for people, with what they may mean."""
    reason = error.strerror or type(error).__name__
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
        return reason
    return reason + question_about(error.filename)


def question_about(path: str) -> str:
    """The question whether something beside a path that is not there is meant; "" for none."""
    near = _near(path)
    return f"; did you mean {near}?" if near is not None else ""


def _near(path: str) -> str | None:
    """The closest path that is there; of folders on the way, too."""
    folder, wanted = os.path.split(path.rstrip(os.sep))
    if not wanted:
        return None
    if folder and not os.path.isdir(folder):
        near_folder = _near(folder)
        found = None if near_folder is None else os.path.join(near_folder, wanted)
        return found if found is not None and os.path.exists(found) else None
    with suppress(OSError), os.scandir(folder or os.curdir) as listing:
        names = [item.name for item in itertools.islice(listing, _LOOKED_AT)]
        near = _closest(wanted, sorted(n for n in names if n[0] != "." or wanted[0] == "."))
        return None if near is None else os.path.join(folder, near)
    return None


def _closest(wanted: str, names: Sequence[str]) -> str | None:
    """The name that is most alike, its ending left aside: all files of a folder share theirs."""
    from difflib import SequenceMatcher  # only mistakes need it

    def likeness(name: str, other: str) -> float:
        return SequenceMatcher(None, name.casefold(), other.casefold()).ratio()

    stem = os.path.splitext(wanted)[0]
    alike = [name for name in names if likeness(os.path.splitext(name)[0], stem) >= _ALIKE]
    return max(alike, key=lambda name: likeness(name, wanted), default=None)
