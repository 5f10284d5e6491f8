"""The subtitles of a job as somebody edited them. What was heard stays as it is."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from qasr_cli.core.cues_json import cues_to_json
from qasr_cli.core.types import Cue
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields

MOST_COUNT = 50_000
_MOST_TEXT_CHARS = 2000
_MOST_SPEAKER_CHARS = 200
MOST_BODY_BYTES = 16 << 20


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


def cues_from(fields: Fields, *, last_ms: int) -> tuple[Cue, ...]:
    """Cues that a client sent, or that lie on the disk.

    Args:
        last_ms: none may end later.

    Raises:
        DamagedDocument: they cannot be subtitles.
    """
    items = fields.each("cues")
    if len(items) > MOST_COUNT:
        raise DamagedDocument(f"there may be {MOST_COUNT:,} at most")
    return tuple(_checked(items, last_ms))


def _checked(items: Iterable[Fields], last_ms: int) -> Iterator[Cue]:
    before_ms = 0
    for index, item in enumerate(items):
        start_ms, end_ms = item.whole("start_ms"), item.whole("end_ms")
        place = f"cues[{index}]"
        if not before_ms <= start_ms < end_ms <= last_ms:
            order = "begins before the one in front of it" if start_ms < before_ms else ""
            bounds = f"has to lie within 0 and {last_ms} ms, and to begin before it ends"
            raise DamagedDocument(f"{place} {order or bounds}")
        before_ms = start_ms
        speaker = item.or_none("speaker", Fields.text) or None
        text = item.text("text").replace("\r\n", "\n")
        check_text(place, text, speaker)
        lines = tuple(line.strip() for line in text.split("\n") if line.strip())
        if not lines:
            raise DamagedDocument(f"{place} has no text")
        yield Cue(start_ms=start_ms, end_ms=end_ms, lines=lines, speaker=speaker)


def check_text(place: str, text: str, speaker: str | None) -> None:
    """See that the text and the speaker of a cue can stand in a file.

    Raises:
        DamagedDocument: they cannot.
    """
    _check_text(place, text, _MOST_TEXT_CHARS)
    _check_text(place, speaker or "", _MOST_SPEAKER_CHARS)


def _check_text(place: str, text: str, most_chars: int) -> None:
    if len(text) > most_chars:
        raise DamagedDocument(f"{place}: a text may have {most_chars:,} characters at most")
    # Control characters, and halves of characters, are no text to any reader of subtitles.
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text if char not in "\n\t"):
        raise DamagedDocument(f"{place}: a text holds a character that is none")
