"""Whose a found `qasr.toml` is, and what one may say that lies among the recordings.

A file that is found by walking up may be anybody's who can write to a folder on the way: `/tmp`, a
share. It sets where outputs go and which files are read. git passes over folders of others for
the same reason (CVE-2022-24765).
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping

from qasr_cli.errors import UsageError
from qasr_cli.storage.user_folders import expanded
from qasr_cli.system import users


class NotTrusted(Exception):  # it says what the file is
    """A file that is passed over, and why."""


def check_trusted(path: str, opened: os.stat_result) -> None:
    """Refuse a found file that somebody else wrote, or can write to.

    Args:
        opened: of the file that was opened; `path` may be a link to it.

    Raises:
        NotTrusted: its owner, or that of the link, is neither the user nor root; or others may
            write to it.
    """
    if not users.ARE_KNOWN:
        _check_at_home(path)
        return
    trusted = {0, users.number()}
    if users.number() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        trusted.add(int(os.environ["SUDO_UID"]))  # whoever said sudo
    for owner in (os.lstat(path).st_uid, opened.st_uid):
        if owner not in trusted:
            raise NotTrusted(f"it is {users.name_of(owner)}'s, neither yours nor root's")
    if opened.st_mode & stat.S_IWOTH:
        raise NotTrusted("everybody may write to it")
    is_open_folder = os.stat(os.path.dirname(path)).st_mode & stat.S_IWOTH
    if opened.st_mode & stat.S_IWGRP and is_open_folder:
        raise NotTrusted("its group may write to it, in a folder where everybody may")


def _check_at_home(path: str) -> None:
    home = expanded("~")
    if home is None or not _is_inside(os.path.realpath(path), os.path.realpath(home)):
        raise NotTrusted("it is not below your home, and this system does not say whose it is")


def check_keeps_inside(file: str, paths: Mapping[str, str], walked: Iterable[str]) -> None:
    """Refuse paths out of the folder of a file that lies among the recordings to be walked.

    Such a file may have come with them: then it is its author who would say where outputs go,
    and which of the user's files are read into them.

    Args:
        paths: option -> absolute path that the file gives it.
        walked: the folders of recordings.

    Raises:
        UsageError: one leads elsewhere.
    """
    folder = os.path.realpath(os.path.dirname(file))
    if not any(_is_inside(folder, os.path.realpath(root)) for root in walked):
        return
    for option, path in paths.items():
        if not _is_inside(os.path.realpath(path), folder):
            raise UsageError(
                f"{file}: {option} leads out of its folder, and the file lies among the recordings,"
                f" so it may be anybody's; give {option} on the command line, or name the file in "
                f"QASR_CONFIG"
            )


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def said_of(passed_over: Mapping[str, str]) -> Iterator[str]:
    """A line for each file that was passed over."""
    for path, reason in passed_over.items():
        yield f"{path} is passed over: {reason}; to use it, name it in QASR_CONFIG"
