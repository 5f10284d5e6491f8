"""What was heard in a job, in every format, with the subtitles as somebody edited them."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import InputError, UsageError
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
from qasr_cli.serve.jobs.cues import check_match, cues_document, cues_from, etag_of
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
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
    """

    folder: JobFolder
    accepted: Accepted
    options: Options

    def file_name(self, format_: Format) -> str:
        """What it is called on its way to a disk."""
        name = self.accepted.name
        return (name.rpartition(".")[0] or name) + format_.suffix

    def content(self, format_: Format) -> bytes:
        """The bytes of one format.

        Raises:
            Refused: it cannot be read.
        """
        transcript, options = self._transcript(), self._options()
        cues = self._cues(transcript, options) if format_.has_cues else ()
        return format_.content(transcript, cues, options.output.rendering)

    def cues(self) -> dict[str, Any]:
        """The subtitles as JSON.

        Raises:
            Refused: they cannot be read.
        """
        return cues_document(self._cues(self._transcript(), self._options()))

    def edited(self, sent: object, *, if_match: str | None) -> dict[str, Any]:
        """The subtitles that were sent, which take the place of those that were there.

        Only one edit of a job at a time.

        Raises:
            Refused: they are wrong, or made of others than those that are there.
        """
        transcript = self._transcript()
        present = self._cues(transcript, self._options())
        check_match(if_match, etag_of(cues_document(present)))
        try:
            cues = cues_from(Fields(sent), last_ms=transcript.duration_ms)
        except DamagedDocument as error:
            raise Refused.bad_request(f"these are no cues: {error}", param="cues") from error
        wanted = cues_document(cues)
        self.folder.write("cues.json", wanted)
        return wanted

    def _options(self) -> Options:
        return self.accepted.asked.options_over(self.options)

    def _transcript(self) -> Transcript:
        try:
            transcript = read_transcript(self.folder.result)
        except InputError as error:
            message = "its result is damaged; send the recording again"
            raise Refused(500, message, code="result_damaged") from error
        return replace(transcript, file=self.accepted.name)

    def _cues(self, transcript: Transcript, options: Options) -> tuple[Cue, ...]:
        try:
            read = partial(cues_from, last_ms=transcript.duration_ms)
            edited = self.folder.read("cues.json", read)
            return cues_of(transcript, options) if edited is None else edited
        except DamagedDocument as error:
            message = "its edited subtitles are damaged; send the recording again"
            raise Refused(500, message, code="cues_damaged") from error
