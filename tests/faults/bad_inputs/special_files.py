"""Paths that are no plain file, or may not be read."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.faults.bad_inputs.case import ABSENT, Case
from tests.faults.bad_inputs.contents import wav


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    here = os.open(path.parent, os.O_RDONLY)
    server.bind(f"/proc/self/fd/{here}/{path.name}")  # a socket's path has room for 107 bytes
    os.close(here)
    server.close()


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _locked(path: Path) -> None:
    path.write_bytes(wav(b"\0" * 32_000))
    path.chmod(0)


def _locked_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


def cases() -> list[Case]:
    """Pipes, sockets, folders, links and what is locked."""
    return [
        Case(name="fifo.wav", outcome=ABSENT, place=_fifo),
        Case(name="socket.wav", outcome=ABSENT, place=_socket),
        Case(name="folder.wav", outcome=ABSENT, place=Path.mkdir),
        Case(name="loop.wav", outcome=ABSENT, place=_link("loop.wav")),
        Case(name="dangling.wav", outcome=ABSENT, place=_link("nowhere.wav")),
        Case(name="endless.wav", outcome=ABSENT, place=_link("/dev/zero")),
        Case(name="up", outcome=ABSENT, place=_link("..")),
        Case(name="locked.wav", outcome="UnreadableInput", place=_locked, says="denied"),
        Case(name="locked", outcome="UnreadableInput", place=_locked_folder, says="denied"),
    ]
