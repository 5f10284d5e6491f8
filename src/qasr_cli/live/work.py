"""What a live session wants computed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from qasr_cli.live.listener import Phrase
from qasr_cli.live.live_options import LiveOptions

WorkKind = Literal["final", "times", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """One clip for the engine; its result goes to `LiveSession.done`."""

    kind: WorkKind
    clip: Clip
    phrase_id: int


def clip_of(phrase: Phrase, options: LiveOptions, *, name: str) -> Clip:
    """The clip of a phrase, to be recognised and timed.

    Args:
        name: of the sound.
    """
    span = phrase.span
    return Clip(
        clip_id=f"{name}/{span.start_sample}-{span.end_sample}",
        span=span,
        language=options.language,
        pcm=phrase.pcm,
        context=options.context,
        speech=phrase.speech,
    )


def silence() -> Clip:
    """A second in which nothing is said, to have models loaded."""
    span = Span(start_sample=0, end_sample=SAMPLE_RATE_HZ)
    pcm = np.zeros(span.sample_count, np.float32)
    return Clip(clip_id="silence/0", span=span, language=None, pcm=pcm, is_partial=True)
