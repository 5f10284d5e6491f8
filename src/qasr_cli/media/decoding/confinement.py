"""The walls around ffmpeg: as narrow as this program, on this kernel, still starts behind.

What they are made of is in `sandbox`; here is which files an ffmpeg needs.
"""

import contextlib
import functools
import os
import re
import selectors
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from qasr_cli.sandbox import child, landlock, seccomp
from qasr_cli.sandbox.child import Process, Walls
from qasr_cli.sandbox.landlock import LIST, READ, RUN, WRITE, Opening
from qasr_cli.system import pipes, processes

_TIME_LIMIT_S = 60.0
_FIRST_WORDS = b"Supported file protocols"  # of what `ffmpeg -protocols` says
_LOADED = re.compile(r"(?:^|\s)(/.+) \(0x[0-9a-f]+\)$", re.MULTILINE)
# What the loader itself looks at. Not the folders of libraries: one may be a home.
_OF_THE_LOADER = ("/etc/ld.so.cache", "/etc/ld.so.preload")
# A program that is a script runs others; so it may read and run everything, and write nothing.
_OF_A_SCRIPT = (
    Opening(place="/", rights=READ | LIST | RUN),
    Opening(place=os.devnull, rights=READ | WRITE),
)


class Reach(StrEnum):
    """What an ffmpeg that a file took over could still get at."""

    OWN_INPUT = "own input"  # the recording, its own program and libraries; no socket, no signal
    READING = "reading"  # every file, but it changes none
    FILES = "files"  # every file; no socket, no signal
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How one program is confined."""

    reach: Reach
    walls: Walls | None

    def start(self, fd: int | None, open_process: Callable[[], Process]) -> Process:
        """The child that `open_process` starts, which may open again what this descriptor is of.

        It opens nothing by name: it may run behind the walls.

        Raises:
            OSError: no process can be started.
        """
        if self.walls is None:
            return open_process()
        return child.start(self.walls if fd is None else self.walls.and_to(fd), open_process)


@functools.cache
def confinement_of(binary: str) -> Confinement:
    """The narrowest in which the program starts and answers as ffmpeg; tried once a process."""
    for reach, walls in _candidates(binary):
        if _is_ffmpeg_behind(walls, binary):
            return Confinement(reach=reach, walls=walls)
    return Confinement(reach=Reach.ALL, walls=None)


def environment() -> dict[str, str]:
    """The variables that an ffmpeg is given."""
    # FFREPORT would make ffmpeg write a log file; the other one would colour its messages.
    unwanted = {"FFREPORT", "AV_LOG_FORCE_COLOR"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"LC_ALL": "C"}


def _candidates(binary: str) -> Iterator[tuple[Reach, Walls]]:
    if landlock.version():
        yield Reach.OWN_INPUT, Walls(openings=tuple(_openings(binary)))
        yield Reach.READING, Walls(openings=_OF_A_SCRIPT)
    if seccomp.is_known():
        yield Reach.FILES, Walls(openings=None)


def _openings(binary: str) -> Iterator[Opening]:
    yield Opening(place=binary, rights=READ | RUN)
    for library in _loaded_by(binary):
        yield Opening(place=library, rights=READ | RUN)  # the loader among them is run
    for file in _OF_THE_LOADER:
        yield Opening(place=file, rights=READ)
    if not sysconfig.get_config_var("HAVE_CLOSE_RANGE"):
        # Such a Python looks there, after the fork, for the descriptors that it is to close.
        yield Opening(place="/proc", rights=LIST)


def _loaded_by(binary: str) -> list[str]:
    """The shared libraries of a program and their loader, as the loader itself lists them."""
    try:
        listed = subprocess.run(  # noqa: S603  # the user's own ffmpeg
            [binary],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIME_LIMIT_S,
            check=False,
            start_new_session=True,  # cut short by Ctrl-C, the list would make for wider walls
            env=environment() | {"LD_TRACE_LOADED_OBJECTS": "1"},
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return _LOADED.findall(listed.decode(errors="surrogateescape"))


def _is_ffmpeg_behind(walls: Walls, binary: str) -> bool:
    with contextlib.suppress(OSError), open(os.devnull, "r+b", buffering=0) as nothing:

        def open_process() -> Process:
            return subprocess.Popen(  # noqa: S603  # the user's own ffmpeg, a fixed option
                [binary, "-hide_banner", "-protocols"],
                stdin=nothing,
                stdout=subprocess.PIPE,
                stderr=nothing,
                start_new_session=True,
                env=environment(),
            )

        with child.start(walls, open_process) as process:
            try:
                return _beginning_of(process, len(_FIRST_WORDS)) == _FIRST_WORDS
            finally:
                processes.end_session(process)
    return False


def _beginning_of(process: Process, count: int) -> bytes:
    """The first bytes that it writes; fewer where it ends before, or takes too long."""
    said = b""
    deadline_s = time.monotonic() + _TIME_LIMIT_S
    with pipes.selector_of_pipes() as selector:
        stream = selector.register(process.stdout or -1, selectors.EVENT_READ)
        while len(said) < count and selector.select(max(0.0, deadline_s - time.monotonic())):
            piece = os.read(stream.fd, count - len(said))
            if not piece:
                break
            said += piece
    return said
