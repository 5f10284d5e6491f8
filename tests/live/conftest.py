"""Sound of bursts and pauses, and sessions over it that listen by loudness."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Word
from qasr_cli.engines.base import Engine
from qasr_cli.live.events import Final, Partial
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.session import LiveSession
from tools.live.play import Cost, Played, Player, free

FRAME_S = 0.032

Sound = npt.NDArray[np.float32]


def bursts(*lengths_s: float, level: float = 0.2, seed: int = 0) -> Sound:
    """Loud, quiet, loud ... for so many seconds each; quiet is nearly nothing."""
    random = np.random.default_rng(seed)
    parts = [
        random.normal(0, level if number % 2 == 0 else 1e-5, round(length_s * SAMPLE_RATE_HZ))
        for number, length_s in enumerate(lengths_s)
    ]
    return np.concatenate(parts).astype(np.float32)


def listening(options: LiveOptions | None = None, **named: float | None) -> LiveSession:
    """A session that hears what is loud as speech."""
    return LiveSession(options or LiveOptions(vad="energy"), **named)  # type: ignore[arg-type]  # max_clip_s


def played(
    session: LiveSession,
    engine: Engine,
    sound: Sound,
    *,
    cost: Cost = free,
    frame_samples: int = 320,
) -> Played:
    """What became of a session in real time."""
    player = Player(session=session, engine=engine, cost=cost, frame_samples=frame_samples)
    return player.play(sound)


def spans_s(played: Played) -> Sequence[tuple[float, float]]:
    """Where the phrases were that were recognised, in seconds."""
    return [
        (work.clip.span.start_sample / SAMPLE_RATE_HZ, work.clip.span.end_sample / SAMPLE_RATE_HZ)
        for _, work in played.works
        if work.kind == "final"
    ]


def finals(found: Played) -> list[Final]:
    """The finals of a session."""
    return [event for _, event in found.events if isinstance(event, Final)]


def partials(found: Played) -> list[Partial]:
    """The partials of a session."""
    return [event for _, event in found.events if isinstance(event, Partial)]


def spoken_every_ms(step_ms: int, end_ms: int) -> list[Word]:
    """A word at every so many milliseconds, each with a name of its own."""
    return [
        Word(start_ms=at_ms, end_ms=at_ms + step_ms // 2, text=f"w{at_ms}")
        for at_ms in range(0, end_ms, step_ms)
    ]
