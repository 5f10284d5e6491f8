"""Recordings that are decoded and cut while the models still work on earlier clips."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.machine.cores import usable_core_count
from qasr_cli.media.decoding.probe import Probe
from qasr_cli.media.recording import Recording
from qasr_cli.run.file_in_work import FileInWork

# How far a recording gets ahead of who takes its clips: a GPU hears two minutes in less than the
# time that the next two take to be decoded.
_AHEAD_SAMPLES = 120 * SAMPLE_RATE_HZ
# No further recording is opened before its turn while so much sound waits, or so many recordings.
_WAITING_SAMPLES = 600 * SAMPLE_RATE_HZ
_WAITING_COUNT = 64
# An engine that takes more at once than that is waiting for sound: it finds a batch of the longest
# clips there are by default, a fifth of it of each recording.
_SAMPLES_A_CLIP = 30 * SAMPLE_RATE_HZ
# Recordings that are decoded at once: one decoder keeps a core busy, one is left to the models.
_MOST_DECODERS = 8
# A thread that waits for a decoder which gives nothing is left to itself after this.
_JOIN_S = 5.0
# How long who takes clips hears nothing: they may be asked to stop meanwhile.
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much sound is read ahead of who takes it.

    Attributes:
        ahead_count: samples of one recording.
        waiting_count: samples of all, from which on no further recording is opened.
    """

    ahead_count: int = _AHEAD_SAMPLES
    waiting_count: int = _WAITING_SAMPLES


def room_for(clips_at_once: int) -> Room:
    """The room that keeps an engine busy.

    >>> room_for(8) == Room()
    True
    >>> room_for(128).waiting_count // 16_000
    3840
    """
    factor = max(1.0, clips_at_once * _SAMPLES_A_CLIP / _WAITING_SAMPLES)
    return Room(
        ahead_count=int(factor * _AHEAD_SAMPLES), waiting_count=int(factor * _WAITING_SAMPLES)
    )


class _Abandoned(Exception):
    """The reader was closed: nobody takes the rest."""


class Reader:
    """One recording at work in a thread of its own, in bounded memory. Close it.

    Args:
        open_recording: makes the recording; it tells the function it is given, as `Recording`
            tells its `on_samples`.
        room: how far it may get ahead.
    """

    def __init__(
        self,
        open_recording: Callable[[Callable[[int], None]], Recording],
        *,
        room: Callable[[], Room] = Room,
    ) -> None:
        self._room = room
        self._recording = open_recording(self._note_decoded)
        self._changed = threading.Condition()
        self._clips: deque[Clip] = deque()
        self._found: Probe | None = None
        self._decoded_count = 0
        self._failure: Exception | None = None
        self._is_at_end = False
        self._is_closed = False
        self._held_count = 0
        self._thread = threading.Thread(target=self._read, name="qasr-reader", daemon=True)
        self._thread.start()

    @property
    def recording(self) -> Recording:
        """What is read; its summary is there once all is taken."""
        return self._recording

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left to decode; clips may still wait to be taken."""
        return self._is_at_end

    @property
    def held_count(self) -> int:
        """Samples of the clips that wait to be taken."""
        return self._held_count

    def probe(self) -> Probe:
        """What the container claims, once it is known.

        Raises:
            Exception: what the recording raised.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._found is not None or self._is_at_end)
            if self._found is not None:
                return self._found
        raise self._failure or _Abandoned()

    def take(self) -> Iterator[Clip | int]:
        """Every clip in order, and between them how many samples were decoded meanwhile.

        While nothing comes it is 0, now and then: who takes them may be asked to stop.

        Raises:
            Exception: what the recording raised, after the clips before it.
        """
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._clips or self._decoded_count or self._is_at_end, _LOOK_S
                )
                is_over = self._is_at_end and not self._clips
                decoded_count, self._decoded_count = self._decoded_count, 0
                clip = self._clips.popleft() if self._clips else None
                if clip is not None:
                    self._held_count -= clip.span.sample_count
                    self._changed.notify_all()
            if decoded_count or (clip is None and not is_over):
                yield decoded_count
            if clip is not None:
                yield clip
            elif is_over:
                break
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End the decoder, wherever it is."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(_JOIN_S)

    # --- in the thread ----------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            found = self._recording.probe()
            with self._changed:
                self._found = found
                self._changed.notify_all()
            # Closing kills the ffmpeg child of a file that is left half-way.
            with contextlib.closing(self._recording.clips()) as clips:
                for clip in clips:
                    self._give(clip)
        except Exception as error:  # noqa: BLE001  # raised again where the clips are taken
            self._failure = error
        with self._changed:
            self._is_at_end = True
            self._changed.notify_all()

    def _give(self, clip: Clip) -> None:
        with self._changed:
            self._clips.append(clip)
            self._held_count += clip.span.sample_count
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._held_count < self._room().ahead_count or self._is_closed
            )
            self._go_on()

    def _note_decoded(self, sample_count: int) -> None:
        with self._changed:
            self._decoded_count += sample_count
            self._changed.notify_all()
            self._go_on()

    def _go_on(self) -> None:
        if self._is_closed:
            raise _Abandoned


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file whose turn will come; or why it could not be opened."""

    file: FileInWork
    outcome: Reader | Exception

    def reader(self) -> Reader:
        """The reader of its clips.

        Raises:
            Exception: why the file could not be opened.
        """
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def close(self) -> None:
        """End its decoder."""
        if isinstance(self.outcome, Reader):
            self.outcome.close()


class ReadAhead:
    """Files in their order, each opened when its turn comes or before. Close it.

    Args:
        files: one is pulled only when it is opened.
        open_file: begins work on a file.
        is_eager: files may be opened before their turn.
        room: how much sound may wait.
    """

    def __init__(
        self,
        files: Iterator[FileInWork],
        open_file: Callable[[FileInWork], Reader],
        *,
        is_eager: bool,
        room: Callable[[], Room] = Room,
    ) -> None:
        self._room = room
        self._files = files
        self._open_file = open_file
        self._is_eager = is_eager
        self._decoder_count = min(_MOST_DECODERS, max(1, usable_core_count() - 1))
        self._waiting: deque[Opened] = deque()
        self._current: Opened | None = None

    def __iter__(self) -> Iterator[Opened]:
        """Each file at its turn; the one before it is closed then."""
        while self._waiting or self._open_next():
            self._current = self._waiting.popleft()
            yield self._current
            self._current.close()
        self._current = None

    def look_ahead(self) -> None:
        """Open as many files as there are free decoders, and room for their clips."""
        while self._is_eager and self._has_room() and self._open_next():
            pass

    def close(self) -> None:
        """End all decoders."""
        self._is_eager = False
        while self._waiting:
            self._waiting.popleft().close()
        if self._current is not None:
            self._current.close()

    def _has_room(self) -> bool:
        opened = [*self._waiting, *(() if self._current is None else (self._current,))]
        readers = [one.outcome for one in opened if isinstance(one.outcome, Reader)]
        return (
            len(opened) < _WAITING_COUNT
            and sum(not reader.is_at_end for reader in readers) < self._decoder_count
            and sum(reader.held_count for reader in readers) < self._room().waiting_count
        )

    def _open_next(self) -> bool:
        """Open the next file; False when there is none."""
        file = next(self._files, None)
        if file is None:
            return False
        try:
            outcome: Reader | Exception = self._open_file(file)
        except Exception as error:  # noqa: BLE001  # raised again when its turn comes
            outcome = error
        self._waiting.append(Opened(file=file, outcome=outcome))
        return True
