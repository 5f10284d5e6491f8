"""Clips to heal, and an engine that counts what it is given."""

from collections.abc import Iterable, Iterator

import numpy as np

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine
from tests.strategies import span_of


def clip_of(
    start_ms: int,
    end_ms: int,
    *speech_ms: tuple[int, int],
    file: str = "f",
    context: str = "",
) -> Clip:
    """A silent clip of a file with these regions of speech; without any, all of it is speech."""
    span = span_of(start_ms, end_ms)
    return Clip(
        clip_id=f"{file}/{span.start_sample}-{span.end_sample}",
        span=span,
        language=None,
        pcm=np.zeros(span.sample_count, np.float32),
        context=context,
        speech=tuple(span_of(*edges) for edges in speech_ms or ((start_ms, end_ms),)),
    )


class Counting:
    """An engine around another that keeps the ids and the contexts of the clips it is given."""

    fingerprint = "counting"
    max_clip_s = None
    clips_at_once = 1
    models: dict[str, str] = {}  # noqa: RUF012  # never filled

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clip_ids: list[str] = []
        self.contexts: list[str] = []
        self.is_closed = False

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Count the clips, and let the engine inside do them."""

        def counted() -> Iterator[Clip]:
            for clip in clips:
                self.clip_ids.append(clip.clip_id)
                self.contexts.append(clip.context)
                yield clip

        return self.engine.run(counted())

    def stop(self) -> None:
        """Stop the engine inside."""
        self.engine.stop()

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


TEN_S = clip_of(0, 10_000, (200, 4800), (6000, 9800))
WORDS_OF_TEN_S = [f"word{second}" for second in range(10)]
HOT = "Kubernetes etcd Anna Bell"


def spoken(result: ClipResult) -> list[str]:
    """The words of a result's text."""
    return [word.strip(".") for word in (result.text or "").split()]
