"""Live captions driven by threads: real pipes, engines that wait or break."""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.api.live import Captioned, caption_stream
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine, EngineWrapper
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost, ModelLoadError, RecognitionError
from qasr_cli.live.events import Event, Final, Lag, Ready
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.record.record import OutputPlace, Record
from qasr_cli.live.streams import RawStream
from qasr_cli.options import Options
from tests.live.conftest import bursts

LIVE = LiveOptions(vad="energy", has_partials=False, max_lag_s=5.0)
_LONGEST_S = 60


def samples(*lengths_s: float) -> bytes:
    """Loud, quiet, loud ... as bare samples."""
    return (bursts(*lengths_s) * 32767).astype(np.int16).tobytes()


class Gated(EngineWrapper):
    """An engine that answers only once it may: the first clip is that which loads the models."""

    def __init__(self) -> None:
        super().__init__(FakeEngine())
        self.may_load = threading.Event()
        self.may_answer = threading.Event()
        self.clip_ids: list[str] = []
        self.is_asked = threading.Event()

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result for every clip."""
        for clip in clips:
            is_first = not self.clip_ids
            self.clip_ids.append(clip.clip_id)
            if not is_first:
                self.is_asked.set()
            gate = self.may_load if is_first else self.may_answer
            assert gate.wait(_LONGEST_S)
            yield from self._engine.run([clip])


class Broken(EngineWrapper):
    """An engine that breaks after so many clips."""

    def __init__(self, error: Exception, *, after_count: int) -> None:
        super().__init__(FakeEngine())
        self._error = error
        self._left_count = after_count

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield results, then raise."""
        for clip in clips:
            if not self._left_count:
                raise self._error
            self._left_count -= 1
            yield from self._engine.run([clip])


class Running:
    """A session in a thread, over a pipe that the test writes."""

    def __init__(self, engine: Engine, record: Record | None = None) -> None:
        theirs, self.pipe = os.pipe()
        self.events: list[Event] = []
        self.captioned: Captioned | None = None
        self._engine = engine
        self._stream = RawStream(theirs, name="pipe")
        self._record = record
        self._said = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.captioned = caption_stream(
            self._stream, LIVE, self._engine, on_event=self._hear, record=self._record
        )

    def _hear(self, event: Event) -> None:
        with self._said:
            self.events.append(event)
            self._said.notify_all()

    def wait_for(self, kind: type[Event]) -> None:
        """Return once such an event was told."""
        with self._said:
            assert self._said.wait_for(
                lambda: any(isinstance(event, kind) for event in self.events), _LONGEST_S
            )

    def write(self, count: int) -> threading.Thread:
        """Write so many phrases, as fast as they are taken, in a thread; then close the pipe."""

        def run() -> None:
            with open(self.pipe, "wb") as pipe:
                pipe.writelines(samples(2.0, 1.0) for _ in range(count))

        writer = threading.Thread(target=run, daemon=True)
        writer.start()
        return writer

    def ended(self) -> Captioned:
        """Wait for the end."""
        self._thread.join(_LONGEST_S)
        assert self.captioned is not None
        return self.captioned

    @property
    def texts(self) -> list[str]:
        """Of the finals."""
        return [event.text for event in self.events if isinstance(event, Final)]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """A record of `talk.srt` and `talk.json`."""
    place = OutputPlace(base=str(tmp_path / "talk"), formats=("srt", "json"))
    with contextlib.closing(Record(place, Options(), LIVE, models={})) as record:
        yield record


def test_what_is_spoken_while_models_load_waits_for_them() -> None:
    """Nothing of it is lost, and the time that it waited is no lag."""
    engine = Gated()
    engine.may_answer.set()
    running = Running(engine)
    running.wait_for(Ready)
    running.write(10).join(_LONGEST_S)
    assert running.texts == []

    engine.may_load.set()
    captioned = running.ended()

    assert captioned.error is None
    assert captioned.duration_ms == 30_000
    assert len(running.texts) == 10
    assert not any(isinstance(event, Lag) for event in running.events)


def test_sound_before_its_time_waits_for_the_models() -> None:
    """What comes faster than it is spoken is not read on while a phrase is recognised."""
    engine = Gated()
    engine.may_load.set()
    running = Running(engine)
    writer = running.write(41)
    assert engine.is_asked.wait(_LONGEST_S)
    assert writer.is_alive()  # a minute is more than the pipe and the reader hold

    engine.may_answer.set()
    writer.join(_LONGEST_S)
    captioned = running.ended()

    assert captioned.error is None
    assert len(running.texts) == 41
    assert not any(isinstance(event, Lag) for event in running.events)


def test_models_that_do_not_load_end_it() -> None:
    """The error is told, and nobody waits for sound."""
    running = Running(Broken(ModelLoadError("demo", "is torn"), after_count=0))

    assert isinstance(running.ended().error, ModelLoadError)
    os.close(running.pipe)


def test_an_engine_that_breaks_loses_no_final(record: Record, tmp_path: Path) -> None:
    """What was final by then is written as a whole, and says why there is no more."""
    # The models, and two phrases with their times.
    running = Running(Broken(DeviceLost("cuda:0", "gone"), after_count=5), record)
    running.write(4)

    captioned = running.ended()

    assert isinstance(captioned.error, DeviceLost)
    assert captioned.outputs == (str(tmp_path / "talk.srt"), str(tmp_path / "talk.json"))
    srt = (tmp_path / "talk.srt").read_text()
    assert all(text in srt for text in running.texts)
    assert any(line.startswith("ended early: ") for line in captioned.warnings)
    assert not (tmp_path / "talk.live.jsonl").exists()


def test_a_phrase_that_fails_is_counted_and_marked(record: Record, tmp_path: Path) -> None:
    """The others are there, and the result says where nobody could tell what is spoken."""
    error = RecognitionError("live", "numbers overflowed")
    frames_end = 63 * 512  # of two seconds; a fifth of one is heard after it
    engine = FakeEngine(failures={f"live/0-{frames_end + 3200}": [error] * 9})
    running = Running(engine, record)
    running.write(2)

    captioned = running.ended()

    first = next(event for event in running.events if isinstance(event, Final))
    assert (first.start_ms, first.text) == (0, "")
    assert captioned.failed_count == 1
    assert captioned.error is None
    assert any("nothing was recognised" in line for line in captioned.warnings)
    assert "word4" in (tmp_path / "talk.srt").read_text()
