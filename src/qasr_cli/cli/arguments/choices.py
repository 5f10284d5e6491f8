"""What options with a fixed set of values take."""

from enum import StrEnum

from qasr_cli.core.text import canonical
from qasr_cli.errors import UsageError
from qasr_cli.options import DEFAULT_SPEAKERS


class Dtype(StrEnum):
    """Numbers the models compute in."""

    AUTO = "auto"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


def dtype_from_compute_type(value: str) -> Dtype:
    """What faster-whisper's `--compute-type` stands for here.

    Raises:
        UsageError: it stands for nothing.
    """
    names = {"default": Dtype.AUTO} | {dtype.value: dtype for dtype in Dtype}
    dtype = names.get(value.replace("-", "_").lower())
    if dtype is None:
        raise UsageError(f"--compute-type {value} is not known; one of: {', '.join(names)}")
    return dtype


class Quantize(StrEnum):
    """What multiplies in fewer bits."""

    NONE = "none"
    INT8 = "int8"


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


def speaker_names_from_user(names: str | None, channels: Channels) -> tuple[str, str]:
    """What the speakers are called, the left one first.

    Raises:
        UsageError: there are not two names, or nothing for them to name.
    """
    if names is None:
        return DEFAULT_SPEAKERS
    if channels is not Channels.SPLIT:
        raise UsageError("--speaker-names goes with --channels split")
    match [canonical(name).strip() for name in names.split(",")]:
        case [left, right] if left and right and left != right:
            return left, right
        case _:
            raise UsageError(f"--speaker-names takes two names with a comma, not {names!r}")


class LogFormat(StrEnum):
    """What goes to standard error."""

    TEXT = "text"
    JSON = "json"


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
    """What becomes of full-width commas and stops."""

    KEEP = "keep"
    NETFLIX = "netflix"
