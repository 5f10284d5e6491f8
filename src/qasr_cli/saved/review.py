"""The worst minutes of a batch, from its saved results. No models."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qasr_cli.core.review import Doubt, DoubtfulMinute, doubtful_minutes, has_confidence
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.types import ReadCue, Transcript
from qasr_cli.errors import InputError
from qasr_cli.formats.rendering import cues_of
from qasr_cli.saved.results import read_transcript, result_path_of

# Fast talkers are often faster than one can read; so fast nobody talks.
_TOO_FAST = 1.5
_FAST_SHARE = 0.25
_HAVE_RESULTS = ("done", "skipped", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedMinute:
    """A minute of a file of the batch."""

    file: str
    path: str
    found: DoubtfulMinute


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What should be listened to.

    Attributes:
        minutes: the worst first, no more than were asked for.
        minute_count: how many there are.
        file_count: how many files were looked at.
        unsure_count: of these, how many were heard without confidence.
        unheard_count: how many were skipped and have no result, since subtitles were there before.
        unread: files that have no result any more, and why, a line each.
    """

    minutes: tuple[ReviewedMinute, ...]
    minute_count: int
    file_count: int
    unsure_count: int
    unheard_count: int
    unread: tuple[str, ...]


def review(report: Mapping[str, Any], *, root: str, limit: int) -> Review:
    """The worst minutes of the files of a report.

    Args:
        root: folder of the batch, where its state lies.
        limit: how many.
    """
    worst: list[ReviewedMinute] = []
    unread: list[str] = []
    minute_count = file_count = unsure_count = unheard_count = 0
    for detail in report["details"]:
        if detail["status"] not in _HAVE_RESULTS:
            continue
        try:
            path = result_path_of(root, detail["file"])
            if detail["status"] == "skipped" and not os.path.lexists(path):
                unheard_count += 1
                continue
            transcript = read_transcript(path)
        except InputError as error:
            unread.append(f"{detail['file']}: {error}")
            continue
        found = minutes_to_hear_again(transcript)
        file_count += 1
        unsure_count += not has_confidence(transcript)
        minute_count += len(found)
        worst += (
            ReviewedMinute(file=detail["file"], path=detail["path"], found=each) for each in found
        )
        worst = sorted(worst, key=_worst_first)[:limit]
    return Review(
        minutes=tuple(worst),
        minute_count=minute_count,
        file_count=file_count,
        unsure_count=unsure_count,
        unheard_count=unheard_count,
        unread=tuple(unread),
    )


def minutes_to_hear_again(transcript: Transcript) -> tuple[DoubtfulMinute, ...]:
    """The minutes of one transcript in which there is something to doubt, in order of time."""
    return doubtful_minutes(transcript, _of_cues(transcript))


def _worst_first(each: ReviewedMinute) -> tuple[float, str, int]:
    return -each.found.word_count, each.file, each.found.minute


def _of_cues(transcript: Transcript) -> Iterator[Doubt]:
    """Cues of more text than anyone says in their time."""
    cues = cues_of(transcript)
    read = [ReadCue(start_ms=cue.start_ms, end_ms=cue.end_ms, lines=cue.lines) for cue in cues]
    limits = limits_of(transcript.language, CueOptions())
    for breach in lint(read, language=transcript.language, limits=limits).breaches:
        if breach.kind == "reading-speed" and breach.figure > _TOO_FAST * (breach.limit or 0):
            cue = cues[breach.cue - 1]
            yield Doubt(
                kind="too-fast",
                reason=f"{breach.figure:.0f} characters a second",
                start_ms=cue.start_ms,
                end_ms=cue.end_ms,
                word_count=_FAST_SHARE * len(" ".join(cue.lines).split()),
            )
