"""Cues and the cuts of the picture: a cue that all but meets a cut meets it. Pure.

Source: Netflix Timed Text Style Guide, timing to shot changes.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qasr_cli.core.types import Cue

_DEFAULT_FPS = 24.0
_NEAR_FRAMES = 12  # on either side of a cut
_SNAP_FRAMES = 7  # a cue so shortly before a cut waits for it; one that is earlier moves away
_GAP_FRAMES = 2  # between the end of a cue and a cut
_LEAST_SHARE = 0.5  # of its time that a cue keeps

_TIME = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:[.,]\d+)?)")
_LOGGED = re.compile(r"\bpts_time:\s*(\d+(?:\.\d+)?)")  # of ffmpeg's showinfo


def shot_changes_from_text(text: str) -> tuple[int, ...]:
    r"""The times in a list of shot changes, in ms and in order.

    A line holds one time, as seconds or as `[hours:]minutes:seconds`, or is one that ffmpeg's
    `showinfo` wrote. Empty lines, and lines that begin with `#`, say nothing.

    >>> shot_changes_from_text("# film.mp4\n12.5\n00:01:02,25")
    (12500, 62250)

    Raises:
        ValueError: a line is none of these; says which.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.strip().lstrip("\ufeff")
        if told and not told.startswith("#"):
            found.add(_time_ms(told, number))
    return tuple(sorted(found))


def _time_ms(told: str, number: int) -> int:
    logged = _LOGGED.search(told)
    if logged:
        return round(1000 * float(logged[1]))
    time = _TIME.fullmatch(told)
    if time is None:
        shown = told if len(told) <= 40 else f"{told[:39]}…"  # noqa: PLR2004  # part of a line
        raise ValueError(f"line {number}: not a time, such as 83.4 or 00:01:23.4: {shown}")
    hours, minutes, seconds = time.groups()
    whole_s = 3600 * int(hours or 0) + 60 * int(minutes or 0)
    return 1000 * whole_s + round(1000 * float(seconds.replace(",", ".")))


def with_shot_changes(
    cues: Sequence[Cue], shot_changes_ms: Sequence[int], *, fps: float | None
) -> tuple[Cue, ...]:
    """The cues, with starts and ends that are near a cut moved to it; order and text stay.

    A cue that starts within twelve frames behind a cut, or seven before it, starts with it; one
    that starts eight to eleven before it starts twelve before. One that ends within twelve frames
    of a cut ends two frames before it. None loses more than half of its time, or meets another.

    Args:
        shot_changes_ms: in order.
        fps: of the picture; None = 24.
    """
    if not shot_changes_ms:
        return tuple(cues)
    clock = _Clock(shot_changes_ms=shot_changes_ms, frame_ms=1000 / (fps or _DEFAULT_FPS))
    moved: list[Cue] = []
    for cue, following in pairwise([*cues, None]):
        if cue is not None:
            earliest_ms = moved[-1].end_ms if moved else 0
            latest_ms = None if following is None else following.start_ms
            moved.append(clock.moved(cue, earliest_ms, latest_ms))
    return tuple(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    shot_changes_ms: Sequence[int]
    frame_ms: float

    def moved(self, cue: Cue, earliest_ms: int, latest_ms: int | None) -> Cue:
        least_ms = max(1, round(_LEAST_SHARE * (cue.end_ms - cue.start_ms)))
        start_ms = max(self._start_ms(cue.start_ms), earliest_ms)
        if cue.end_ms - start_ms < least_ms:
            start_ms = cue.start_ms
        end_ms = self._end_ms(cue.end_ms)
        if end_ms - start_ms < least_ms or (latest_ms is not None and end_ms > latest_ms):
            end_ms = cue.end_ms
        return replace(cue, start_ms=start_ms, end_ms=end_ms)

    def _start_ms(self, start_ms: int) -> int:
        for cut_ms in self._near(start_ms):
            early_ms = cut_ms - start_ms
            if early_ms <= _SNAP_FRAMES * self.frame_ms:
                return cut_ms
            return max(0, cut_ms - round(_NEAR_FRAMES * self.frame_ms))
        return start_ms

    def _end_ms(self, end_ms: int) -> int:
        for cut_ms in self._near(end_ms):
            return cut_ms - round(_GAP_FRAMES * self.frame_ms)
        return end_ms

    def _near(self, time_ms: int) -> Iterator[int]:
        """The nearest cut within twelve frames, if there is one."""
        index = bisect_left(self.shot_changes_ms, time_ms)
        around = self.shot_changes_ms[max(0, index - 1) : index + 1]
        nearest_ms = min(around, key=lambda cut_ms: abs(cut_ms - time_ms))
        if abs(nearest_ms - time_ms) <= _NEAR_FRAMES * self.frame_ms:
            yield nearest_ms
