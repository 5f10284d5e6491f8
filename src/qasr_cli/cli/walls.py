"""When the walls go up around a command: before its own code runs, or when it says so."""

from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.cli.command_table import CONFINE_THEMSELVES


@dataclass(slots=True)
class _Walls:
    """Whether the command that runs is to put them up. One instance a process."""

    are_left: bool = False


_walls = _Walls()


def before(command: str) -> None:
    """Put them up now, or leave them to a command that has sockets to open first."""
    if command in CONFINE_THEMSELVES:
        _walls.are_left = True
        return
    from qasr_cli.sandbox import confine

    confine()  # where there is no filter, the report and the doctor say so


def put_up(confine: Callable[[], object]) -> None:
    """Have such a command's own walls stand; not where `--no-sandbox` leaves them off."""
    if _walls.are_left:
        confine()
