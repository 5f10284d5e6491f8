"""Where a user's own files lie. There may be no such place: a container, a service's account."""

import os


def expanded(path: str) -> str | None:
    """The path with a leading `~` spelt out; None where that user has no home."""
    spelt_out = os.path.expanduser(path)
    return None if spelt_out.startswith("~") else spelt_out


def user_folder(variable: str, default: str) -> str | None:
    """The folder that a variable names, else the default below the home; None without a home.

    Source: XDG Base Directory Specification.

    Args:
        default: begins with `~`.
    """
    return expanded(os.environ.get(variable) or default)
