"""A look at the picture of a recording, beside what is heard of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from qasr_cli.core.types import ShotChanges, Transcript
from qasr_cli.errors import DecodeError
from qasr_cli.media.picture.shot_changes import shot_changes_in
from qasr_cli.media.recording_summary import RecordingSummary

_Known = TypeVar("_Known", RecordingSummary, Transcript)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of it.

    Attributes:
        shot_changes: None where there is no picture but a cover, or it is damaged.
        warning: a line for people about a damaged one.
    """

    shot_changes: ShotChanges | None
    warning: str | None = None

    def added_to(self, known: _Known) -> _Known:
        """What is known of the recording, with this."""
        told = dict.fromkeys(line for line in (*known.warnings, self.warning) if line is not None)
        return replace(known, shot_changes=self.shot_changes, warnings=tuple(told))


def look_at_picture(
    open_fd: Callable[[], int], *, path: str, longest_s: float, on_look: Callable[[], None]
) -> Look:
    """The cuts of a recording's picture; a damaged picture costs nobody the words.

    Args:
        open_fd: gives a descriptor of its own, which can seek and is closed here.
        path, longest_s, on_look: as in `shot_changes_in`.

    Raises:
        UnreadableInput: it cannot be opened.
        UsageError: there is no ffmpeg.
    """
    fd = open_fd()
    try:
        found = shot_changes_in(fd, path=path, longest_s=longest_s, on_look=on_look)
    except DecodeError as error:
        reason = str(error).removeprefix(f"{path}: ")
        warning = f"the cuts of its picture were not found ({reason}); cues stand by the words"
        return Look(shot_changes=None, warning=warning)
    finally:
        os.close(fd)
    return Look(shot_changes=found)
