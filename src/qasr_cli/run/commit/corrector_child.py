"""The child process that makes corrections. Imports nothing but `core` and the standard library."""

import mmap
import os
import pickle
import signal
import struct
import sys
from dataclasses import dataclass
from typing import BinaryIO

from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.core.types import Transcript

LENGTH = struct.Struct("<Q")  # before each pickled value, in both directions
ROW = struct.Struct("<q")  # in the memory that both processes have
_ROWS_A_CALL = 100  # a call of the system takes as long as some harmless rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One transcript to be corrected.

    Attributes:
        table: None = the one before.
        limits_s: of the processor's time, for a row in a sentence and for all.
    """

    transcript: Transcript
    table: tuple[Correction, ...] | None
    limits_s: tuple[float, float]


def serve() -> None:
    """Answer requests on standard input until it ends: with a transcript, or with an exception.

    The clocks are the system's: their signals are not handled, so the system ends the process,
    whatever it does.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the run hears them, and ends this process
    clocks = {signal.SIGPROF, signal.SIGVTALRM}
    for number in clocks:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, clocks)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    table: tuple[Correction, ...] = ()
    parent = os.getppid()
    with mmap.mmap(int(sys.argv[2]), ROW.size) as row:
        while (request := _next(requests)) is not None:
            table = table if request.table is None else request.table
            data = pickle.dumps(_answer(request, table, row, parent))
            answers.write(LENGTH.pack(len(data)) + data)
            answers.flush()


def _next(requests: BinaryIO) -> Request | None:
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    request: Request = pickle.loads(requests.read(LENGTH.unpack(head)[0]))  # noqa: S301  # the run's
    return request


def _answer(
    request: Request, table: tuple[Correction, ...], row: mmap.mmap, parent: int
) -> Transcript | Exception:
    row_limit_s, limit_s = request.limits_s
    armed_at = last = len(table)

    def on_row(index: int) -> None:
        nonlocal armed_at, last
        ROW.pack_into(row, 0, index)
        if index <= last or index - armed_at >= _ROWS_A_CALL:  # another sentence, or enough rows
            armed_at = index
            signal.setitimer(signal.ITIMER_PROF, row_limit_s)
            if os.getppid() != parent:
                os._exit(1)  # nobody waits for it any more
        last = index

    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    try:
        return corrected(request.transcript, table, on_row=on_row)
    except Exception as error:  # noqa: BLE001  # the run decides what becomes of it
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
