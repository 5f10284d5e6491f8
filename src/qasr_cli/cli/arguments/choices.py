"""The values of options that take one of a fixed set."""

from enum import StrEnum

from qasr_cli.cli.arguments.other_tools import advice_on_dtype
from qasr_cli.cli.arguments.parsing import typed_text
from qasr_cli.core.text import canonical
from qasr_cli.errors import UsageError
from qasr_cli.options import DEFAULT_SPEAKERS


class Dtype(StrEnum):
    """Number formats that the models compute in."""

    AUTO = "auto"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


def dtype_from_compute_type(value: str) -> Dtype:
    """The dtype that a value of faster-whisper's `--compute-type` stands for.

    Raises:
        UsageError: there is no such value.
    """
    names = {"default": Dtype.AUTO} | {dtype.value: dtype for dtype in Dtype}
    dtype = names.get(value.replace("-", "_").lower())
    if dtype is None:
        advice = advice_on_dtype(value, Dtype) or f"is not known; one of: {', '.join(names)}"
        raise UsageError(f"--compute-type {value}: {advice}")
    return dtype


class Quantize(StrEnum):
    """What the large layers multiply: numbers of `Dtype`, or of fewer bits."""

    NONE = "none"
    INT8 = "int8"
    INT4 = "int4"
    AUTO = "auto"


class Vad(StrEnum):
    """How pauses are found."""

    SILERO = "silero"
    ENERGY = "energy"


class Channels(StrEnum):
    """Which channels of a recording are heard, and how."""

    MIX = "mix"
    LEFT = "left"
    RIGHT = "right"
    SPLIT = "split"


def speaker_names_from_user(
    names: str | None, channels: Channels, *, is_diarized: bool
) -> tuple[str, ...]:
    """The names of the speakers on the left and the right channel, or in order of their voices.

    Raises:
        UsageError: they are too few, one is there twice, or there is nobody to name.
    """
    if names is None:
        return DEFAULT_SPEAKERS
    if is_diarized:
        return names_in(names)
    if channels is not Channels.SPLIT:
        raise UsageError("--speaker-names goes with --channels split or --diarize")
    found = {name.strip() for name in names.split(",")}
    if names.count(",") != 1 or len(found) != 2:  # noqa: PLR2004  # one a channel
        raise UsageError(f"--speaker-names takes two names with a comma, not {names!r}")
    return names_in(names)


def names_in(names: str) -> tuple[str, ...]:
    """The names that somebody typed with commas between them.

    Raises:
        UsageError: one is empty, or there twice.
    """
    found = tuple(canonical(name).strip() for name in typed_text(names).split(","))
    if not all(found) or len(set(found)) < len(found):
        raise UsageError(
            f"--speaker-names takes names with a comma between them, each once, not {names!r}"
        )
    return found


class Diarizer(StrEnum):
    """What tells voices apart."""

    CAMPPLUS = "campplus"
    NEMOTRON = "nemotron"


class Printed(StrEnum):
    """The form of what a live session prints."""

    TEXT = "text"
    JSON = "json"


class LogFormat(StrEnum):
    """The form of what goes to standard error."""

    TEXT = "text"
    JSON = "json"


class ExecutorName(StrEnum):
    """Where processes run that hear a batch."""

    LOCAL = "local"
    RAY = "ray"


class EngineName(StrEnum):
    """What turns sound into words."""

    QWEN = "qwen"
    FAKE = "fake"


class FrameRate(StrEnum):
    """Pictures a second."""

    FPS_23_976 = "23.976"
    FPS_24 = "24"
    FPS_25 = "25"
    FPS_29_97 = "29.97"
    FPS_30 = "30"
    FPS_50 = "50"
    FPS_60 = "60"


class CjkPunct(StrEnum):
    """How subtitles show full-width commas and stops."""

    KEEP = "keep"
    NETFLIX = "netflix"


class Script(StrEnum):
    """How Chinese is written."""

    HANS = "hans"
    HANT = "hant"
    TW = "tw"
    HK = "hk"
