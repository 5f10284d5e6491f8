"""The results of clips, put together file by file."""

import logging
from collections.abc import Callable

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipFailed, ClipResult
from qasr_cli.errors import InputError, InternalError, OutOfMemory, QasrError, UnreadableInput
from qasr_cli.run.events import ClipFinished, Event
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.retry.queue import RetryQueue

_log = logging.getLogger(__name__)


def input_error_from(cause: Exception, path: str) -> InputError:
    """The error of one file; what is no file's fault is raised again and ends the run."""
    match cause:
        case InputError():
            return cause
        case QasrError() | BrokenPipeError():
            raise cause
        case OSError():
            return UnreadableInput(path, cause.strerror or type(cause).__name__)
        case MemoryError():
            return OutOfMemory(path)
        case _:
            _log.debug("%s: internal error", path, exc_info=cause)
            return InternalError(path, f"{type(cause).__name__}: {cause}")


class Collector:
    """Knows which clips are in the engine, and puts their results together, file by file.

    Args:
        retry_queue: takes what failed.
        on_complete, on_failed: called exactly once for each file that was started, on_failed
            with the error that ended it.
    """

    def __init__(
        self,
        *,
        retry_queue: RetryQueue,
        notify: Callable[[Event], None],
        on_complete: Callable[[FileInWork], None],
        on_failed: Callable[[FileInWork, InputError], None],
    ) -> None:
        self._retry_queue = retry_queue
        self._notify = notify
        self._on_complete = on_complete
        self._on_failed = on_failed
        self._by_clip: dict[str, FileInWork] = {}

    def expect(self, file: FileInWork, clip: Clip) -> None:
        """Note that a clip is about to be handed out for the first time."""
        file.pending[clip.clip_id] = (clip, 1)
        self.expect_again(file, clip)

    def expect_again(self, file: FileInWork, clip: Clip) -> None:
        """Note that a clip is about to be handed out for another try."""
        self._by_clip[clip.clip_id] = file

    def take(self, result: ClipResult) -> None:
        """Note one result; a file whose last clip this was is complete."""
        file = self._by_clip.pop(result.clip_id, None)
        if file is None:
            return  # its file failed meanwhile
        clip, attempt = file.pending[result.clip_id]
        if isinstance(result, ClipFailed) and self._retry_queue.add_clip(
            file, clip, attempt=attempt, failed=result
        ):
            file.pending[clip.clip_id] = (clip, attempt + 1)
            return
        del file.pending[clip.clip_id]
        heard = ClipOutcome(
            span=clip.span,
            result=result,
            attempts=attempt,
            speaker=clip.channel,
            voices=clip.voices,
        )
        if file.spool is not None:
            file.spool.add(clip, heard)
        self.note_heard(file, heard)
        self.complete_if_done(file)

    def note_heard(
        self, file: FileInWork, heard: ClipOutcome, *, is_recalled: bool = False
    ) -> None:
        """Add what was heard in one clip, in this run or, where it is recalled, an earlier one."""
        file.heard.append(heard)
        self._notify(
            ClipFinished(
                media=file.job.media,
                start_ms=ms_from_samples(heard.span.start_sample),
                end_ms=ms_from_samples(heard.span.end_sample),
                is_recalled=is_recalled,
            )
        )

    def complete_if_done(self, file: FileInWork) -> None:
        """End the work on a file where every clip of it came back."""
        if not file.is_complete:
            return
        try:
            self._on_complete(file)
        except Exception as error:  # noqa: BLE001  # one file's trouble costs nobody else's work
            self.fail(file, stage="write", cause=error)

    def fail(self, file: FileInWork, *, stage: str, cause: Exception) -> None:
        """End this try of a file; results of its clips that are still to come do not count.

        Args:
            stage: as in `Attempt`.

        Raises:
            Exception: the cause itself, where it is no file's fault.
        """
        error = input_error_from(cause, file.job.media.path)
        for clip_id in file.pending:
            self._by_clip.pop(clip_id, None)
        if not self._retry_queue.add_file(file, stage=stage, error=error):
            self._on_failed(file, error)
