"""One job as it stands, in memory. Belongs to the event loop."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from qasr_cli.run.stop_request import StopRequest
from qasr_cli.serve.jobs.folder import Accepted, End, JobFolder
from qasr_cli.serve.jobs.in_place import InPlace
from qasr_cli.serve.jobs.outlines import Outline
from qasr_cli.serve.models.session import Session

# Of its recording: all of it, a copy of its sound, or nothing.
Playable = bool | Literal["proxy"]

# Number, kind and content.
JobEvent = tuple[int, str, dict[str, Any]]


class JobState(StrEnum):
    """What a job is at."""

    HELD = "held"  # until somebody says that it is to begin
    QUEUED = "queued"
    DECODING = "decoding"  # begun; nothing was heard of it yet
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # and removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence of a clip, told as soon as all clips before it are known."""

    start_ms: int
    end_ms: int
    text: str
    language: str | None
    speaker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far the work is.

    Attributes:
        share: of all that is to do, 0 to 1.
        done_ms: of the recording.
        duration_ms: what its container claims; None where it says nothing.
        left_s: predicted; None where nothing tells.
    """

    share: float = 0.0
    done_ms: int = 0
    duration_ms: int | None = None
    left_s: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class AtWork:
    """The work on a job, as long as its thread is at it."""

    stop: StopRequest = field(default_factory=StopRequest)
    session: Session | None = None
    thread: Future[End | None] = field(default_factory=Future)


@dataclass(slots=True, kw_only=True, eq=False)
class Making:
    """A copy of a recording that is being made, or was.

    Attributes:
        share: of it that is made, 0 to 1, as far as that is known.
        done: its path.
    """

    share: float = 0.0
    done: asyncio.Future[str] = field(default_factory=asyncio.Future)


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One job.

    Attributes:
        deaths: how often the process died at work on it without getting further.
        end: None while it has not ended.
        language: of what was heard last.
        state_number, reached_number, pieces: numbers are those of events.
        has_recording: False where only the text was kept of what somebody said live.
        media_type: of its recording, once it was looked at.
        playable: what browsers play of it, once it was looked at.
        has_picture: whether there is anything to see, once it was looked at.
        copies: those that players asked this process for, by their names.
        outline: while it is made.
        changing: held by whoever changes what lies on the disk.
        in_place: the user's own files that it stands for; None where it was sent.
    """

    folder: JobFolder
    accepted: Accepted
    deaths: int = 0
    state: JobState = JobState.QUEUED
    end: End | None = None
    reached: Reached = Reached()
    language: str | None = None
    at_work: AtWork | None = None
    state_number: int = 0
    reached_number: int = 0
    end_number: int = 0
    pieces: list[tuple[int, Piece]] = field(default_factory=list)
    has_recording: bool = True
    media_type: str | None = None
    playable: Playable | None = None
    has_picture: bool | None = None
    copies: dict[str, Making] = field(default_factory=dict)
    outline: Outline | None = None
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    in_place: InPlace | None = None

    @property
    def id(self) -> str:
        """Of the job."""
        return self.folder.id

    @property
    def last_number(self) -> int:
        """Of its newest event."""
        pieces_number = self.pieces[-1][0] if self.pieces else 0
        return max(self.state_number, self.reached_number, self.end_number, pieces_number)

    @property
    def known_language(self) -> str | None:
        """Of what was heard; None while nobody knows."""
        if self.in_place is not None:
            return self.in_place.language
        return self.language if self.end is None else self.end.language or self.language

    def to_document(self, *, position: int | None) -> dict[str, Any]:
        """As clients see it.

        Args:
            position: in the queue, from 1.
        """
        end = self.end or End(ended_s=0)
        is_done = self.state is JobState.DONE
        duration_ms = self.reached.duration_ms if end.duration_ms is None else end.duration_ms
        place = self.in_place
        if place is not None:
            duration_ms = place.duration_ms
        return {
            "id": self.id,
            "name": self.accepted.name,
            "state": self.state,
            "progress": 1.0 if is_done else round(self.reached.share, 4),
            "done_s": _seconds(duration_ms if is_done else self.reached.done_ms),
            "duration_s": _seconds(duration_ms),
            "eta_s": 0.0 if is_done else _rounded(self.reached.left_s),
            "position": position,
            "error": None if end.error is None else dict(end.error),
            "language": self.known_language,
            "profile": self.accepted.asked.profile if place is None else place.profile,
            "warnings": [*end.warnings, *(() if place is None else place.notes)],
            "has_recording": self.has_recording,
            "playable": self.playable,
            "in_place": place is not None,
            "reviewed": None if place is None else place.reviewed,
            "doubt": 0.0 if place is None else place.word_count or 0.0,
        }

    def events_after(self, number: int, *, position: int | None) -> Iterator[JobEvent]:
        """What is new since an event, in no order.

        Args:
            position: as in `to_document`.
        """
        document = self.to_document(position=position)
        if self.state_number > number:
            yield self.state_number, "state", document
        for piece_number, piece in reversed(self.pieces):
            if piece_number <= number:
                break
            yield piece_number, "segment", {"id": self.id, **_piece_document(piece)}
        if self.end is None and self.reached_number > number:
            names = ("id", "progress", "done_s", "duration_s", "eta_s")
            yield self.reached_number, "progress", {name: document[name] for name in names}
        if self.end is not None and self.end_number > number:
            yield self.end_number, "done" if self.end.error is None else "error", document


def _piece_document(piece: Piece) -> dict[str, Any]:
    return {
        "start_ms": piece.start_ms,
        "end_ms": piece.end_ms,
        "text": piece.text,
        "language": piece.language,
        "speaker": piece.speaker,
    }


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _rounded(time_s: float | None) -> float | None:
    return None if time_s is None else round(time_s, 1)
