"""The subtitles of a job as somebody edited them. What was heard stays as it is."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Self

from qasr_cli.core.cues_json import cues_to_json, line_speakers
from qasr_cli.core.types import Cue
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields

MOST_BODY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What somebody may make of subtitles.

    Attributes:
        most_text_chars: of a cue, over all of its lines.
        most_speaker_chars: of a name.
        odd_chars: control characters that may stand in a text.
    """

    most_count: int = 50_000
    most_text_chars: int = 2000
    most_speaker_chars: int = 200
    odd_chars: frozenset[str] = frozenset("\n\t")

    @classmethod
    def with_room_for(cls, cues: Sequence[Cue]) -> Self:
        """Those in which cues that are there, in whatever file, may stay and be corrected."""
        usual = cls()
        texts = ["\n".join(cue.lines) for cue in cues]
        speakers = [name or "" for cue in cues for name in cue.line_speakers or (cue.speaker,)]
        chars = set().union(*texts, *speakers)
        return cls(
            most_count=max(usual.most_count, len(cues)),
            most_text_chars=max(usual.most_text_chars, *map(len, texts), 0),
            most_speaker_chars=max(usual.most_speaker_chars, *map(len, speakers), 0),
            odd_chars=usual.odd_chars.union(filter(_is_odd, chars)),
        )

    def check_count(self, items: Sized) -> None:
        """See that there are not too many.

        Raises:
            DamagedDocument: there are.
        """
        if len(items) > self.most_count:
            raise DamagedDocument(f"there may be {self.most_count:,} at most")

    def check_text(self, place: str, text: str, speaker: str | None) -> None:
        """See that the text and the speaker of a cue can stand in a file.

        Raises:
            DamagedDocument: they cannot.
        """
        self._check(place, text, self.most_text_chars)
        self._check(place, speaker or "", self.most_speaker_chars)

    def _check(self, place: str, text: str, most_chars: int) -> None:
        if len(text) > most_chars:
            raise DamagedDocument(f"{place}: a text may have {most_chars:,} characters at most")
        # No text to any reader of subtitles.
        if not text.isprintable() and any(_is_odd(c) for c in text if c not in self.odd_chars):
            raise DamagedDocument(f"{place}: a text holds a character that is none")


def _is_odd(char: str) -> bool:
    """True for control characters, and for halves of characters."""
    return unicodedata.category(char) in {"Cc", "Cs"}


def cues_document(cues: Iterable[Cue]) -> dict[str, Any]:
    """Cues as JSON: what clients read and send, and what lies on the disk."""
    return {"cues": cues_to_json(cues)}


def etag_of(document: dict[str, Any]) -> str:
    """Tells cues from any others; equal for equal ones.

    Source: RFC 9110, section 8.8.3
    """
    text = json.dumps(document, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_match(header: str | None, etag: str, *, is_elsewhere: bool = False) -> None:
    """Refuse an edit that was not made of what is there now.

    Args:
        header: `If-Match` as it was sent.
        is_elsewhere: what is there now may be of another program.

    Raises:
        Refused: another edit came first, or nobody knows what this one was made of.
    """
    if header is None:
        message = "send If-Match with the ETag of the cues that were edited"
        raise Refused(428, message, code="no_if_match")
    if header.strip() != "*" and etag not in (each.strip() for each in header.split(",")):
        if is_elsewhere:
            message = "another program changed it since; get the cues again"
            raise Refused(412, message, code="changed_elsewhere")
        message = "another edit came first; get the cues again"
        raise Refused(412, message, code="cues_changed")


def cues_from(fields: Fields, *, last_ms: int, bounds: Bounds | None) -> tuple[Cue, ...]:
    """Cues that a client sent, or that lie on the disk.

    Args:
        last_ms: none may end later.
        bounds: of their texts; None = they are what was in a file, or was sent before.

    Raises:
        DamagedDocument: they cannot be subtitles.
    """
    items = fields.each("cues")
    if bounds is not None:
        bounds.check_count(items)
    return tuple(_checked(items, last_ms, bounds))


def _checked(items: Iterable[Fields], last_ms: int, bounds: Bounds | None) -> Iterator[Cue]:
    before_ms = 0
    for index, item in enumerate(items):
        start_ms, end_ms = item.whole("start_ms"), item.whole("end_ms")
        place = f"cues[{index}]"
        if not before_ms <= start_ms < end_ms <= last_ms:
            order = "begins before the one in front of it" if start_ms < before_ms else ""
            inside = f"has to lie within 0 and {last_ms} ms, and to begin before it ends"
            raise DamagedDocument(f"{place} {order or inside}")
        before_ms = start_ms
        speaker = item.or_none("speaker", Fields.text) or None
        text = item.text("text").replace("\r\n", "\n")
        if bounds is not None:
            bounds.check_text(place, text, speaker)
        lines = tuple(line.strip() for line in text.split("\n") if line.strip())
        if not lines:
            raise DamagedDocument(f"{place} has no text")
        yield Cue(
            start_ms=start_ms,
            end_ms=end_ms,
            lines=lines,
            speaker=speaker,
            line_speakers=_line_speakers(item, lines, speaker, bounds, place),
        )


def _line_speakers(
    item: Fields, lines: Sequence[str], speaker: str | None, bounds: Bounds | None, place: str
) -> tuple[str | None, ...]:
    speakers = line_speakers(item.texts("line_speakers", default=()), lines, speaker)
    if bounds is not None:
        for each in speakers:
            bounds.check_text(place, "", each)
    return speakers
