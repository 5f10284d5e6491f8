"""How a live session listens, checked once."""

from dataclasses import dataclass, field
from typing import Literal

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.errors import UsageError

DEFAULT_ENDPOINT_MS = 500
DEFAULT_STEP_MS = 500
DEFAULT_MAX_LAG_S = 30.0
ENDPOINT_RANGE_MS = (200, 5000)
STEP_RANGE_MS = (100, 10_000)
MAX_LAG_RANGE_S = (5.0, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """When phrases end, how often they are shown, and what is told about them.

    Attributes:
        endpoint_ms: of quiet that end a phrase.
        step_ms: between two partials, at least.
        has_partials: False = finals alone.
        max_lag_s: how far finals may be behind the sound before the session ends.
        language: full English name, or None to detect it phrase by phrase.
        context: what the recogniser is told; "" for nothing.
        wants_times: words of finals are aligned.
        retries: how often a phrase that failed is tried again.
        cue: how subtitles of a phrase are cut.
    """

    endpoint_ms: int = DEFAULT_ENDPOINT_MS
    step_ms: int = DEFAULT_STEP_MS
    has_partials: bool = True
    max_lag_s: float = DEFAULT_MAX_LAG_S
    language: str | None = None
    context: str = ""
    wants_times: bool = True
    vad: Literal["silero", "energy"] = "silero"
    retries: int = 1
    cue: CueOptions = field(default_factory=CueOptions)

    def __post_init__(self) -> None:
        for name, value, (least, most), unit in (
            ("--endpoint-ms", self.endpoint_ms, ENDPOINT_RANGE_MS, "milliseconds of quiet"),
            ("--step-ms", self.step_ms, STEP_RANGE_MS, "milliseconds"),
            ("--max-lag", self.max_lag_s, MAX_LAG_RANGE_S, "seconds"),
        ):
            if not least <= value <= most:
                raise UsageError(f"{name} takes {least:g} to {most:g} ({unit}); got {value:g}")
