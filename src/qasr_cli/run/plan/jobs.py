"""What a run has to do: one job for each input."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from qasr_cli.core.clips.context import NO_CONTEXT, Context
from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import ClipsFailed, InputError, OutputExists
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import RunOptions
from qasr_cli.run.plan.output_names import OutputBase
from qasr_cli.run.state.store import Store

# What many jobs refer to: in a long list of them (`CompactList`) it is there once.
SHARED_BY_JOBS = (Store, Context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One input and where its outputs go.

    Attributes:
        name: what results and reports call it: its path below the store's root, or its base name.
        base: None = standard output.
        store: None = leave no state (`qasr transcribe`).
        kept: where what was heard goes when its output is refused, of an input without a state;
            None = nowhere.
        context: what the recogniser is told about it.
        number: its place in the plan, from 0.
        open_fd: how to open the input where its path does not tell (standard input).
    """

    media: MediaFile
    name: str
    base: OutputBase | None
    store: Store | None
    kept: Store | None = None
    context: Context = NO_CONTEXT
    number: int = 0
    open_fd: Callable[[], int] | None = None

    @property
    def results(self) -> Store | None:
        """Where what an earlier run heard of it may lie."""
        return self.store or self.kept

    def refreshed(self) -> "Job":
        """The same job with the input's stat of now: hours may lie between walk and work.

        Raises:
            UnreadableInput: it is gone.
        """
        if self.open_fd is not None:
            return self
        media = media_file_from_path(self.media.path, self.media.relative_path)
        return replace(self, media=media)


def failure_of(media: MediaFile, error: InputError) -> FileFailed:
    """The outcome of an input that was not worked on."""
    return FileFailed(media=media, error_kind=type(error).__name__, message=str(error), error=error)


def failure_at(path: str, relative_path: str, error: InputError) -> FileFailed:
    """The outcome of an input of which nothing but its place is known."""
    media = MediaFile(
        path=path, relative_path=relative_path, size_bytes=0, mtime_ns=0, ctime_ns=0, inode=0
    )
    return failure_of(media, error)


def partial_outcome(found: FileDone, *, lost: str) -> FileFailed:
    """The outcome of an input of which not all could be heard; what was, is written.

    Args:
        lost: as in `Assembled`.
    """
    return FileFailed(
        media=found.media,
        error_kind=ClipsFailed.__name__,
        message=f"{found.media.path}: {lost}",
        attempts=found.attempts,
        warnings=found.warnings,
        is_partial=True,
        outputs=found.outputs,
        duration_ms=found.duration_ms,
        language=found.language,
        is_rendered=found.is_rendered,
    )


def outcome_of_foreign_output(job: Job, output: str, run: RunOptions) -> FileSkipped | FileFailed:
    """The outcome of an input whose output stands there already, made by somebody else.

    A batch goes over the same folder again and again; who names a file wants it done.
    """
    if job.store is None and not run.skip_existing:
        return failure_of(job.media, OutputExists(job.media.path, output))
    reason = f"{output} exists and is left as it is; --overwrite replaces it"
    return FileSkipped(media=job.media, reason=reason, warnings=(reason,))
