"""Decides from earlier runs whether a file needs work; may refresh a file date noted there."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from qasr_cli import __version__
from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FileSkipped
from qasr_cli.errors import InputError, OutputRefused, Quarantined
from qasr_cli.fingerprints import Fingerprints, settings_of
from qasr_cli.options import Options, RunOptions
from qasr_cli.run.plan.edited_results import outcome_of_edited
from qasr_cli.run.plan.existing_subtitles import existing_subtitles
from qasr_cli.run.plan.jobs import Job, outcome_of_foreign_output, partial_outcome
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.crashes import CrashLog
from qasr_cli.run.state.kinds import problem_with_place
from qasr_cli.run.state.marks import OutputMark, ResultHead
from qasr_cli.run.state.saved_result import (
    ReadBack,
    SavedResult,
    hears_the_same,
    read_back,
    saved_result,
)
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import sha256_of_file

_NOT_TRIED = "not tried again: it failed before, unchanged; --retry-failed tries it"

OutputsIn = Callable[[str | None], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Finds the inputs for which nothing has to be done, from what earlier runs left.

    Attributes:
        fingerprints: of what is made; an input may add to them.
        engine_fingerprint: of the models.
        remembers: notes what it learnt of a file that is done; only inside the lock of its store.
    """

    options: Options
    fingerprints: Fingerprints
    engine_fingerprint: str
    remembers: bool = True

    def known(
        self, job: Job, planned_outputs: Sequence[str], outputs_in: OutputsIn
    ) -> FileOutcome | SavedResult | None:
        """What earlier runs leave to do of an input.

        Its outcome where nothing has to be done, what one of them heard where only outputs are to
        be made, and None where it is to be heard.

        An output that qasr did not write, or that was edited since, is never replaced without
        `--overwrite`: somebody's work may be in it.

        Args:
            planned_outputs: where the outputs would go, as far as known before the language is.
            outputs_in: where they would go, by the language that is spoken.
        """
        if self.options.output.overwrite:
            return (
                _subtitled_before(job, self.options)
                or _refused(job, planned_outputs)
                or quarantined(job, self.options.run)
            )
        head = self._head_of(job)
        if head is not None:
            if hears_the_same(head.mark, self.fingerprints.with_context(job.context)):
                planned_outputs = outputs_in(head.language)
            done_before = self._done_before(job, head, planned_outputs)
            if done_before is not None:
                return done_before
        subtitled = _subtitled_before(job, self.options)
        if subtitled is not None:
            return subtitled
        foreign = first_foreign_output(job, planned_outputs)
        if foreign is not None:
            found = outcome_of_foreign_output(job, os.path.basename(foreign), self.options.run)
            is_whole = job.store is None or head is None or head.mark.lost is None
            return found if is_whole or head is None else _still_partial(job, head, found)
        return self._rest_of(job, head, planned_outputs)

    def _rest_of(
        self, job: Job, head: ResultHead | None, planned_outputs: Sequence[str]
    ) -> FileOutcome | SavedResult | None:
        """What is left to do where no output stands in the way."""
        found = None
        if job.results is not None and head is not None:
            found = read_back(job.results.result_path(job.name), head.mark)
        return (
            outcome_of_edited(job, head, found)
            or self._failed_before(job)
            or _refused(job, planned_outputs)
            or _saved(self, job, head, found)
            # Nothing that it died over is done again where only outputs are written.
            or quarantined(job, self.options.run)
        )

    def saved(self, job: Job) -> SavedResult | None:
        """What a run heard of an input that is done, with these settings; None where none did."""
        head = self._head_of(job)
        if head is None or job.results is None:
            return None
        return _saved(self, job, head, read_back(job.results.result_path(job.name), head.mark))

    def _head_of(self, job: Job) -> ResultHead | None:
        """The head of a result of the file as it is."""
        head = None if job.results is None else job.results.read_head(job.name)
        if (
            head is None
            or not head.mark.is_of(job.name)
            or not head.mark.content.is_in(job.media, verify=self.options.run.verify_content)
        ):
            return None
        return head

    def lasting_note(self, job: Job, error: InputError) -> dict[str, Any] | None:
        """What the journal says of a failure that would come again; None where it might not."""
        return self._conditions(job) if error.lasting else None

    def _conditions(self, job: Job) -> dict[str, Any]:
        return {
            "version": __version__,  # a later one may know what to do with the file
            "fingerprint": self.fingerprints.with_context(job.context).whole,
            "max_duration_s": self.options.decode.max_duration_s,
            "media": Content.of(job.media).to_document(),
        }

    def _done_before(
        self, job: Job, head: ResultHead, planned_outputs: Sequence[str]
    ) -> FileSkipped | FileFailed | None:
        store, mark = job.store, head.mark
        if store is None:
            return None
        outputs = {os.path.join(store.root, output.path): output for output in mark.outputs}
        paths = tuple(outputs)
        # A copy of the recording is among its outputs only where one can be made.
        looked_at = paths if self.options.output.embed else planned_outputs or paths
        wanted = [outputs[path] for path in looked_at if path in outputs]
        if not (
            set(planned_outputs) <= set(paths)
            and mark.is_current(self.fingerprints.with_context(job.context))
            and all(_stands(store, output) for output in wanted)
        ):
            return None
        if self.remembers and not mark.content.has_stat_of(job.media):
            store.note_stat(job.name, head, job.media)
        if mark.lost is not None:
            is_retried = self.options.run.retry_failed
            return None if is_retried else _done_in_part(job, head, paths, mark.lost)
        return FileSkipped(
            media=job.media,
            reason="done before, unchanged",
            outputs=paths,
            duration_ms=head.duration_ms,
            language=head.language,
            reviewed=head.mark.reviewed,
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
            warnings=(_NOT_TRIED,),
        )


def _saved(
    resume: Resume, job: Job, head: ResultHead | None, found: ReadBack | None
) -> SavedResult | None:
    if head is None or found is None:
        return None
    if head.mark.lost is not None and resume.options.run.retry_failed:
        return None
    return saved_result(
        found,
        mark=head.mark,
        wanted=resume.fingerprints.with_context(job.context),
        engine_fingerprint=resume.engine_fingerprint,
        text_settings=settings_of(resume.options)["text"],
    )


def _stands(store: Store, output: OutputMark) -> bool:
    """Whether an output is there, as it was written or as somebody made it since.

    Only what a batch wrote that was killed before its mark is neither.
    """
    path = os.path.join(store.root, output.path)
    try:
        if os.path.getsize(path) == output.size_bytes:
            return True
        sha256 = sha256_of_file(path)
    except OSError:
        return os.path.exists(path)
    return not store.journal.was_begun(replace(output, sha256=sha256))


def _still_partial(job: Job, head: ResultHead, found: FileSkipped | FileFailed) -> FileFailed:
    """The outcome of a file that is done in part, and whose outputs somebody made his own."""
    return replace(_done_in_part(job, head, (), str(head.mark.lost)), warnings=found.warnings)


def _done_in_part(job: Job, head: ResultHead, outputs: tuple[str, ...], lost: str) -> FileFailed:
    found = FileDone(
        media=job.media,
        outputs=outputs,
        duration_ms=head.duration_ms,
        language=head.language,
        warnings=(_NOT_TRIED,),
        is_rendered=True,
    )
    return replace(partial_outcome(found, lost=lost), reviewed=head.mark.reviewed)


def _subtitled_before(job: Job, options: Options) -> FileSkipped | None:
    if not options.run.skip_subtitled or job.open_fd is not None:
        return None
    language = options.engine.language
    reason = existing_subtitles(job.media, language=language, is_own=partial(_is_own, job))
    if reason is None:
        return None
    return FileSkipped(media=job.media, reason=reason, warnings=(reason,))


def _is_own(job: Job, path: str) -> bool:
    """Whether a file beside the recording is an output of it, whatever links lead there."""
    if job.store is None:
        return False
    root = job.store.root
    below = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
    return holds_own_output(job, os.path.join(root, below), path)


def quarantined(job: Job, run: RunOptions) -> FileFailed | None:
    """The outcome of an input over which too many processes died; None where it is tried."""
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


def first_foreign_output(job: Job, planned_outputs: Sequence[str]) -> str | None:
    """An existing output that is not, byte for byte, what qasr wrote there; or None."""
    for path in planned_outputs:
        if os.path.lexists(path) and not holds_own_output(job, path, path):
            return path
    return None


def holds_own_output(job: Job, path: str, place: str) -> bool:
    """Whether the file at a place holds, byte for byte, what qasr wrote to a path, or will."""
    return job.store is not None and job.store.is_ours(job.name, path, place=place)
