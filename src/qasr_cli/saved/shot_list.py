"""A list of the cuts of a picture, as somebody else found them."""

from collections.abc import Sequence

from qasr_cli.core.subtitles.shot_changes import shot_changes_from_text
from qasr_cli.errors import MalformedInput, UnreadableInput, UsageError
from qasr_cli.storage.side_files import read_side_file

_LIMIT_BYTES = 64 << 20  # a log of ffmpeg's over a long film


def shot_changes_of(path: str | None, results: Sequence[str]) -> tuple[int, ...]:
    """The times of a list, in ms and in order; none without a list.

    Args:
        results: what it is for.

    Raises:
        UsageError: it is for several pictures.
        UnreadableInput: it cannot be read.
        MalformedInput: a line of it is no time.
    """
    if path is None:
        return ()
    if len(results) > 1:
        raise UsageError("--shot-changes takes one result: its cuts are of one picture")
    try:
        text = read_side_file(path, limit_bytes=_LIMIT_BYTES).decode("utf-8", errors="replace")
        return shot_changes_from_text(text)
    except OSError as error:
        raise UnreadableInput(path, error.strerror or "?") from error
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error
