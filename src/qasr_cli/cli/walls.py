"""When the walls go up around a command: before its own code runs, or when it says so."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qasr_cli.cli.command_table import CONFINE_THEMSELVES

# In the environment of a process that was started by one which is connected to a cluster.
RELAYED = "QASR_RELAYED_BY"


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


def are_around_another(command: str, values: Mapping[str, object]) -> bool:
    """Whether a command is to stay connected, and does its work in a process behind the walls.

    Args:
        values: of its options, settings and variables included.
    """
    return (
        command == "batch"
        and values.get("executor") == "ray"
        and not values.get("dry_run", False)
        and not is_planner()
    )


def is_planner() -> bool:
    """Whether this process was started by one that is connected to a cluster."""
    return RELAYED in os.environ


def put_up(confine: Callable[[], object]) -> None:
    """Have such a command's own walls stand; not where `--no-sandbox` leaves them off."""
    if _walls.are_left:
        confine()
