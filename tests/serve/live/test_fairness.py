"""Several who speak beside a long recording, on a clock of the test, with planned costs."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.live.events import Event, Final, Lag
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.session import LiveSession
from qasr_cli.live.work import Work
from qasr_cli.serve.models.engine_thread import turn_s
from qasr_cli.serve.models.pace import Pace
from qasr_cli.serve.models.scheduler import Kind, seconds_of
from qasr_cli.serve.models.waiting import Place, Waiting
from tests.serve.engines import TURN_S, clip_of
from tests.serve.live.speaking import RATE_HZ, Samples, bursts

# As a small model on a few cores: 100 times as fast as speech, and a little for every turn.
_COST = 0.01
_TURN_COST_S = 0.03
_CLIPS_AT_ONCE = 4
_FRAME_S = 0.1
_SPOKEN_S = tuple((at + 0.6, at + 2.4) for at in range(1, 60, 4))
_LENGTH_S = 62.0
_FILM_CLIPS = 3 * 3600 // 30


@dataclass(slots=True, kw_only=True, eq=False)
class _Speaker:
    """One session, its place, and how late its finals came."""

    live: LiveSession
    place: Place
    offset_s: float
    work: Work | None = None
    late_s: list[float] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    partial_count: int = 0

    def note(self, events: list[Event], now_s: float) -> None:
        """See what was said when."""
        for event in events:
            if isinstance(event, Final) and event.text:
                spoken_s = min(
                    (end_s for _, end_s in _SPOKEN_S), key=lambda s: abs(1000 * s - event.end_ms)
                )
                self.late_s.append(now_s - self.offset_s - spoken_s)
            elif isinstance(event, Lag):
                self.lags_s.append(event.lag_s)


class _Play:
    """Sound that comes, and one engine that works in turns, as time goes."""

    def __init__(self, *, speaker_count: int, film_count: int) -> None:
        self.waiting = Waiting()
        self.pace = Pace()
        self.engine = FakeEngine()
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._is_free = True
        self.film_done_count = 0
        self.speakers = [self._speaker(number) for number in range(speaker_count)]
        self._film = iter([clip_of(f"film/{number}") for number in range(film_count)])
        self._film_place = self.waiting.opened(Kind.BULK) if film_count else None

    def run(self) -> None:
        """Until all is said."""
        sound = bursts(*_SPOKEN_S, length_s=_LENGTH_S)
        frame_count = int(_FRAME_S * RATE_HZ)
        for speaker in self.speakers:
            for number, at in enumerate(range(0, len(sound), frame_count)):
                heard_s = speaker.offset_s + (number + 1) * _FRAME_S
                frame = sound[at : at + frame_count]
                self._at(heard_s, partial(self._push, speaker, frame))
        for _ in range(2 * _CLIPS_AT_ONCE):
            self._more_film()
        self._begin(0.0)
        while self._due:
            now_s, _, act = heapq.heappop(self._due)
            act(now_s)
            self._begin(now_s)
            if all(len(each.late_s) == len(_SPOKEN_S) for each in self.speakers):
                return

    def _speaker(self, number: int) -> _Speaker:
        live = LiveSession(LiveOptions(vad="energy", wants_times=False), name=f"s{number}")
        place = self.waiting.opened(Kind.LIVE)
        # Nobody speaks in step with others.
        return _Speaker(live=live, place=place, offset_s=0.37 * number)

    def _at(self, when_s: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (when_s, next(self._numbers), act))

    def _push(self, speaker: _Speaker, frame: Samples, now_s: float) -> None:
        speaker.note(speaker.live.push(frame), now_s)
        work, waits = speaker.work, bool(speaker.place.ticket.waiting)
        if work is not None and work.kind == "partial" and waits and speaker.live.has_due:
            self.waiting.withdraw(speaker.place)
            speaker.work = None
            speaker.live.done(work, None, now_s)
        self._ask(speaker, now_s)

    def _ask(self, speaker: _Speaker, now_s: float) -> None:
        if speaker.work is None and (work := speaker.live.next_work(now_s)) is not None:
            speaker.work = work
            speaker.place.ticket.kind = Kind.PARTIAL if work.kind == "partial" else Kind.LIVE
            self.waiting.add(speaker.place, work.clip)

    def _more_film(self) -> None:
        clip = next(self._film, None)
        if clip is not None and self._film_place is not None:
            self.waiting.add(self._film_place, clip)

    def _begin(self, now_s: float) -> None:
        if not self._is_free:
            return
        most_s = self.pace.sound_for(turn_s(TURN_S, self.waiting))
        taken = self.waiting.take(most_count=_CLIPS_AT_ONCE, most_s=most_s)
        if not taken:
            return
        self._is_free = False
        sound_s = sum(seconds_of(clip) for _, clip in taken)
        work_s = _TURN_COST_S + _COST * sound_s
        self.pace.learn(work_s=work_s, sound_s=sound_s)
        clips = [clip for _, clip in taken]
        self._at(now_s + work_s, lambda end_s: self._answer(clips, end_s))

    def _answer(self, clips: list[Clip], now_s: float) -> None:
        self._is_free = True
        for result in self.engine.run(clips):
            owner = next((s for s in self.speakers if _is_of(s, result)), None)
            if owner is None or owner.work is None:
                self.film_done_count += 1
                self._more_film()
                continue
            work, owner.work = owner.work, None
            owner.partial_count += work.kind == "partial"
            owner.note(owner.live.done(work, result, now_s), now_s)
            self._ask(owner, now_s)


def _is_of(speaker: _Speaker, result: ClipResult) -> bool:
    return speaker.work is not None and speaker.work.clip.clip_id == result.clip_id


def _late_s(*, speaker_count: int, film_count: int) -> tuple[float, _Play]:
    play = _Play(speaker_count=speaker_count, film_count=film_count)
    play.run()
    late_s = [each for speaker in play.speakers for each in speaker.late_s]
    assert len(late_s) == speaker_count * len(_SPOKEN_S)
    return float(np.percentile(late_s, 95)), play


def test_four_who_speak_beside_a_film_of_three_hours() -> None:
    """Finals come at most twice as late as alone; the film goes on, and nobody is behind."""
    alone_s, _ = _late_s(speaker_count=1, film_count=0)
    beside_s, play = _late_s(speaker_count=4, film_count=_FILM_CLIPS)
    assert beside_s <= 2 * alone_s
    assert play.film_done_count > 60
    assert all(speaker.partial_count > 0 for speaker in play.speakers)
    assert [lag_s for speaker in play.speakers for lag_s in speaker.lags_s] == []
