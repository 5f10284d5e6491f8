"""Live captions of a stream, with the models in this process.

The caller's thread alone decides and tells. It sleeps until sound, a result, a signal, or the time
of the next partial wakes it.
"""

import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from qasr_cli.api.live_threads import (
    EngineBroke,
    Inbox,
    Message,
    ModelsLoaded,
    Reader,
    Recognised,
    Recogniser,
    SignalCame,
    Sound,
    SoundEnded,
)
from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_samples
from qasr_cli.engines.base import Engine
from qasr_cli.errors import FellBehind, QasrError
from qasr_cli.live.events import Done, Event, Failed
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.record.record import Record
from qasr_cli.live.session import LiveSession
from qasr_cli.live.source_pace import SourcePace
from qasr_cli.live.streams import SoundStream
from qasr_cli.machine.clock import system_clock
from qasr_cli.media.pcm import Pcm
from qasr_cli.run.stop_request import StopRequest

_NAME = "live"
_AHEAD_S = 1.0  # sound that comes so long before its time is no live sound, and waits
_HELD_S = 600.0  # of sound that may come while models load


@dataclass(frozen=True, slots=True, kw_only=True)
class Captioned:
    """What became of a stream.

    Attributes:
        duration_ms: of the sound that was heard.
        outputs: that were written.
        failed_count: phrases that could not be recognised.
        warnings: one line each, for people.
        error: why it ended early; None where it did not.
    """

    duration_ms: int
    outputs: tuple[str, ...] = ()
    failed_count: int = 0
    warnings: tuple[str, ...] = ()
    error: QasrError | None = None


def caption_stream(
    stream: SoundStream,
    options: LiveOptions,
    engine: Engine,
    *,
    on_event: Callable[[Event], None],
    record: Record | None = None,
    stop: StopRequest | None = None,
) -> Captioned:
    """Caption a stream to its end, or until `stop` is asked; what was heard is finished then.

    Args:
        on_event: told of everything that is said, in this thread.
        record: keeps it on the disk.

    Raises:
        OutputError, OutputRefused: the disk takes no more.
        OSError: `on_event` raised it; everything is finished and kept all the same.
    """
    stop = stop or StopRequest()
    captioner = _Captioner(stream, options, engine, on_event=on_event, record=record, stop=stop)
    return captioner.run()


@dataclass(slots=True, kw_only=True)
class _Intake:
    """How much sound was taken, and whether more may be.

    Attributes:
        held: sound that came while models were loading.
        is_owed: a block was taken, and no other allowed for it.
    """

    is_file: bool
    pace: SourcePace = field(default_factory=SourcePace)
    held: list[Pcm] = field(default_factory=list)
    is_owed: bool = False

    def take(self, sound: Sound, now_s: float) -> None:
        """Note that a block came."""
        self.is_owed = True
        self.pace.take(len(sound.pcm), now_s=now_s, waited_s=sound.waited_s)

    def may_read(self, session: LiveSession, now_s: float, *, is_loaded: bool) -> bool:
        """Whether more is taken: a recording waits for the models, live sound never."""
        if not is_loaded:
            return sum(map(len, self.held)) < _HELD_S * SAMPLE_RATE_HZ
        if not session.has_due:
            return True
        return not (self.is_file or self.pace.ahead_s(now_s) > _AHEAD_S)


@dataclass(slots=True, kw_only=True)
class _State:
    """What happened so far.

    Attributes:
        has_ended: no more sound is wanted, or comes.
        is_broken: nothing more can be recognised.
        unread: why nobody reads what is said any more.
    """

    is_loaded: bool = False
    has_ended: bool = False
    is_broken: bool = False
    failed_count: int = 0
    error: QasrError | None = None
    unread: OSError | None = None

    def note(self, error: BaseException | None) -> None:
        """Keep an error that was foreseen; the other kind is a bug."""
        if error is not None and not isinstance(error, QasrError):
            raise error
        self.error = self.error or error


class _Captioner:
    def __init__(
        self,
        stream: SoundStream,
        options: LiveOptions,
        engine: Engine,
        *,
        on_event: Callable[[Event], None],
        record: Record | None,
        stop: StopRequest,
    ) -> None:
        self._stream = stream
        self._engine = engine
        self._on_event = on_event
        self._record = record
        self._stop = stop
        self._clock_s = system_clock().monotonic_s
        self._session = LiveSession(options, name=_NAME, max_clip_s=engine.max_clip_s)
        self._inbox: Inbox = queue.SimpleQueue()
        self._intake = _Intake(is_file=stream.is_file)
        self._so_far = _State()

    def run(self) -> Captioned:
        self._stop.at_signal(lambda: self._inbox.put(SignalCame()))
        recogniser = Recogniser(self._engine, self._inbox)
        reader = Reader(self._stream, self._inbox)
        try:
            self._tell(self._session.ready(_NAME))
            while not (self._session.is_finished or self._so_far.is_broken):
                self._step(reader, recogniser)
        finally:
            reader.end()
            recogniser.end()
        return self._finished()

    def _step(self, reader: Reader, recogniser: Recogniser) -> None:
        """Wait for something to happen, and do what follows from it."""
        message = self._next_message()
        if message is not None:
            self._take(message)
        is_over = self._so_far.has_ended or self._stop.is_set
        if is_over and self._so_far.is_loaded:
            self._say(self._session.stop())
        if self._so_far.is_loaded:
            work = self._session.next_work(self._clock_s())
            if work is not None:
                recogniser.begin(work)
        is_loaded, now_s = self._so_far.is_loaded, self._clock_s()
        may_read = self._intake.may_read(self._session, now_s, is_loaded=is_loaded)
        if self._intake.is_owed and not is_over and may_read:
            self._intake.is_owed = False
            reader.allow()
        if self._record is not None:
            self._record.look(self._clock_s)

    def _next_message(self) -> Message | None:
        due_s = [self._session.wake_at_s] if self._so_far.is_loaded else []
        if self._record is not None:
            due_s.append(self._record.due_s)
        known_s = [each for each in due_s if each is not None]
        timeout_s = max(0.0, min(known_s) - self._clock_s()) if known_s else None
        try:
            return self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _take(self, message: Message) -> None:
        match message:
            case Sound():
                self._intake.take(message, self._clock_s())
                self._hear(message.pcm)
            case SoundEnded(error=error):
                self._so_far.has_ended = True
                self._so_far.note(error)
            case ModelsLoaded():
                self._so_far.is_loaded = True
                self._hear_held()
            case Recognised(work=work, result=result):
                self._say(self._session.done(work, result, self._clock_s()))
            case EngineBroke(error=error):
                self._so_far.is_broken = True
                self._so_far.note(error)
            case SignalCame():
                pass
            case _:
                assert_never(message)

    def _hear(self, pcm: Pcm) -> None:
        if self._stop.is_set:
            return
        if self._so_far.is_loaded:
            self._say(self._session.push(pcm))
        else:
            self._intake.held.append(pcm)

    def _hear_held(self) -> None:
        for pcm in self._intake.held:
            self._say(self._session.push(pcm))
            self._session.excuse_lag()
        self._intake.held.clear()

    def _say(self, events: list[Event]) -> None:
        if self._record is not None:
            self._record.take(
                events,
                self._session.take_outcomes(),
                self._session.take_speech(),
                duration_ms=self._duration_ms,
            )
        for event in events:
            if isinstance(event, Failed):
                if event.ends_session:
                    self._so_far.note(FellBehind("the sound", event.message))
                else:
                    self._so_far.failed_count += 1
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if self._so_far.unread is not None:
            return
        try:
            self._on_event(event)
        except OSError as error:  # nobody reads it, or its disk is full
            self._so_far.unread = error
            self._so_far.has_ended = True

    @property
    def _duration_ms(self) -> int:
        return ms_from_samples(self._session.heard_sample)

    def _finished(self) -> Captioned:
        error = self._so_far.error
        outputs: tuple[str, ...] = ()
        warnings: tuple[str, ...] = ()
        if self._record is not None:
            ended = () if error is None else (f"ended early: {error}",)
            recorded = self._record.finish(duration_ms=self._duration_ms, warnings=ended)
            outputs, warnings = recorded.outputs, recorded.transcript.warnings
        self._tell(Done(job=outputs[0] if outputs else None))
        if self._so_far.unread is not None:
            raise self._so_far.unread
        return Captioned(
            duration_ms=self._duration_ms,
            outputs=outputs,
            failed_count=self._so_far.failed_count,
            warnings=warnings,
            error=error,
        )
