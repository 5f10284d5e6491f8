"""Ctrl-C where no run is there to hear it: one line is said, and the code is 130.

Python raises `KeyboardInterrupt` between any two instructions. Inside an import that is no help: a
native library makes another error of it, or aborts. So an import ends together with the process,
which has begun no work by then. Elsewhere it is raised as ever, and a note is taken of the signal
itself, since what was interrupted may raise something else, or swallow it.
"""

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from qasr_cli.machine.forced_end import is_importing

STOPPED = "stopped"
_EXIT_CODE = 130  # as in errors.ExitCode, which need not be imported yet


@dataclass(slots=True)
class _Note:
    """Whether somebody pressed Ctrl-C, and what is then said. One instance a process."""

    is_taken: bool = False
    line: str = f"qasr: {STOPPED}"


_note = _Note()


def listen() -> None:
    """Take note of every SIGINT from now on."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is to be ignored
        signal.signal(signal.SIGINT, _take_note)
        sys.unraisablehook = _say_unraisable


def say_it_as(line: str) -> None:
    """Let this be the line that is said."""
    _note.line = line


def explains(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error, whatever it says of itself."""
    return _note.is_taken or isinstance(error, KeyboardInterrupt)


def raise_again() -> None:
    """Raise the KeyboardInterrupt that somebody swallowed, if it is so; call it before the work.

    Raises:
        KeyboardInterrupt: it is so.
    """
    if _note.is_taken:
        raise KeyboardInterrupt


def end() -> NoReturn:
    """Say the line and end this process."""
    with contextlib.suppress(OSError):
        os.write(2, f"{_note.line}\n".encode())  # sys.stderr may be in the middle of a line
    os._exit(_EXIT_CODE)


def _take_note(_number: int, frame: FrameType | None) -> NoReturn:
    _note.is_taken = True
    if is_importing(frame):
        end()
    raise KeyboardInterrupt


def _say_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    """As Python does; but a KeyboardInterrupt in a destructor is raised again in a better place."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
