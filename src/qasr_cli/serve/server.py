"""The life of the process: opened, serving, going down in good order, with the right code."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Generator, Iterator
from functools import partial
from typing import TypedDict

import uvicorn

from qasr_cli.api.opening import open_engine
from qasr_cli.engines.later import LaterEngine
from qasr_cli.errors import EngineError, ExitCode
from qasr_cli.machine.clock import Clock, system_clock
from qasr_cli.options import Options
from qasr_cli.sandbox import State as SandboxState
from qasr_cli.sandbox import state as sandbox_state
from qasr_cli.serve.app import application
from qasr_cli.serve.connections import Connection
from qasr_cli.serve.forms.uploads import HEADER_LIMIT_BYTES, UploadLimits
from qasr_cli.serve.jobs.all_jobs import JobLimits, Jobs
from qasr_cli.serve.live.sessions import LiveLimits, LiveSessions
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.request_queue import RequestQueue
from qasr_cli.serve.serve_options import Editing, ServeOptions
from qasr_cli.serve.service import Service
from qasr_cli.serve.sockets import BACKLOG, Listening
from qasr_cli.serve.state_folder import StateFolder
from qasr_cli.system import signals

# How long requests that are at work may take to end, once the process is to end.
_GRACE_S = 20
_KEEP_ALIVE_S = 15
_MOST_FRAME_BYTES = 1 << 20  # of a WebSocket
_PING_S = 20.0  # a phone that is out of reach does not say that it left
# Who stops a server with Ctrl-C has what was wanted; whoever ends it otherwise may ask why.
_CODES = signals.known(
    {
        "SIGINT": ExitCode.OK,
        "SIGTERM": ExitCode.TERMINATED,
        "SIGHUP": ExitCode.HUNG_UP,
    }
)


class _AtWork(TypedDict):
    """What everything that hears is made of."""

    shared: SharedEngine
    options: Options
    clock: Clock


def serve(
    listening: Listening,
    options: Options,
    wanted: ServeOptions,
    *,
    say: Callable[[str], None],
    editing: Editing | None = None,
) -> ExitCode:
    """Answer until a signal comes or the models are lost; the process's code.

    Args:
        say: prints one line for whoever started it.
        editing: what is corrected where it stands; the models are loaded when they are asked for.

    Raises:
        LockHeld: another process serves from the same folder.
        EngineError: the models are not here, or damaged.
        OutputError: the folder takes no files.
    """
    with StateFolder(wanted.state_dir, is_kept=editing is None) as folder:
        ends: list[Callable[[ExitCode], None]] = []

        def end_without_models(error: EngineError) -> None:
            for end_soon in ends:
                end_soon(ExitCode.ENVIRONMENT)
            say(str(error))  # at last: there may be nobody who reads

        service = _service(folder, options, wanted, editing, on_lost=end_without_models)
        hosts = ("localhost", "127.0.0.1", "[::1]", *wanted.hosts)
        app = application(service, hosts=hosts, origins=wanted.origins, key=wanted.key)
        server = _Server(app, at_end=service.refuse, last_words=service.live.finished)
        ends.append(server.end_soon)
        for line in _lines(listening, wanted):
            say(line)
        try:
            server.run(sockets=list(listening.sockets))
        finally:
            service.close()
        return server.code


def _service(
    folder: StateFolder,
    options: Options,
    wanted: ServeOptions,
    editing: Editing | None,
    *,
    on_lost: Callable[[EngineError], None],
) -> Service:
    clock = system_clock()
    is_later = editing is not None
    shared = SharedEngine(
        LaterEngine(partial(open_engine, options)) if is_later else open_engine(options),
        loads_when_asked=is_later,
        clock=clock,
        turn_s=wanted.turn_s,
        idle_unload_s=wanted.idle_unload_s,
        on_lost=on_lost,
    )
    limits = JobLimits(
        most_count=wanted.most_jobs, at_once_count=wanted.most_requests, keep_s=wanted.keep_s
    )
    at_work: _AtWork = {"shared": shared, "options": options, "clock": clock}
    ranked = () if editing is None else editing.ranked
    jobs = Jobs(folder.jobs, limits=limits, in_place=ranked, **at_work)
    live_limits = LiveLimits(most_count=wanted.most_live, max_lag_s=wanted.max_lag_s)
    return Service(
        options=options,
        model_name=options.engine.model,
        shared=shared,
        request_queue=RequestQueue(shared, most_count=wanted.most_requests),
        jobs=jobs,
        live=LiveSessions(folder.live, jobs=jobs, limits=live_limits, **at_work),
        limits=UploadLimits(folder=folder.uploads, most_bytes=wanted.most_upload_bytes),
        sandbox=sandbox_state(),
        started_s=int(clock.now().timestamp()),
        editing=None if editing is None else editing.name,
    )


def _lines(listening: Listening, wanted: ServeOptions) -> Iterator[str]:
    """What whoever started it should know."""
    yield listening.line
    if sandbox_state() is SandboxState.UNAVAILABLE:
        yield (
            "sandbox unavailable: this machine or container gives no filter of system calls "
            "(seccomp), so that the kernel does not keep this process off the network"
        )
    if wanted.shows_address:
        shown = f"#key={wanted.key}" if wanted.shows_key else ""
        for port in dict.fromkeys(each.getsockname()[1] for each in listening.sockets):
            yield f"open http://localhost:{port}/{shown}"


class _Server(uvicorn.Server):
    """Uvicorn on sockets that are open, at rest while nothing comes.

    Args:
        at_end: called when the end begins.
        last_words: waited for then, before connections are closed.
    """

    def __init__(
        self,
        app: object,
        *,
        at_end: Callable[[], None],
        last_words: Callable[[], Awaitable[None]],
    ) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # ASGI
            loop="asyncio",
            http=Connection,
            ws="websockets-sansio",
            ws_max_size=_MOST_FRAME_BYTES,
            ws_ping_interval=_PING_S,
            ws_ping_timeout=_PING_S,
            ws_per_message_deflate=False,  # sound does not get smaller by it
            backlog=BACKLOG,
            log_level="warning",
            access_log=False,  # names may stand in what is asked for
            proxy_headers=False,  # nothing here depends on them
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_GRACE_S,
            timeout_keep_alive=_KEEP_ALIVE_S,
            h11_max_incomplete_event_size=HEADER_LIMIT_BYTES,
        )
        super().__init__(config)
        self.code = ExitCode.OK
        self._at_end = at_end
        self._last_words = last_words
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    def end_soon(self, code: ExitCode) -> None:
        """Begin to end; from any thread."""
        self.code = code
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_to_end)

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own wakes up ten times a second to look."""
        await self.on_tick(0)
        if not self.should_exit:
            await self._end.wait()
        await self._last_words()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Hear signals; uvicorn's own raises them again at the end, over the process's code."""
        self._loop = asyncio.get_running_loop()
        for number in _CODES:
            # What was started to ignore a signal (nohup, a shell's background job) still does.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._loop.add_signal_handler(number, self._hear, number)
        yield

    def _hear(self, number: signal.Signals) -> None:
        if self._end.is_set():
            os._exit(_CODES[number] or ExitCode.INTERRUPTED)  # a second one: at once
        self.end_soon(_CODES[number])
        self._begin_to_end()

    def _begin_to_end(self) -> None:
        self._end.set()
        self._at_end()
