"""The interface between a run and an engine, which turns sound into words. No torch here."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from qasr_cli.core.types import Clip, ClipResult


class Engine(Protocol):
    """Turns clips into timed words, in this process.

    `run` consumes lazily, holding at most a bounded window of clips, so the caller controls
    memory; it may yield in any order; it yields exactly one result for each clip it took.
    A clip with a text is only aligned: the result has that text, and the clip's language.
    A clip that cannot be done is a `ClipFailed` value. `run` raises `EngineError` only when no
    further clip can work. It may be called again after it was exhausted. Nothing is loaded
    before the first clip arrives. After `stop` clips may be left without a result.
    """

    @property
    def fingerprint(self) -> str:
        """Models, revisions and dtype in one line: part of the resume key. Cheap; loads nothing."""
        ...

    @property
    def models(self) -> dict[str, str]:
        """Role ("recogniser", "aligner") -> name and revision, for the result document."""
        ...

    @property
    def max_clip_s(self) -> float | None:
        """Longest clip the models were made for, or None for no limit of their own."""
        ...

    @property
    def clips_at_once(self) -> int:
        """Most clips that it works on at once; 1 until it has run and knows."""
        ...

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result for every clip."""
        ...

    def stop(self) -> None:
        """End `run` early: clips that are in the models are finished, others get no result.

        For good, and from anywhere: a signal handler calls it.
        """
        ...

    def close(self) -> None:
        """Unload the models and free their memory. Idempotent."""
        ...


class EngineWrapper:
    """What an engine says that leaves the work to another engine; `run` is its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def fingerprint(self) -> str:
        """As the other engine has it."""
        return self._engine.fingerprint

    @property
    def models(self) -> dict[str, str]:
        """As the other engine has it."""
        return self._engine.models

    @property
    def max_clip_s(self) -> float | None:
        """As the other engine has it."""
        return self._engine.max_clip_s

    @property
    def clips_at_once(self) -> int:
        """As the other engine has it."""
        return self._engine.clips_at_once

    def stop(self) -> None:
        """Stop the other engine."""
        self._engine.stop()

    def close(self) -> None:
        """Close the other engine."""
        self._engine.close()
