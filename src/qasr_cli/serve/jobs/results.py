"""What was heard in a job, in every format, with the subtitles as somebody edited them."""

import functools
import os
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from qasr_cli.core.review import DoubtfulMinute
from qasr_cli.core.script.edited_cues import transcript_with_cues
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import InputError, UnreadableInput, UsageError
from qasr_cli.formats.registry import (
    EXTRA_FORMAT_NAMES,
    FORMAT_NAMES,
    Format,
    format_named,
    parse_formats,
)
from qasr_cli.formats.rendering import cues_of
from qasr_cli.options import Options
from qasr_cli.saved.results import read_transcript
from qasr_cli.saved.review import minutes_to_hear_again
from qasr_cli.serve.jobs.checks import checked
from qasr_cli.serve.jobs.cues import Bounds, check_match, cues_document, cues_from, etag_of
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.jobs.in_place import InPlace, options_of
from qasr_cli.serve.jobs.job import Job
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields

_TEXT = "text/plain; charset=utf-8"
_MEDIA_TYPES = {
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "json": "application/json",
    "ass": "text/x-ssa; charset=utf-8",
    "ttml": "application/ttml+xml; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def format_of_result(name: str) -> Format:
    """The format of a name.

    Raises:
        Refused: there is none, or what it needs is not installed.
    """
    names = (*FORMAT_NAMES, *EXTRA_FORMAT_NAMES)
    if name not in names:
        raise Refused.not_found(f"results are {', '.join(names)}")
    try:
        parse_formats([name])
    except UsageError as error:
        raise Refused(501, str(error), code="not_installed") from error
    return format_named(name)


def media_type_of(format_: Format) -> str:
    """Of the answer that holds it."""
    return _MEDIA_TYPES.get(format_.name, _TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one job. Every method reads the disk, and takes a while.

    Attributes:
        options: of the service.
        in_place: the user's own files that it is of; None where the recording was sent.
    """

    folder: JobFolder
    accepted: Accepted
    options: Options
    in_place: InPlace | None = None

    @classmethod
    def of(cls, job: Job, options: Options) -> Self:
        """The result of a job that is done."""
        return cls(folder=job.folder, accepted=job.accepted, options=options, in_place=job.in_place)

    def file_name(self, format_: Format) -> str:
        """What it is called on its way to a disk."""
        name = self.accepted.name
        return (name.rpartition(".")[0] or name) + format_.suffix

    def content(self, format_: Format) -> bytes:
        """The bytes of one format.

        Raises:
            Refused: it cannot be read.
        """
        transcript, options = self.transcript(), self._options()
        cues = transcript.cues
        if cues is None:
            cues = cues_of(transcript, options) if format_.has_cues else ()
        return format_.content(transcript, cues, options.output.rendering)

    def transcript(self) -> Transcript:
        """What was heard, with what was edited in its subtitles.

        Raises:
            Refused: it cannot be read.
        """
        heard = self._heard()
        edited = self._edited_cues(heard)
        if edited is None:
            return heard
        return transcript_with_cues(heard, self._cut(heard), edited)

    def review(self) -> dict[str, Any]:
        """The minutes to listen to again, the worst first, and why.

        Raises:
            Refused: it cannot be read.
        """
        found = minutes_to_hear_again(self.transcript())
        worst_first = sorted(found, key=lambda each: (-each.word_count, each.minute))
        return {"minutes": [_minute_document(each) for each in worst_first]}

    def cues(self) -> dict[str, Any]:
        """The subtitles as JSON.

        Raises:
            Refused: they cannot be read.
        """
        return cues_document(self._cues(self._heard()))

    def marks(self) -> dict[str, Any]:
        """What `qasr lint` says of the subtitles.

        Raises:
            Refused: they cannot be read.
        """
        heard = self._heard()
        return checked(self._cues(heard), language=heard.language, options=self._options())

    def edited(self, sent: object, *, if_match: str | None) -> dict[str, Any]:
        """The subtitles that were sent, which take the place of those that were there.

        Only one edit of a job at a time.

        Raises:
            Refused: they are wrong, or made of others than those that are there; or the files that
                they belong to cannot be written.
        """
        is_elsewhere = self.in_place is not None and self.in_place.is_changed_elsewhere
        heard = self._heard()
        standing = self._cues(heard)
        present = cues_document(standing)
        check_match(if_match, etag_of(present), is_elsewhere=is_elsewhere)
        try:
            bounds = Bounds.with_room_for(standing)
            cues = cues_from(Fields(sent), last_ms=heard.duration_ms, bounds=bounds)
        except DamagedDocument as error:
            raise Refused.bad_request(f"these are no cues: {error}", param="cues") from error
        wanted = cues_document(cues)
        if self.in_place is not None and wanted != present:
            transcript = transcript_with_cues(heard, self._cut(heard), cues)
            self.in_place.save(transcript, overwrite=if_match == "*")
        self.folder.write("cues.json", wanted)
        return wanted

    def mark_reviewed(self, *, reviewed: bool) -> None:
        """Keep that somebody has looked it through, with what another program has edited in it.

        Raises:
            Refused: it cannot be kept.
        """
        if self.in_place is None:
            message = "only what qasr edit was started with is marked as reviewed"
            raise Refused(409, message, code="not_in_place")
        heard = self._heard()
        edited = self._edited_cues(heard)
        if reviewed and edited is not None and self.in_place.editable.state is not None:
            transcript = transcript_with_cues(heard, self._cut(heard), edited)
            self.in_place.save(transcript, overwrite=False)
        self.in_place.mark_reviewed(self.folder, reviewed=reviewed)

    def _options(self) -> Options:
        return options_of(self.accepted, self.in_place, self.options)

    def _heard(self) -> Transcript:
        if self.in_place is not None:
            self.in_place.read(self.folder)
        try:
            transcript = _read_once(self.folder.result, _stat_of(self.folder.result))
        except InputError as error:
            message = "its result is damaged; send the recording again"
            raise Refused(500, message, code="result_damaged") from error
        return replace(transcript, file=self.accepted.name)

    def _cues(self, heard: Transcript) -> tuple[Cue, ...]:
        edited = self._edited_cues(heard)
        return self._cut(heard) if edited is None else edited

    def _cut(self, heard: Transcript) -> tuple[Cue, ...]:
        """The cues of what was heard, before anybody edited them here."""
        return cues_of(heard, self._options()) if heard.cues is None else heard.cues

    def _edited_cues(self, heard: Transcript) -> tuple[Cue, ...] | None:
        try:
            read = partial(cues_from, last_ms=heard.duration_ms, bounds=None)
            return self.folder.read("cues.json", read)
        except DamagedDocument as error:
            message = "its edited subtitles are damaged; send the recording again"
            raise Refused(500, message, code="cues_damaged") from error


def _stat_of(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError as error:
        raise UnreadableInput(path, error.strerror or "?") from error
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@functools.lru_cache(maxsize=2)
def _read_once(path: str, _stat: tuple[int, ...]) -> Transcript:
    """A transcript; that of a film takes a second, and every save asks for it."""
    return read_transcript(path)


def _minute_document(minute: DoubtfulMinute) -> dict[str, Any]:
    return {
        "start_ms": minute.start_ms,
        "end_ms": minute.end_ms,
        "words": round(minute.word_count, 2),
        "reasons": [
            {
                "kind": doubt.kind,
                "text": doubt.reason,
                "start_ms": doubt.start_ms,
                "end_ms": doubt.end_ms,
            }
            for doubt in minute.doubts
        ],
    }
