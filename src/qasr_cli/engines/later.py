"""An engine that is opened when the first clip comes: who never asks for words needs no models."""

from collections.abc import Callable, Iterable, Iterator

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine


class LaterEngine:
    """An engine that may not be there yet; each run looks for it anew until it is.

    Args:
        open_engine: raises what `Engine.run` may raise where there is none.
    """

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open = open_engine
        self._engine: Engine | None = None
        self._is_stopped = False

    @property
    def fingerprint(self) -> str:
        """As the engine has it; before that of none."""
        return "later" if self._engine is None else self._engine.fingerprint

    @property
    def models(self) -> dict[str, str]:
        """As the engine has them; before that none."""
        return {} if self._engine is None else self._engine.models

    @property
    def max_clip_s(self) -> float | None:
        """As the engine has it; before that no limit."""
        return None if self._engine is None else self._engine.max_clip_s

    @property
    def clips_at_once(self) -> int:
        """As the engine has it; before that one."""
        return 1 if self._engine is None else self._engine.clips_at_once

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """One result for each clip, in any order.

        Raises:
            EngineError: it cannot be opened, or no further clip can work.
        """
        if self._is_stopped:
            return
        if self._engine is None:
            self._engine = self._open()
        yield from self._engine.run(clips)

    def stop(self) -> None:
        """End `run` early, for good."""
        self._is_stopped = True
        if self._engine is not None:
            self._engine.stop()

    def close(self) -> None:
        """Give its memory back; the next run loads it again."""
        if self._engine is not None:
            self._engine.close()
