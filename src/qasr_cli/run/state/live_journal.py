"""Finals on the disk as soon as they are final, so that a killed session loses none.

JSON lines: a header, then phrases and stretches of speech. Of two phrases with one span the later
counts, which has times. What was said stands in it, so nobody else may read it.
"""

import contextlib
import os
from collections.abc import Iterable, Mapping
from typing import Any, Self

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import ClipDone, ClipFailed, Span, Transcript
from qasr_cli.errors import RecognitionError
from qasr_cli.run.state.spool import discard, done_from_fields, done_to_json
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.jsonl import append_line, whole_lines

JOURNAL_SUFFIX = ".live.jsonl"
_SCHEMA_VERSION = 1
_PRIVATE = 0o600


class Journal:
    """The phrases of one session, in a file that only grows."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def begun(
        cls, path: str, *, file: str, models: Mapping[str, str], settings: Mapping[str, object]
    ) -> Self:
        """A new journal in place of one that may stand there.

        Args:
            file, models, settings: of the transcript that is to be.

        Raises:
            OutputError: it cannot be written.
        """
        discard(path)
        header = {
            "schema_version": _SCHEMA_VERSION,
            "file": file,
            "models": dict(models),
            "settings": dict(settings),
        }
        append_line(path, header, durable=False, mode=_PRIVATE)
        return cls(path)

    def add(self, outcomes: Iterable[ClipOutcome], speech: Iterable[Span]) -> None:
        """Keep phrases, and where somebody spoke.

        Raises:
            OutputError: it cannot be written.
        """
        spoken = [[span.start_sample, span.end_sample] for span in speech]
        if spoken:
            append_line(self.path, {"speech": spoken}, durable=False, mode=_PRIVATE)
        for outcome in outcomes:
            append_line(self.path, _line_of(outcome), durable=False, mode=_PRIVATE)

    def remove(self) -> None:
        """Remove it: the whole is written."""
        discard(self.path)


def transcript_from_journal(path: str, *, duration_ms: int | None = None) -> Transcript:
    """What a session had heard.

    Args:
        duration_ms: of its sound; None = it was killed, and nobody knows.

    Raises:
        DamagedDocument: it is no journal.
    """
    lines = whole_lines(path)
    header = next(lines, None)
    if header is None:
        raise DamagedDocument("no live session is kept here")
    fields = Fields(header)
    if fields.whole("schema_version", least=1) != _SCHEMA_VERSION:
        raise DamagedDocument("it was written by a later version")
    phrases, speech = _read(lines)
    warnings: tuple[str, ...] = ()
    if duration_ms is None:
        ends_ms = (ms_from_samples(each.span.end_sample) for each in phrases.values())
        duration_ms = max(ends_ms, default=0)
        warnings = ("the session was ended before its end",)
    return assemble(
        file=fields.text("file"),
        duration_ms=duration_ms,
        clips=phrases.values(),
        models=header["models"],
        settings=header["settings"],
        warnings=warnings,
        speech=speech,
    )


def is_journal(path: str) -> bool:
    """Whether a file has the name of a journal."""
    return os.path.basename(path).endswith(JOURNAL_SUFFIX)


def _read(lines: Iterable[dict[str, Any]]) -> tuple[dict[int, ClipOutcome], list[Span]]:
    """Phrases by their first sample, and where somebody spoke, in order."""
    phrases: dict[int, ClipOutcome] = {}
    speech: list[Span] = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):  # a damaged line is none
            if "speech" in line:
                speech += [
                    Span(start_sample=first, end_sample=end) for first, end in line["speech"]
                ]
            else:
                outcome = _outcome_of(Fields(line))
                phrases[outcome.span.start_sample] = outcome
    return phrases, sorted(speech)


def _line_of(outcome: ClipOutcome) -> dict[str, Any]:
    span = outcome.span
    line = {"span": [span.start_sample, span.end_sample], "attempts": outcome.attempts}
    if isinstance(outcome.result, ClipDone):
        return line | {"result": done_to_json(outcome.result)}
    return line | {"failed": str(outcome.result.error)}


def _outcome_of(fields: Fields) -> ClipOutcome:
    first, end = fields.span("span")
    clip_id = f"live/{first}-{end}"
    result: ClipDone | ClipFailed
    if fields.has("failed"):
        error = RecognitionError(clip_id, fields.text("failed"))
        result = ClipFailed(clip_id=clip_id, stage="recognise", error=error)
    else:
        result = done_from_fields(fields.inner("result"), clip_id)
    return ClipOutcome(
        span=Span(start_sample=first, end_sample=end),
        result=result,
        attempts=fields.whole("attempts", least=1),
    )
