"""Cues and the cuts of the picture: a cue that all but meets a cut meets it. Pure.

Source: Netflix Timed Text Style Guide, timing to shot changes.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.types import Cue, ReadCue, Transcript

_DEFAULT_FPS = 24.0
_NEAR_FRAMES = 12  # on either side of a cut
_SNAP_FRAMES = 7  # a cue so shortly before a cut waits for it; one that is earlier moves away
_GAP_FRAMES = 2  # between the end of a cue and a cut
_LEAST_SHARE = 0.5  # of its time that a cue keeps
_SLACK_FRAMES = 0.5  # files count in milliseconds

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


def at_shot_changes(
    cues: Sequence[Cue], transcript: Transcript, options: CueOptions
) -> tuple[Cue, ...]:
    """The cues of a transcript, moved to the cuts of its picture where the options want that."""
    wanted = options.shot_changes
    if wanted == "auto":
        found = transcript.shot_changes
        times_ms, fps = ((), None) if found is None else (found.times_ms, found.fps)
    else:
        times_ms, fps = wanted or (), None
    inside_ms = [time_ms for time_ms in times_ms if time_ms < transcript.duration_ms]
    return with_shot_changes(cues, inside_ms, fps=options.fps or fps)


def with_shot_changes(
    cues: Sequence[Cue], shot_changes_ms: Sequence[int], *, fps: float | None
) -> tuple[Cue, ...]:
    """The cues, with starts and ends that are near a cut moved to it; order and text stay.

    A cue that starts within twelve frames behind a cut, or seven before it, starts with it; one
    that starts eight to eleven before it starts twelve before. One that ends within twelve frames
    of a cut ends two frames before it. None loses more than half of its time, and none comes
    nearer to another than two frames, if it was no nearer before.

    Args:
        shot_changes_ms: in order.
        fps: of the picture; None = 24.
    """
    if not shot_changes_ms:
        return tuple(cues)
    near = _Near(shot_changes_ms=shot_changes_ms, frame_ms=1000 / (fps or _DEFAULT_FPS))
    gaps_ms = [
        min(near.gap_ms, following.start_ms - cue.end_ms) for cue, following in pairwise(cues)
    ]
    starts_ms = []
    for index, cue in enumerate(cues):
        start_ms = near.start_ms(cue.start_ms)
        earliest_ms = cues[index - 1].end_ms + gaps_ms[index - 1] if index else 0
        is_good = start_ms >= earliest_ms and cue.end_ms - start_ms >= _least_ms(cue)
        starts_ms.append(start_ms if is_good else cue.start_ms)
    moved = []
    for index, (cue, start_ms) in enumerate(zip(cues, starts_ms, strict=True)):
        end_ms = near.end_ms(cue.end_ms)
        is_good = end_ms - start_ms >= _least_ms(cue) and (
            index + 1 == len(cues) or end_ms <= starts_ms[index + 1] - gaps_ms[index]
        )
        moved.append(replace(cue, start_ms=start_ms, end_ms=end_ms if is_good else cue.end_ms))
    return tuple(moved)


def _least_ms(cue: Cue) -> int:
    return max(1, round(_LEAST_SHARE * (cue.end_ms - cue.start_ms)))


def shot_change_findings(
    cue: ReadCue, shot_changes_ms: Sequence[int], *, fps: float | None
) -> Iterator[tuple[float, str]]:
    """How many frames a cue is off a cut that it should meet, and what a person should know.

    Args:
        shot_changes_ms, fps: as in `with_shot_changes`.
    """
    near = _Near(shot_changes_ms=shot_changes_ms, frame_ms=1000 / (fps or _DEFAULT_FPS))
    for verb, time_ms, good_frames, rule in (
        ("starts", cue.start_ms, 0, "with it, or twelve frames away"),
        ("ends", cue.end_ms, -_GAP_FRAMES, "two frames before it, or twelve away"),
    ):
        for cut_ms in near.cuts_ms(time_ms):
            frames = (time_ms - cut_ms) / near.frame_ms
            is_away = abs(frames) >= _NEAR_FRAMES - _SLACK_FRAMES
            if is_away or abs(frames - good_frames) <= _SLACK_FRAMES:
                continue
            off = round(abs(frames))
            place = f"{off} frame{'s'[off == 1 :]} {'after' if frames > 0 else 'before'}"
            place = place if off else "with"
            yield round(abs(frames), 1), f"{verb} {place} a cut of the picture (Netflix: {rule})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    """The cuts near a time, and what the rules make of it."""

    shot_changes_ms: Sequence[int]
    frame_ms: float

    @property
    def gap_ms(self) -> int:
        return math.ceil(_GAP_FRAMES * self.frame_ms)

    def start_ms(self, start_ms: int) -> int:
        for cut_ms in self.cuts_ms(start_ms):
            early_ms = cut_ms - start_ms
            if early_ms <= _SNAP_FRAMES * self.frame_ms:
                return cut_ms
            return max(0, cut_ms - round(_NEAR_FRAMES * self.frame_ms))
        return start_ms

    def end_ms(self, end_ms: int) -> int:
        for cut_ms in self.cuts_ms(end_ms):
            return cut_ms - self.gap_ms
        return end_ms

    def cuts_ms(self, time_ms: int) -> Iterator[int]:
        """The nearest cut within twelve frames, if there is one."""
        index = bisect_left(self.shot_changes_ms, time_ms)
        around = self.shot_changes_ms[max(0, index - 1) : index + 1]
        nearest_ms = min(around, key=lambda cut_ms: abs(cut_ms - time_ms))
        if abs(nearest_ms - time_ms) <= _NEAR_FRAMES * self.frame_ms:
            yield nearest_ms
