"""Decides from earlier runs whether a file needs work; may refresh a file date noted there."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qasr_cli import __version__
from qasr_cli.core.outcomes import FileFailed, FileOutcome, FileSkipped
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import InputError, OutputRefused, Quarantined
from qasr_cli.options import Options
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.crashes import CrashLog
from qasr_cli.run.state.kinds import problem_with_place
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import sha256_of_file


def key_of(name: str, content_sha256: str, fingerprint: str) -> str:
    """64 hex digits: this input, this content, these settings and models."""
    parts = json.dumps([name, content_sha256, fingerprint], ensure_ascii=True)
    return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Finds the inputs for which nothing has to be done, from what earlier runs left.

    Attributes:
        fingerprint: of settings and models; an input may add to it.
        remembers: notes what it learnt of a file that is done; only inside the lock of its store.
    """

    options: Options
    fingerprint: str
    remembers: bool = True

    def outcome_of(self, job: Job, planned_outputs: Sequence[str]) -> FileOutcome | None:
        """The outcome of an input for which nothing has to be done, or None.

        An output that qasr did not write, or that was edited since, is never replaced without
        `--overwrite`: somebody's work may be in it.

        Args:
            planned_outputs: where the outputs would go, as far as known before the language is.
        """
        if self.options.output.overwrite:
            return _refused(job, planned_outputs) or self._quarantined(job)
        if job.store is not None:
            done_before = self._done_before(job, job.store, planned_outputs)
            if done_before is not None:
                return done_before
        foreign = first_foreign_output(job, planned_outputs)
        if foreign is not None:
            return foreign_output_skip(job.media, os.path.basename(foreign))
        return self._failed_before(job) or _refused(job, planned_outputs) or self._quarantined(job)

    def lasting_note(self, job: Job, error: InputError) -> dict[str, Any] | None:
        """What the journal says of a failure that would come again; None where it might not."""
        return self._conditions(job) if error.lasting else None

    def _conditions(self, job: Job) -> dict[str, Any]:
        return {
            "version": __version__,  # a later one may know what to do with the file
            "fingerprint": job.fingerprint(self.fingerprint),
            "max_duration_s": self.options.decode.max_duration_s,
            "media": Content.of(job.media).to_document(),
        }

    def _done_before(
        self, job: Job, store: Store, planned_outputs: Sequence[str]
    ) -> FileSkipped | None:
        head = store.read_head(job.name)
        if head is None:
            return None
        mark = head.mark
        paths = tuple(os.path.join(store.root, output.path) for output in mark.outputs)
        if not (
            set(planned_outputs) <= set(paths)
            and mark.key
            == key_of(job.name, str(mark.content.sha256), job.fingerprint(self.fingerprint))
            and mark.content.is_in(job.media, verify=self.options.run.verify_content)
            and all(map(os.path.exists, paths))
        ):
            return None
        if self.remembers and not mark.content.has_stat_of(job.media):
            store.note_stat(job.name, head, job.media)
        return FileSkipped(
            media=job.media,
            reason="done before, unchanged",
            outputs=paths,
            duration_ms=head.duration_ms,
            language=head.language,
        )

    def _failed_before(self, job: Job) -> FileFailed | None:
        if job.store is None or self.options.run.retry_failed:
            return None
        before = job.store.journal.lasting_failures.get(job.name)
        if before is None or before.conditions != self._conditions(job):
            return None
        return FileFailed(
            media=job.media,
            error_kind=before.error_kind,
            message=before.message,
            attempts=before.attempts,
            warnings=("not tried again: it failed before, unchanged; --retry-failed tries it",),
        )

    def _quarantined(self, job: Job) -> FileFailed | None:
        run = self.options.run
        count = crash_count(job)
        if run.retry_failed or not 0 < run.max_crashes <= count:
            return None
        error = Quarantined(job.media.path, count)
        return FileFailed(
            media=job.media,
            error_kind=type(error).__name__,
            message=str(error),
            is_quarantined=True,
        )


def _refused(job: Job, planned_outputs: Sequence[str]) -> FileFailed | None:
    """The outcome of an input whose result or outputs have no place: found before the work."""
    result = () if job.store is None else (job.store.result_path(job.name),)
    for path in (*planned_outputs, *result):
        reason = problem_with_place(path)
        if reason is not None:
            error = OutputRefused(path, reason)
            return FileFailed(
                media=job.media, error_kind=type(error).__name__, message=str(error), error=error
            )
    return None


def crash_count(job: Job) -> int:
    """How often a run died while it worked on this input."""
    if job.store is None or not job.store.has_leftovers(job.name):
        return 0
    return CrashLog(job.store.crashes_path(job.name)).count(job.media)


def foreign_output_skip(media: MediaFile, output: str) -> FileSkipped:
    """The outcome of an input whose output stands there already, made by somebody else."""
    reason = f"{output} exists and is left as it is; --overwrite replaces it"
    return FileSkipped(media=media, reason=reason, warnings=(reason,))


def first_foreign_output(job: Job, planned_outputs: Sequence[str]) -> str | None:
    """An existing output that is not, byte for byte, what qasr wrote there; or None."""
    for path in planned_outputs:
        if os.path.lexists(path) and not holds_own_output(job, path, path):
            return path
    return None


def holds_own_output(job: Job, path: str, place: str) -> bool:
    """Whether the file at a place holds, byte for byte, what qasr wrote to a path, or will."""
    try:
        return job.store is not None and job.store.is_ours(job.name, path, sha256_of_file(place))
    except OSError:
        return False  # a folder, a dead link, a file we may not read
