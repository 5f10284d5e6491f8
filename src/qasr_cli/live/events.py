"""What a live session says, in the order in which it happens; each with its message.

A message is the same over a WebSocket and as a line of `qasr live --format json`.
"""

from dataclasses import dataclass
from typing import Any

from qasr_cli.core.cue_types import Cue
from qasr_cli.core.types import Word

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The session listens.

    Attributes:
        session: its name, with which a client may come back.
    """

    session: str
    step_ms: int
    endpoint_ms: int

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {
            "type": "ready",
            "session": self.session,
            "step_ms": self.step_ms,
            "endpoint_ms": self.endpoint_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBegan:
    """Somebody began to speak."""

    start_ms: int

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {"type": "speech", "start_ms": self.start_ms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The text of a phrase so far; replaces the last one of the same phrase.

    Attributes:
        settled: what two answers agree on; grows, and is not taken back before the final.
        tail: what follows it and may change; with the space between them, where there is one.
    """

    phrase_id: int
    start_ms: int
    settled: str
    tail: str
    language: str | None

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {
            "type": "partial",
            "id": self.phrase_id,
            "start_ms": self.start_ms,
            "settled": self.settled,
            "tail": self.tail,
            "language": self.language,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The text of a phrase, which never changes; "" takes back what was shown of it."""

    phrase_id: int
    start_ms: int
    end_ms: int
    text: str
    language: str | None

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {
            "type": "final",
            "id": self.phrase_id,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "text": self.text,
            "language": self.language,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When the words of a final are said, and its subtitles; none for a final without text."""

    phrase_id: int
    words: tuple[Word, ...]
    cues: tuple[Cue, ...]

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {
            "type": "times",
            "id": self.phrase_id,
            "words": [
                {"start_ms": word.start_ms, "end_ms": word.end_ms, "text": word.text}
                for word in self.words
            ],
            "cues": [
                {"start_ms": cue.start_ms, "end_ms": cue.end_ms, "lines": list(cue.lines)}
                for cue in self.cues
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far finals are behind the sound; said while it is much, and once when it is not."""

    lag_s: float

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {"type": "lag", "seconds": round(self.lag_s, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something could not be done.

    Attributes:
        code: one word for programs: "lag", "phrase".
        message: one line for people.
        ends_session: no more sound is taken; what was heard is finished.
    """

    code: str
    message: str
    ends_session: bool

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {"type": "error", "error": {"code": self.code, "message": self.message}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Everything is finished.

    Attributes:
        job: where the whole is: a job of the service, or the name of the outputs; None = nowhere.
    """

    job: str | None

    def as_message(self) -> Message:
        """The message of the protocol."""
        return {"type": "done", "job": self.job}


Event = Ready | SpeechBegan | Partial | Final | Times | Lag | Failed | Done
