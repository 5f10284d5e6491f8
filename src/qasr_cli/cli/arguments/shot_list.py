"""`--shot-changes auto|FILE`: the cuts of a picture, to be found or as somebody else found them."""

from typing import Literal

from qasr_cli.core.subtitles.shot_changes import shot_changes_from_text
from qasr_cli.errors import UsageError
from qasr_cli.storage.side_files import read_side_file

_LIMIT_BYTES = 64 << 20  # a log of ffmpeg's over a long film


def shot_changes_from_user(value: str | None) -> Literal["auto"] | tuple[int, ...] | None:
    """What `CueOptions` takes: the word, or the times in a file, in ms and in order.

    Raises:
        UsageError: the file cannot be read, or a line of it is no time.
    """
    if value is None:
        return None
    if value == "auto":
        return "auto"
    try:
        text = read_side_file(value, limit_bytes=_LIMIT_BYTES).decode("utf-8", errors="replace")
        return shot_changes_from_text(text)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"--shot-changes {value}: {reason}") from error
    except ValueError as error:
        raise UsageError(f"--shot-changes {value}: {error}") from error
