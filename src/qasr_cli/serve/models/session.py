"""The engine of one request: a share of the models that stay loaded."""

import queue
from collections.abc import Iterable, Iterator
from dataclasses import replace

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine, EngineWrapper
from qasr_cli.errors import EngineError
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.waiting import TURNS_AHEAD, Place, Waiting, Withdrawn


class EngineLost(EngineError):
    """The models work no more, and this process will not get them back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Session(EngineWrapper):
    """An engine like any other: whoever hears a recording with it does not know of the others.

    Args:
        place: among those who wait.
    """

    def __init__(self, engine: Engine, waiting: Waiting, place: Place) -> None:
        super().__init__(engine)
        self._waiting = waiting
        self._place = place
        self._is_stopped = False

    @property
    def clips_at_once(self) -> int:
        """What others leave of the shared engine's."""
        return max(1, self._room() // TURNS_AHEAD)

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """One result for each clip that is not withdrawn, in any order.

        Raises:
            EngineLost: the models work no more.
            EngineError: they could not be loaded, and that is tried again when others ask.
        """
        if self._is_stopped:
            return
        open_ids: dict[str, str] = {}  # clip ids of other requests may be the same
        for clip in clips:
            shared_id = f"{self._place.ticket.number}:{clip.clip_id}"
            open_ids[shared_id] = clip.clip_id
            self._check(self._waiting.add(self._place, replace(clip, clip_id=shared_id)))
            yield from self._taken(open_ids, leaving=self._room() - 1)
            if self._is_stopped:
                return
        yield from self._taken(open_ids, leaving=0)

    def become(self, kind: Kind) -> None:
        """Change its class, before it has clips."""
        self._place.ticket.kind = kind

    def withdraw(self) -> None:
        """Have no result for clips that the models have not begun with."""
        self._waiting.withdraw(self._place)

    def stop(self) -> None:
        """Answer no further clip; what waits is forgotten."""
        self._is_stopped = True
        self._waiting.drop(self._place)
        self._place.end()

    def close(self) -> None:
        """The models stay."""

    def _room(self) -> int:
        return self._waiting.room(self._engine.clips_at_once)

    def _taken(self, open_ids: dict[str, str], *, leaving: int) -> Iterator[ClipResult]:
        """Results that are there, and more until no more than so many clips are open."""
        while open_ids:
            try:
                result = self._place.results.get(block=len(open_ids) > leaving)
            except queue.Empty:
                return
            if isinstance(result, EngineError):
                self._is_stopped = True
                raise result
            if result is None:
                self._is_stopped = True
                self._check(self._waiting.lost)
                return
            clip_id = open_ids.pop(result.clip_id)
            if not isinstance(result, Withdrawn):
                yield replace(result, clip_id=clip_id)

    def _check(self, lost: EngineError | None) -> None:
        if lost is not None:
            raise EngineLost(str(lost))
