"""Corrections made under a clock: a regular expression may search longer than anybody lives.

Python's `re` hears nothing while it searches: no signal, no other thread. So tables that hold
regular expressions are applied in a child process, whose own clock ends it; not on Windows, which
has no such clock.
"""

import contextlib
import math
import os
import pickle
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import qasr_cli
from qasr_cli.core.transcript.apply_corrections import TextTooLong, corrected
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.core.types import Transcript
from qasr_cli.errors import CorrectionFailed
from qasr_cli.run.commit import corrector_child
from qasr_cli.run.commit.corrector_child import LENGTH, ROW, Request
from qasr_cli.run.stop_request import Stopped
from qasr_cli.system import signals
from qasr_cli.system.open_files import read_at

# Of the child's processor, so a busy or sleeping machine fails no file. One row in one sentence is
# a matter of microseconds; a hundred hours of text and a hundred rows are one of a minute.
_ROW_LIMIT_S = 5.0
_FILE_LIMIT_S = 600.0

_LOOK_S = 0.2  # how long a request to stop may wait for an answer
_GRACE_S = 1.0  # ... for what is nearly done
_READ_BYTES = 1 << 20

# Isolated: nothing of the user's folder, variables or site is imported; core needs none of it.
_START = "import sys; sys.path.append(sys.argv[1]); from {module} import serve; serve()"


class Corrector:
    """Makes corrections; its child is started when it is needed, and serves until it is closed.

    Args:
        is_stopped: asked while the child works.
        row_limit_s: of the processor's time, for one row in one sentence.
        grace_s: how long it goes on after a stop was asked for: what is nearly done, is done.
    """

    def __init__(
        self,
        *,
        is_stopped: Callable[[], bool] = lambda: False,
        row_limit_s: float = _ROW_LIMIT_S,
        grace_s: float = _GRACE_S,
    ) -> None:
        self._is_stopped = is_stopped
        self._row_limit_s = row_limit_s
        self._grace_s = grace_s
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; another correction starts another one."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def check_not_stopped(self) -> None:
        """Go on, unless a stop was asked for.

        Raises:
            Stopped: it was.
        """
        if self._is_stopped():
            raise Stopped

    def corrected(
        self, transcript: Transcript, corrections: tuple[Correction, ...], *, path: str
    ) -> Transcript:
        """The transcript with the corrections made.

        Args:
            path: of the file, for the error.

        Raises:
            CorrectionFailed: a row takes too long, or makes too much text.
            Stopped: a stop was asked for before it was done.
        """
        try:
            if not (signals.HAS_PROCESSOR_CLOCKS and any(row.is_regex for row in corrections)):
                patience = _Patience(self._is_stopped, self._grace_s)
                return corrected(transcript, corrections, on_row=lambda _: patience.check())
            return self._by_child(transcript, corrections, path)
        except TextTooLong as error:
            raise CorrectionFailed(path, str(error)) from error

    def _by_child(
        self, transcript: Transcript, corrections: tuple[Correction, ...], path: str
    ) -> Transcript:
        if self._child is None:
            try:
                self._child = _Child()
            except OSError as error:
                reason = f"cannot be made, as no process can be started: {error.strerror}"
                raise CorrectionFailed(path, reason) from error
        is_answered = False
        try:
            result = self._child.answer(
                transcript,
                corrections,
                limits_s=(self._row_limit_s, _FILE_LIMIT_S),
                patience=_Patience(self._is_stopped, self._grace_s),
            )
            is_answered = True
        except _ChildEndedError:
            if self._is_stopped():
                raise Stopped from None  # whoever stops a run may well end its children, too
            row = corrections[self._child.row]
            raise CorrectionFailed(path, f"{row.place}: {self._reason()}") from None
        finally:
            if not is_answered:
                self.close()
        if not isinstance(result, Transcript):
            raise result
        return result

    def _reason(self) -> str:
        code = None if self._child is None else self._child.exit_code()
        if code == -signal.SIGPROF:
            return f"takes more than {self._row_limit_s:g} s for one sentence; find it more simply"
        if code == -signal.SIGVTALRM:
            return f"the table takes more than {_FILE_LIMIT_S:g} s for this file"
        return f"the process that makes corrections ended with code {code}"


class _Patience:
    """Lets work go on for a moment after a stop was asked for."""

    def __init__(self, is_stopped: Callable[[], bool], grace_s: float) -> None:
        self._is_stopped = is_stopped
        self._grace_s = grace_s
        self._due_s = math.inf

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Stopped: a stop was asked for a while ago.
        """
        if self._is_stopped():
            now_s = time.monotonic()
            self._due_s = min(self._due_s, now_s + self._grace_s)
            if now_s >= self._due_s:
                raise Stopped


class _ChildEndedError(Exception):
    """The child is gone without an answer."""


class _Child:
    """A process that makes corrections, one transcript at a time."""

    def __init__(self) -> None:
        self._rows = _shared_memory()
        self._table: tuple[Correction, ...] | None = None
        source = os.path.dirname(os.path.dirname(os.path.abspath(str(qasr_cli.__file__))))
        start = _START.format(module=corrector_child.__name__)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # a list, no shell
                [sys.executable, "-I", "-S", "-c", start, source, str(self._rows)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                pass_fds=(self._rows,),
                start_new_session=True,  # what the terminal sends is for the run
            )
        except OSError:
            os.close(self._rows)
            raise

    @property
    def row(self) -> int:
        """The row that it was at, from 0."""
        return int(ROW.unpack(read_at(self._rows, ROW.size, 0))[0])

    def exit_code(self) -> int:
        """How it ended, once it did."""
        return self._process.wait()

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        os.close(self._rows)

    def answer(
        self,
        transcript: Transcript,
        table: tuple[Correction, ...],
        *,
        limits_s: tuple[float, float],
        patience: _Patience,
    ) -> Transcript | Exception:
        """What the child makes of a transcript, or the exception that it raised over it.

        Raises:
            _ChildEndedError: its clock, or somebody, ended it.
            Stopped: a stop was asked for.
        """
        # Some tables have thousands of rows, and serve for every file.
        is_known = table is self._table
        request = Request(
            transcript=transcript, table=None if is_known else table, limits_s=limits_s
        )
        self._table = table
        self._send(pickle.dumps(request))
        answer: Transcript | Exception = pickle.loads(self._received(patience))  # noqa: S301  # our own
        return answer

    def _send(self, data: bytes) -> None:
        if self._process.stdin is None:
            raise AssertionError("the child was started with a pipe")
        rest = memoryview(LENGTH.pack(len(data)) + data)
        with _as_ended():
            while rest:
                rest = rest[self._process.stdin.write(rest) :]

    def _received(self, patience: _Patience) -> bytes:
        if self._process.stdout is None:
            raise AssertionError("the child was started with a pipe")
        data = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while len(data) < LENGTH.size or len(data) < LENGTH.size + LENGTH.unpack_from(data)[0]:
                if selector.select(_LOOK_S):
                    block = os.read(self._process.stdout.fileno(), _READ_BYTES)
                    if not block:
                        raise _ChildEndedError
                    data += block
                else:
                    patience.check()
        return bytes(data[LENGTH.size :])


@contextlib.contextmanager
def _as_ended() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise _ChildEndedError from None


def _shared_memory() -> int:
    """A descriptor of some bytes that both processes have, of no file that anybody sees."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("qasr-row")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, ROW.size)
    return descriptor
