"""A job whose recording and result are the user's own files: read and saved where they stand.

Its folder holds only what this process makes of them: a copy of what was read, cues, an outline.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypedDict

from qasr_cli.core.subtitles.styles import NETFLIX, STYLES
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import (
    ChangedElsewhere,
    InputError,
    LockHeld,
    OutputError,
    OutputRefused,
    QasrError,
)
from qasr_cli.formats.registry import format_named
from qasr_cli.options import Options
from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.saved.in_place.opening import Basis, Opened, opened
from qasr_cli.saved.in_place.places import Editable
from qasr_cli.saved.in_place.reviewed import set_reviewed
from qasr_cli.saved.in_place.saving import save
from qasr_cli.saved.in_place.worst_first import Ranked, doubtful_word_count, looked_through
from qasr_cli.saved.review import minutes_to_hear_again
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.cues import cues_document
from qasr_cli.serve.jobs.folder import Accepted, JobFolder, not_kept
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.files import write_atomically

_COME_AGAIN_S = 5
_CUES_NAME = "cues.json"

_Stats = dict[str, tuple[int, ...] | None]


@dataclass(slots=True, kw_only=True, eq=False)
class InPlace:
    """What a job stands for, and what was read of it last. Its methods wait for the disk.

    Attributes:
        word_count: of those in doubt; None = nobody has looked yet.
        reviewed: as in `Mark`.
        duration_ms, language: as far as known.
        notes: what a person should know; a line each.
        options: that its outputs are made with, once it was read.
    """

    editable: Editable
    word_count: float | None = None
    reviewed: str | None = None
    duration_ms: int | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()
    options: Options | None = None
    _basis: Basis | None = None
    _stats: _Stats = field(default_factory=dict)
    _saved: tuple[Cue, ...] = ()
    _is_of_others: bool = False  # what was read last took the place of what was known before
    _guard: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, ranked: Ranked) -> "InPlace":
        """What is known of one before it was read."""
        return cls(
            editable=ranked.editable,
            word_count=ranked.word_count,
            reviewed=ranked.reviewed,
            duration_ms=ranked.duration_ms,
            language=ranked.language,
        )

    @property
    def profile(self) -> str | None:
        """The style of its subtitles; None where it is the usual one, or has no name of ours."""
        name = None if self.options is None else self.options.cue.style.name
        return name if name in STYLES and name != NETFLIX.name else None

    def look_through(self) -> None:
        """Find out how much of it is in doubt; what cannot be read says so when it is opened."""
        try:
            found = looked_through(self.editable)
        except InputError as error:
            with self._guard:
                self.word_count, self.notes = 0.0, (error.reason or "cannot be read",)
            return
        with self._guard:
            if self.word_count is None:  # else it was saved meanwhile
                self.word_count = found.word_count
            if self._basis is None:
                self.duration_ms, self.language = found.duration_ms, found.language
                self.reviewed = found.reviewed

    def options_over(self, options: Options) -> Options:
        """What it was decoded, cut and written with, over these; as it was read last."""
        made = self.options
        if made is None:
            return options
        output = replace(options.output, rendering=made.output.rendering)
        return replace(options, cue=made.cue, decode=made.decode, output=output)

    @property
    def _is_current(self) -> bool:
        """Whether the disk looks as it did when it was read or saved last."""
        return self._basis is None or self._stats == _stats_of(self._basis.digests)

    @property
    def is_changed_elsewhere(self) -> bool:
        """Whether another program wrote what stands there now, read by now or not."""
        return self._is_of_others or not self._is_current

    def read(self, folder: JobFolder) -> None:
        """Have what stands on the disk in the job's folder, unless that has it already.

        Raises:
            Refused: it is gone or damaged, or the service's disk is full.
        """
        with self._guard:
            if self._basis is not None and self._is_current:
                return
            try:
                os.makedirs(folder.path, 0o700, exist_ok=True)
                found = opened(self.editable, saved=self._saved)
                is_known = self._basis is not None
                self._keep(found, folder)
                self._is_of_others = is_known
            except OSError as error:
                raise not_kept(error) from error
            except QasrError as error:
                raise refusal_in_place(error, self.editable.name) from error

    def _keep(self, found: Opened, folder: JobFolder) -> None:
        stats = _stats_of(found.basis.digests)
        rendering = found.options.output.rendering
        content = format_named("json").content(found.heard, (), rendering)
        write_atomically(folder.result, content)
        if found.cues == found.cut:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(folder.place(_CUES_NAME))
        else:
            folder.write(_CUES_NAME, cues_document(found.cues))
        self._basis, self._stats = found.basis, stats
        self.options, self.notes, self.reviewed = found.options, found.notes, found.reviewed
        self.duration_ms, self.language = found.heard.duration_ms, found.heard.language

    def save(self, transcript: Transcript, *, overwrite: bool) -> None:
        """Write a corrected transcript where it stands.

        Raises:
            Refused: a batch is at work there, another program wrote to it, the disk is full ...
        """
        with self._guard:
            if self._basis is None:
                raise AssertionError("saved before it was read")
            try:
                saved = save(self.editable, transcript, self._basis, overwrite=overwrite)
            except QasrError as error:
                self._stats = {}  # whoever looks next sees what is there
                raise refusal_in_place(error, self.editable.name) from error
            self._basis, self.notes = saved.basis, saved.notes
            self._saved = transcript.cues or ()
            self._is_of_others = False
            self._stats = _stats_of(saved.basis.digests)
            self.word_count = doubtful_word_count(minutes_to_hear_again(transcript))

    def mark_reviewed(self, folder: JobFolder, *, reviewed: bool) -> None:
        """Keep that somebody has looked it through, or take that back.

        Raises:
            Refused: no batch would ever say so, and as `save`.
        """
        if self.editable.state is None:
            message = "only what a batch has heard is marked: there is no report to keep it in"
            raise Refused(409, message, code="no_report")
        with self._guard:
            moment = datetime.now(UTC).isoformat(timespec="seconds") if reviewed else None
            try:
                set_reviewed(self.editable.state, moment)
            except QasrError as error:
                raise refusal_in_place(error, self.editable.name) from error
            self._basis = None  # its result is another file now
            self.read(folder)


def _stats_of(paths: Iterable[str]) -> _Stats:
    return {path: _stat_of(path) for path in paths}


def _stat_of(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def options_of(accepted: Accepted, in_place: InPlace | None, options: Options) -> Options:
    """What a job is decoded, cut and written with, over the options of the service.

    Args:
        in_place: what it stands for, read before; None = it was sent.

    Raises:
        Refused: what was asked for cannot be had.
    """
    wanted = accepted.asked.options_over(options)
    return wanted if in_place is None else in_place.options_over(wanted)


class NewInPlace(TypedDict):
    """A job that is not there yet."""

    folder: JobFolder
    accepted: Accepted
    in_place: InPlace


def jobs_in_place(
    root: str, ranked: Iterable[Ranked], *, first_number: int
) -> Iterator[NewInPlace]:
    """Yield what makes a job of each. There may be thousands, so none has its folder yet."""
    for number, each in enumerate(ranked, first_number):
        recording = each.editable.recording or ""
        folder = replace(JobFolder.new(root), recording=recording)
        # Its digest is nobody else's: no upload is taken for the same.
        accepted = Accepted(name=each.editable.name, sha256=folder.id, number=number, asked=Asked())
        yield NewInPlace(folder=folder, accepted=accepted, in_place=InPlace.of(each))


def refusal_in_place(error: QasrError, name: str) -> Refused:
    """How is told why a user's own files cannot be read or saved.

    Args:
        name: of the recording, for people.
    """
    match error:
        case LockHeld():
            message = f"{name}: a batch is at work in its folder; it is saved when that has ended"
            return Refused(503, message, code="batch_running", retry_after_s=_COME_AGAIN_S)
        case ChangedElsewhere():
            message = f"{name}: another program changed it since; get the cues again"
            return Refused(412, message, code="changed_elsewhere")
        case OutputError() | OutputRefused():
            cause = error.__cause__
            full = Refused.not_kept(cause) if isinstance(cause, OSError) else None
            if full is not None and full.code == "disk_full":
                return Refused(507, f"{name}: its disk is full", code="disk_full")
            return Refused(500, f"{name}: cannot be written: {error.reason}", code="disk_error")
        case InputError():
            reason = error.reason or "cannot be read"
            folder, file = os.path.split(error.path)
            # What lies in a batch's state is nothing that its user has ever seen.
            is_named = file != name and STATE_FOLDER not in folder.split(os.sep)
            which = f"{file}: " if is_named else ""
            return Refused(500, f"{name}: {which}{reason}", code="result_damaged")
        case _:
            return Refused(500, f"{name}: {type(error).__name__}", code="disk_error")
