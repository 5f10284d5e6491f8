"""Workers on this machine: children of this process, which speak over pipes."""

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import qasr_cli
from qasr_cli.options import EngineOptions
from qasr_cli.run.executor.base import Came, Heard, Lost, Said
from qasr_cli.storage.files import write_all
from qasr_cli.system import pipes, signals

# Nothing of the working folder is imported; but where this program is, its copy in a child is.
_START = "import sys; sys.path.append(sys.argv.pop(1)); from qasr_cli.__main__ import main; main()"
_READ_BYTES = 1 << 16
_GRACE_S = 2.0  # for workers that are told to go
_SHOWN_CHARS = 200
_log = logging.getLogger(__name__)


def command_of_worker(*, is_confined: bool = True) -> tuple[str, ...]:
    """The command that starts a worker of this very program.

    Args:
        is_confined: the kernel refuses it the network.
    """
    source = os.path.dirname(os.path.dirname(os.path.abspath(str(qasr_cli.__file__))))
    utf8 = ("-X", "utf8") if sys.flags.utf8_mode else ()
    walls = () if is_confined else ("--no-sandbox",)
    return (sys.executable, *utf8, "-P", "-c", _START, source, "worker", *walls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a worker hears.

    Attributes:
        device: as in `EngineOptions`; None = where the options say.
        thread_count: of the CPU.
    """

    device: str | None
    thread_count: int


@dataclass(slots=True, kw_only=True, eq=False)
class _Child:
    name: str
    place: Place
    process: "subprocess.Popen[bytes]"
    unfinished: bytearray = field(default_factory=bytearray)
    is_silent: bool = False  # its output has ended
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=1))


class LocalExecutor:
    """Starts and hears children of this process. Use in one thread, which has to outlive them.

    Args:
        places: of the workers, one each.
        command: starts a worker.

    Attributes:
        places: as given.
    """

    def __init__(self, places: Sequence[Place], *, command: Sequence[str] | None = None) -> None:
        self.places = tuple(places)
        self._command = command_of_worker() if command is None else tuple(command)
        self._children: dict[str, _Child] = {}
        self._came: deque[Heard] = deque()
        self._selector = pipes.selector_of_pipes()
        self._started_count = 0
        self._is_stopping = False

    @property
    def worker_count(self) -> int:
        """One a place."""
        return len(self.places)

    @property
    def workers(self) -> tuple[str, ...]:
        """Those that live, as far as is known."""
        return tuple(self._children)

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of their processes."""
        return tuple(child.process.pid for child in self._children.values())

    def engine_options(self, worker: str, wanted: EngineOptions) -> EngineOptions:
        """At its place."""
        place = self._children[worker].place
        device = wanted.device if place.device is None else place.device
        return replace(wanted, device=device, threads=place.thread_count)

    def want(self, count: int) -> None:
        """Start children at the places that are free."""
        taken = [child.place for child in self._children.values()]
        free = list(self.places)
        for place in taken:
            free.remove(place)
        for place in free[: max(0, count - len(taken))]:
            self._start(place)

    def _start(self, place: Place) -> None:
        self._started_count += 1
        device = "" if place.device is None else f" ({place.device})"
        name = f"{self._started_count}{device}"
        with signals.children_deaf_to_terminals():
            process = subprocess.Popen(  # noqa: S603  # a list, no shell
                [*self._command, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        child = _Child(name=name, place=place, process=process)
        self._children[name] = child
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                self._selector.register(stream, selectors.EVENT_READ, child)
        self._came.append(Came(worker=name))

    def send(self, worker: str, line: bytes) -> None:
        """Write it to a pipe, which a thread of the child empties."""
        child = self._children.get(worker)
        if child is not None and child.process.stdin is not None:
            with contextlib.suppress(OSError):  # that it is gone is heard soon
                write_all(child.process.stdin.fileno(), line)  # a signal cuts one write short

    def listen(self, within_s: float) -> Sequence[Heard]:
        """Read what children have written, and reap those that ended."""
        heard = list(self._came)
        self._came.clear()
        for key, _ in self._selector.select(0 if heard else within_s):
            child: _Child = key.data
            data = os.read(key.fd, _READ_BYTES)
            if not data:
                self._selector.unregister(key.fileobj)
            if key.fileobj is child.process.stderr:
                self._note_words(child, data)
            elif data:
                heard += self._lines_of(child, data)
            else:
                child.is_silent = True
        silent = [child for child in self._children.values() if child.is_silent]
        return heard + [self._reaped(child) for child in silent]

    def _lines_of(self, child: _Child, data: bytes) -> list[Heard]:
        *lines, rest = (bytes(child.unfinished) + data).split(b"\n")
        child.unfinished = bytearray(rest)
        return [Said(worker=child.name, line=line) for line in lines]

    def _note_words(self, child: _Child, data: bytes) -> None:
        for line in data.decode(errors="replace").splitlines():
            if line.strip():
                child.last_words.append(line.strip()[:_SHOWN_CHARS])
                _log.debug("worker %s: %s", child.name, line)

    def _reaped(self, child: _Child) -> Lost:
        del self._children[child.name]
        code = child.process.wait()
        self._forget_pipes(child)
        words = f": {child.last_words[0]}" if child.last_words and code > 0 else ""
        return Lost(worker=child.name, how=_how_it_ended(code) + words)

    def _forget_pipes(self, child: _Child) -> None:
        process = child.process
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(stream)
                with contextlib.suppress(OSError):
                    stream.close()

    def ask_to_stop(self) -> None:
        """Send each child the signal that asks for it; once, for a second one ends it at once."""
        if not self._is_stopping:
            self._is_stopping = True
            for child in tuple(self._children.values()):
                child.process.terminate()

    def close(self) -> None:
        """Let those that rest go, and end the others."""
        children = list(self._children.values())
        self._children.clear()
        for child in children:
            if child.process.stdin is not None:
                with contextlib.suppress(OSError):
                    child.process.stdin.close()
        due_s = time.monotonic() + _GRACE_S
        for child in children:
            try:
                child.process.wait(max(0.0, due_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            self._forget_pipes(child)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    try:
        return f"it was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was killed by signal {-code}"
