"""What a live session wants computed."""

from dataclasses import dataclass
from typing import Literal

from qasr_cli.core.types import Clip
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
