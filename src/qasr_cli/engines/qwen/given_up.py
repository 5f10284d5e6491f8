"""Work ahead that is given up once nobody waits for it."""

from collections.abc import Callable


class GivenUp(Exception):
    """Nobody waits any longer for what was to be computed."""


def ask(goes_on: Callable[[], bool]) -> None:
    """Go on, or not.

    Raises:
        GivenUp: the answer is no.
    """
    if not goes_on():
        raise GivenUp
