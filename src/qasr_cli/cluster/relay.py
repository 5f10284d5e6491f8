"""The process that is connected to a Ray cluster: carries lines, and decides nothing.

It reads no recording and no subtitle, and imports nothing that could.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from qasr_cli.cluster.machines import Joined, Machines
from qasr_cli.cluster.silence import silence
from qasr_cli.run.executor.base import Heard, Lost, Said
from qasr_cli.storage.files import write_all

_LOOK_S = 0.05  # how long a line of the planner may lie here
_COUNT_EVERY_S = 5.0  # machines come and go
_PATIENCE_S = 60.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_NOBODY_YET = (
    "no machine of the cluster has a free place for a worker; the run waits for one (ray status "
    "says what is taken)"
)


def relay(cluster: Machines, *, mark: str) -> int:
    """Run the same command again as a planner, and carry lines between it and the cluster.

    Args:
        mark: a variable by which that knows that it is one.

    Returns:
        The planner's exit code.
    """
    with contextlib.closing(cluster), silence() as standard_error:
        planner = subprocess.Popen(  # noqa: S603  # the very command that runs
            sys.orig_argv,
            executable=sys.executable,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=standard_error,
            env={**os.environ, mark: str(os.getpid())},
            bufsize=0,
            start_new_session=True,  # a signal is handed on, once
        )
        with _signals_to(planner):
            _Relay(planner, cluster).run()
            return _code_of(planner.wait())


@contextlib.contextmanager
def _signals_to(planner: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Hand signals on: the planner ends in good order, or at once at the second."""

    def hand_on(number: int, _frame: object) -> None:
        planner.send_signal(number)

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Relay:
    """Carries lines until the planner ends."""

    def __init__(self, planner: "subprocess.Popen[bytes]", cluster: Machines) -> None:
        self._planner = planner
        self._cluster = cluster
        self._orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._is_over = False
        self._wanted_count = 0
        self._count_due_s = 0.0
        self._nobody_since_s = time.monotonic()
        self._is_patience_told = False

    def run(self) -> None:
        """Carry lines."""
        self._count()
        if self._cluster.warning is not None:
            self._say({"note": self._cluster.warning})
        threading.Thread(target=self._read, daemon=True).start()
        while not self._is_over:
            self._take_orders()
            for heard in self._cluster.listen(_LOOK_S):
                self._tell(heard)
            if time.monotonic() >= self._count_due_s:
                self._count()

    def _read(self) -> None:
        """Take what the planner says; an empty line at the end."""
        if self._planner.stdout is not None:
            for line in self._planner.stdout:
                self._orders.put(line)
        self._orders.put(b"")

    def _take_orders(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                line = self._orders.get_nowait()
                if not line:
                    self._is_over = True
                    return
                self._obey(json.loads(line))

    def _obey(self, order: Mapping[str, Any]) -> None:
        match order:
            case {"want": count}:
                self._wanted_count = count
                self._cluster.want(count)
            case {"to": worker, "line": line}:
                self._cluster.send(worker, line.encode() + b"\n")
            case {"stop": _}:
                self._cluster.ask_to_stop()
            case _:
                pass

    def _tell(self, heard: Heard | Joined) -> None:
        match heard:
            case Said(worker=worker, line=line):
                self._say({"said": worker, "line": line.decode()})
            case Lost(worker=worker, how=how, by_itself=by_itself):
                self._say({"lost": worker, "how": how, "by_itself": by_itself})
                self._cluster.want(self._wanted_count)
            case Joined(worker=worker, place=place, trouble=None):
                self._say({"came": worker, "place": place})
            case Joined(trouble=trouble):
                self._say({"fatal": trouble})
            case _:
                pass  # where a worker is, is said by `Joined`

    def _count(self) -> None:
        """Tell how many workers there is room for, and whether it takes long to get one."""
        now_s = time.monotonic()
        self._count_due_s = now_s + _COUNT_EVERY_S
        self._say({"capacity": self._cluster.capacity})
        if self._cluster.has_workers or not self._wanted_count:
            self._nobody_since_s = now_s
        elif now_s - self._nobody_since_s >= _PATIENCE_S and not self._is_patience_told:
            self._is_patience_told = True
            self._say({"note": _NOBODY_YET})
        self._cluster.want(self._wanted_count)

    def _say(self, message: Mapping[str, Any]) -> None:
        if self._planner.stdin is not None:
            with contextlib.suppress(OSError):  # that it has ended is read soon
                # A signal, which is handed on meanwhile, cuts one write short.
                write_all(self._planner.stdin.fileno(), json.dumps(message).encode() + b"\n")


def _code_of(code: int) -> int:
    return code if code >= 0 else 128 - code
