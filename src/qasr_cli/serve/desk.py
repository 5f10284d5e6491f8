"""Recordings to transcripts for requests that wait: each in a thread, all through one engine.

Equal work is done once: who sends the same recording with the same settings while it is heard,
joins. Work that nobody waits for any more is given up.
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from qasr_cli.api import single
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, Transcript
from qasr_cli.errors import ExitCode, InputError, QasrError, UsageError
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.options import Options
from qasr_cli.run.events import ClipFinished, Event, FileStarted
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve.listening import Listening
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.resident import EngineLost, Resident, Session
from qasr_cli.serve.turns import Kind, seconds_of

# Who sends less than this waits for the answer.
SHORT_MS = 5 * 60_000
_MOST_QUEUED_MS = 24 * 3600_000
_LANGUAGE_S = 30.0  # enough to know a language


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording that somebody wants to have the words of.

    Attributes:
        path, sha256: of its file, which the desk may take away.
        name: as its sender calls it.
        text: what is said in it, where only its times are wanted.
    """

    path: str
    sha256: str
    name: str
    options: Options
    text: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Equal for orders that have the same transcript."""
        return self.sha256, repr(self.options), self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What was heard in one clip, told as soon as all before it is known."""

    start_ms: int
    end_ms: int
    text: str
    language: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class _Work:
    """One order at work, and who waits for it."""

    order: Order
    done: asyncio.Future[Transcript]
    stop: StopRequest = field(default_factory=StopRequest)
    session: Session | None = None
    waiting_count: int = 0
    duration_ms: int = 0
    heard_ms: int = 0
    pieces: list[Piece] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def left_ms(self) -> int:
        """Sound that is still to be heard; 0 where nobody knows."""
        return max(0, self.duration_ms - self.heard_ms)


class Desk:
    """Takes orders. All of its methods belong to the event loop.

    Args:
        most_count: orders at a time, those whose recording is still arriving included.
    """

    def __init__(self, resident: Resident, *, most_count: int) -> None:
        self._resident = resident
        self._most_count = most_count
        self._place_count = 0
        self._works: dict[tuple[str, str, str | None], _Work] = {}
        self._threads = ThreadPoolExecutor(most_count, thread_name_prefix="qasr-request")
        self._is_closed = False

    @property
    def place_count(self) -> int:
        """Places that are taken."""
        return self._place_count

    @property
    def queued_ms(self) -> int:
        """Sound of all orders at work."""
        return sum(work.duration_ms for work in self._works.values())

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place for one order; take it before its recording arrives.

        Raises:
            Refused: all are taken.
        """
        if self._is_closed:
            raise Refused.going_down()
        is_full = self._place_count >= self._most_count or self.queued_ms > _MOST_QUEUED_MS
        if is_full:
            raise Refused.full(self._free_in_s())
        self._place_count += 1
        try:
            yield
        finally:
            self._place_count -= 1

    async def transcript(self, order: Order) -> Transcript:
        """The transcript of a recording. Whoever is cancelled meanwhile has left.

        Raises:
            Refused: it cannot be had, and why.
        """
        async with self._joined(order) as work:
            return await _answer_of(work, order)

    async def language(self, order: Order) -> tuple[str | None, float]:
        """The language at the beginning of a recording, and its share of the text there.

        Raises:
            Refused: it cannot be had, and why.
        """
        stop = StopRequest()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, self._language, order, stop)
        try:
            return await asyncio.shield(work)
        except QasrError as error:
            raise refusal_of(error, order.name) from error
        finally:
            stop.ask("nobody waits for it", ExitCode.INTERRUPTED)

    async def pieces(self, order: Order) -> AsyncGenerator[Piece | Transcript]:
        """What is heard, clip by clip in order; at last the transcript.

        Raises:
            Refused: it cannot be had, and why.
        """
        async with self._joined(order) as work:
            told_count = 0
            while not work.done.done() or told_count < len(work.pieces):
                if told_count == len(work.pieces):
                    work.news.clear()
                    await work.news.wait()
                    continue
                yield work.pieces[told_count]
                told_count += 1
            yield await _answer_of(work, order)

    def close(self) -> None:
        """Take no more, and give up what is at work."""
        self._is_closed = True
        for work in self._works.values():
            _give_up(work)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def refuse(self) -> None:
        """Take no more."""
        self._is_closed = True

    def _free_in_s(self) -> float:
        """When a place will be free: once the order is done that has least before it."""
        left_ms = [work.left_ms for work in self._works.values() if work.duration_ms]
        return self._resident.shared_s(min(left_ms, default=0) / 1000)

    @contextlib.asynccontextmanager
    async def _joined(self, order: Order) -> AsyncIterator[_Work]:
        work = self._works.get(order.key)
        if work is None:
            work = self._begun(order)
        work.waiting_count += 1
        try:
            yield work
        finally:
            work.waiting_count -= 1
            if not work.waiting_count:
                if not work.done.done():
                    _give_up(work)
                if self._works.get(order.key) is work:
                    del self._works[order.key]

    def _begun(self, order: Order) -> _Work:
        loop = asyncio.get_running_loop()
        # Who sent it may leave before those who joined.
        own = replace(order, path=f"{order.path}-work")
        os.rename(order.path, own.path)
        work = _Work(order=own, done=loop.create_future())

        def tell(act: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(act)

        def note(piece: Piece) -> None:
            work.pieces.append(piece)
            work.news.set()

        def end(transcript: Transcript | None, error: BaseException | None) -> None:
            work.news.set()
            if work.done.done():
                return
            if transcript is not None:
                work.done.set_result(transcript)
            else:
                work.done.set_exception(error or Stopped())
                work.done.exception()  # there may be nobody who asks

        def run() -> None:
            try:
                transcript = self._heard(work, lambda piece: tell(lambda: note(piece)))
            except BaseException as error:  # noqa: BLE001  # raised where it is awaited
                tell(lambda failed=error: end(None, failed))  # type: ignore[misc]
            else:
                tell(lambda: end(transcript, None))
            finally:
                os.unlink(own.path)

        self._works[order.key] = work
        self._threads.submit(run)
        return work

    def _heard(self, work: _Work, on_piece: Callable[[Piece], None]) -> Transcript:
        """In a thread: the transcript of an order."""
        order = work.order
        with self._resident.session(Kind.BULK) as session:
            work.session = session
            if work.stop.is_set:
                raise Stopped
            engine = Listening(session, lambda settled: _tell_piece(settled, on_piece))
            observer = _Progress(work, session)
            if order.text is None:
                return single.transcribe(
                    order.path, order.options, engine=engine, observer=observer, stop=work.stop
                )
            return single.align(
                order.path,
                order.text,
                order.options,
                engine=engine,
                observer=observer,
                stop=work.stop,
            )

    def _language(self, order: Order, stop: StopRequest) -> tuple[str | None, float]:
        """In a thread: the language of an order."""
        heard: Counter[str | None] = Counter()
        media = media_file_from_path(order.path, order.name)
        # Whoever asks wants to know before a long recording is done: Bazarr gives up soon.
        with self._resident.session(Kind.LIVE) as session:
            recording = Recording(
                media,
                decode=order.options.decode,
                split=order.options.split,
                max_clip_s=session.max_clip_s,
                language=None,
            )
            with contextlib.closing(recording.clips()) as clips:
                for result in session.run(_first(clips, _LANGUAGE_S, stop)):
                    if isinstance(result, ClipDone) and result.text:
                        heard[result.language] += len(result.text)
        if not heard:
            return None, 0.0
        ((language, count),) = heard.most_common(1)
        return language, count / heard.total()


def _first(clips: Iterable[Clip], most_s: float, stop: StopRequest) -> Iterator[Clip]:
    """Clips until there is so much sound, or nobody waits."""
    sound_s = 0.0
    for clip in clips:
        if stop.is_set:
            return
        yield clip
        sound_s += seconds_of(clip)
        if sound_s >= most_s:
            return


def _tell_piece(settled: ClipOutcome, on_piece: Callable[[Piece], None]) -> None:
    if settled.result.text:
        piece = Piece(
            start_ms=ms_from_samples(settled.span.start_sample),
            end_ms=ms_from_samples(settled.span.end_sample),
            text=settled.result.text,
            language=settled.result.language,
        )
        on_piece(piece)


def _give_up(work: _Work) -> None:
    work.stop.ask("nobody waits for it", ExitCode.INTERRUPTED)
    if work.session is not None:
        work.session.stop()


async def _answer_of(work: _Work, order: Order) -> Transcript:
    try:
        transcript = await asyncio.shield(work.done)
    except QasrError as error:
        raise refusal_of(error, order.name) from error
    except Stopped as error:
        raise Refused.going_down() from error
    return replace(transcript, file=order.name)


def refusal_of(error: QasrError, name: str) -> Refused:
    """How the sender of a recording is told why there is no transcript.

    Args:
        name: what the sender calls it.
    """
    code = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(error).__name__).strip("_")
    if isinstance(error, InputError):
        error.path = name
        return Refused(400, str(error), code=code, param="file")
    if isinstance(error, UsageError):
        return Refused(400, str(error), code=code)
    if isinstance(error, EngineLost):
        return Refused(500, f"the models work no more: {error}", code="engine_lost")
    return Refused(500, str(error), code=code)


class _Progress:
    """Notes how far the work is, and how long the recording."""

    def __init__(self, work: _Work, session: Session) -> None:
        self._work = work
        self._session = session

    def on(self, event: Event) -> None:
        """Take note of one event."""
        match event:
            case FileStarted(duration_ms=duration_ms) if duration_ms is not None:
                self._work.duration_ms = duration_ms
                if duration_ms <= SHORT_MS:
                    self._session.become(Kind.SHORT)
            case ClipFinished(end_ms=end_ms):
                self._work.heard_ms = max(self._work.heard_ms, end_ms)
            case _:
                pass

    def close(self) -> None:
        """Nothing is open."""
