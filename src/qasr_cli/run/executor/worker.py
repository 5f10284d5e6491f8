"""The process of a worker: reads what its driver says, and does it, until the driver is gone."""

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from qasr_cli import __version__, sandbox
from qasr_cli.core.shard import Shard
from qasr_cli.engines.base import Engine
from qasr_cli.errors import ExitCode, QasrError
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import EngineOptions, Options
from qasr_cli.run.executor.lane import Lane
from qasr_cli.run.executor.messages import Message, line_of, options_in, order_in, packed
from qasr_cli.run.executor.teller import EngineWarnings, Teller
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage.files import write_all
from qasr_cli.system import signals

MakeEngine = Callable[[Options], Engine]
NumberFormat = Callable[[Options], str]
_STDIN = 0
_READ_BYTES = 1 << 16


def work(make_engine: MakeEngine, *, number_format: NumberFormat = lambda _: "") -> ExitCode:
    """Do what comes on standard input, and answer on standard output, until that ends.

    Args:
        make_engine: from the options of a run.
        number_format: in which such an engine computes here; "" where it has no choice.
    """
    target = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    # Ctrl-C in a terminal is for the driver, which then says what is to be done.
    for number in signals.known(dict.fromkeys(("SIGINT", "SIGHUP"))):
        signal.signal(number, signal.SIG_IGN)
    # A service manager asks the whole group, and the driver then asks once more: that is no second
    # request. Whoever cannot wait closes the pipe, which ends this process at once.
    with StopRequest(ends_at_second=False) as stop:
        return _Worker(make_engine, number_format, target=target, stop=stop).run()


class _Worker:
    def __init__(
        self,
        make_engine: MakeEngine,
        number_format: NumberFormat,
        *,
        target: int,
        stop: StopRequest,
    ) -> None:
        self._make_engine = make_engine
        self._number_format = number_format
        self._target = target
        self._stop = stop
        self._one_at_a_time = threading.Lock()
        self._orders: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._teller = Teller(self._say)
        self._engine: Engine | None = None
        self._engine_options: EngineOptions | None = None
        self._lane: Lane | None = None

    def run(self) -> ExitCode:
        """Do what is said, in the order in which it is."""
        threading.Thread(target=self._read, daemon=True).start()
        logging.getLogger("qasr_cli.engines").addHandler(EngineWarnings(self._teller))
        self._say({"event": "hello", "version": __version__, "process": os.getpid()})
        while True:
            order = self._orders.get()
            try:
                error = self._do(order)
            except QasrError as raised:
                error = raised
            except BaseException as raised:
                self._close_lane(raised)
                raise
            if error is not None:
                self._close_lane(error)
                self._say({"event": "failed", "error": packed(error)})
                return error.exit_code
            if self._stop.is_signal:
                # What it has in hand is for others now: its driver may go on without it.
                self._close_lane(None)
                self._say({"event": "stopped"})
                return self._stop.exit_code or ExitCode.TERMINATED

    def _do(self, order: Message) -> QasrError | None:
        """Do one thing; what makes any other thing impossible, or None."""
        match order:
            case {"run": run}:
                self._begin(run)
            case {"packet": number, "jobs": jobs, "options": options}:
                if self._lane is None:
                    raise AssertionError("a packet before a run")
                error = self._lane.do(jobs, options)
                if error is not None:
                    return error
                if not self._stop.is_signal:
                    self._say({"event": "packet", "packet": number})
            case {"rest": _}:
                self._close_lane(None)
                self._say({"event": "resting"})
            case _:
                raise AssertionError(f"an order that nobody knows: {sorted(order)}")
        return None

    def _begin(self, run: Message) -> None:
        if run["verbose"]:
            logging.basicConfig(format="%(message)s", stream=sys.stderr)
            logging.getLogger("qasr_cli").setLevel(logging.DEBUG)
        options = options_in(run["options"])
        self._close_lane(None)
        engine = self._engine_for(options)
        shard = run["shard"]
        lane = Lane(
            run["roots"],
            shard=None if shard is None else Shard(index=shard[0], count=shard[1]),
            options=options,
            engine=engine,
            teller=self._teller,
            clock=system_clock(),
            stop=self._stop,
        )
        self._lane = lane
        self._say(
            {
                "event": "ready",
                "lane": lane.name,
                "fingerprint": engine.fingerprint,
                "number_format": self._number_format(options),
                "sandbox": str(sandbox.state()),
            }
        )

    def _engine_for(self, options: Options) -> Engine:
        """The engine of the last run, whose models are loaded, or another one."""
        if self._engine is not None and self._engine_options == options.engine:
            return self._engine
        if self._engine is not None:
            self._engine.close()
        self._engine = self._make_engine(options)
        self._engine_options = options.engine
        return self._engine

    def _close_lane(self, error: BaseException | None) -> None:
        if self._lane is not None:
            lane, self._lane = self._lane, None
            lane.close(error)

    def _read(self) -> None:
        """Take orders while others are done; once nobody gives any, this process ends."""
        with contextlib.suppress(OSError, ValueError):
            for line in _lines_of(_STDIN):
                self._orders.put(order_in(line))
        os._exit(ExitCode.OK)

    def _say(self, message: Message) -> None:
        try:
            with self._one_at_a_time:
                write_all(self._target, line_of(message))
        except OSError:
            os._exit(ExitCode.UNREAD)  # nobody listens; what was begun, the next run goes on with


def _lines_of(descriptor: int) -> Iterator[bytes]:
    """The lines of a pipe.

    Not of `sys.stdin`: whoever ends while another thread waits in there is aborted by Python.
    """
    unfinished = b""
    while data := os.read(descriptor, _READ_BYTES):
        *lines, unfinished = (unfinished + data).split(b"\n")
        yield from lines
