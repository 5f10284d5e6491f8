"""What is heard of a recording, told in its order while the models still work on it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import Clip, ClipDone, ClipResult
from qasr_cli.engines.base import Engine, EngineWrapper

# Told of each clip once all before it are known.
OnSettled = Callable[[ClipOutcome], None]


class Listening(EngineWrapper):
    """An engine whose results are told in the order of the recording, too."""

    def __init__(self, engine: Engine, on_settled: OnSettled) -> None:
        super().__init__(engine)
        self._on_settled = on_settled
        self._open: dict[str, Clip | None] = {}  # None where an earlier process heard it
        self._heard: dict[str, ClipOutcome] = {}

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """The other engine's results."""
        for result in self._engine.run(self._noted(clips)):
            clip = self._open.get(result.clip_id)
            if clip is not None and isinstance(result, ClipDone):
                outcome = ClipOutcome(span=clip.span, result=result, speaker=clip.channel)
                self._heard[result.clip_id] = outcome
                self._tell()
            yield result

    def recall(self, outcome: ClipOutcome) -> None:
        """Take a clip that an earlier process heard, which lies behind those that came so far."""
        clip_id = f"recalled/{len(self._open)}-{outcome.span.start_sample}"
        self._open[clip_id] = None
        self._heard[clip_id] = outcome
        self._tell()

    def tell_all(self) -> None:
        """Tell what is left, once nothing else will come: clips that failed hold nothing back."""
        self._open = {each: clip for each, clip in self._open.items() if each in self._heard}
        self._tell()

    def close(self) -> None:
        """The other engine is closed by whoever opened it."""

    def _noted(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        for clip in clips:
            self._open.setdefault(clip.clip_id, replace(clip, pcm=clip.pcm[:0]))
            yield clip

    def _tell(self) -> None:
        """Tell what is heard at the front; a clip that failed holds the rest back until it is."""
        while self._open:
            clip_id = next(iter(self._open))
            outcome = self._heard.pop(clip_id, None)
            if outcome is None:
                return
            del self._open[clip_id]
            self._on_settled(outcome)
