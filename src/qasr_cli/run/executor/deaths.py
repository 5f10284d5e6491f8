"""What becomes of the files that a worker had in hand when it was lost."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from qasr_cli.core.outcomes import FilePending
from qasr_cli.errors import WorkerLost
from qasr_cli.options import RunOptions
from qasr_cli.run.executor.base import Lost
from qasr_cli.run.executor.packets import Handed
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.resume import crash_count, quarantined
from qasr_cli.run.schedule import Schedule
from qasr_cli.run.state.crashes import CrashLog
from qasr_cli.run.state.spool import discard
from qasr_cli.run.state.store import Store

# Of a file, where no crash is counted, and of machines, which no file is blamed for.
_MOST_DEATHS = 3
_MOST_LOSSES = 10
_LOSSES_TO_BE_ALONE = 3
# Of workers before they were ready, and of workers between two outcomes.
_MOST_FALSE_STARTS = 3
_MOST_IN_VAIN = 20


class Deaths:
    """Decides over which files a worker died, and whether anybody tries them again.

    Args:
        options: of the run.
        schedule: says what is left to do of a file.
    """

    def __init__(self, *, options: RunOptions, schedule: Schedule, ledger: Ledger) -> None:
        self._options = options
        self._schedule = schedule
        self._ledger = ledger
        self._count_of: Counter[int] = Counter()
        self._losses_of: Counter[int] = Counter()
        self._false_start_count = 0
        self._in_vain_count = 0

    def note_outcome(self) -> None:
        """Note that workers get on."""
        self._in_vain_count = 0
        self._false_start_count = 0

    def note_death(self, lost: Lost, *, was_ready: bool) -> None:
        """Count a death.

        Raises:
            WorkerLost: so many died that the next one would, too.
        """
        self._in_vain_count += 1
        self._false_start_count += not was_ready
        if self._false_start_count >= _MOST_FALSE_STARTS or self._in_vain_count >= _MOST_IN_VAIN:
            raise WorkerLost(lost.worker, lost.how)

    def suspected(self, files: Iterable[Handed]) -> Iterator[Handed]:
        """Files over which an earlier run died; `--retry-failed` forgets how often."""
        for file in files:
            if self._options.retry_failed:
                _marks_of(file).clear()
            yield with_marks(file)

    def parted(
        self, files: Iterable[Handed], *, started: set[int]
    ) -> tuple[list[Handed], list[Handed]]:
        """Those on which work had begun, and those that were not touched.

        Args:
            started: the numbers of those of which that was told; others may be decoded ahead.
        """
        begun: list[Handed] = []
        untouched: list[Handed] = []
        for file in files:
            is_begun = file.number in started or _marks_of(file).line_count() > file.mark_count
            (begun if is_begun else untouched).append(file)
        return begun, untouched

    def tidy_up(self, last: tuple[Handed, bool] | None) -> None:
        """Remove what a worker may have left of the file of which it spoke last.

        Args:
            last: as in `Seat`.
        """
        if last is not None:
            file, is_heard = last
            _marks_of(file).clear()
            if is_heard and file.job.store is not None:
                discard(file.job.store.spool_path(file.job.name))

    def after_death(self, files: Iterable[Handed]) -> Iterator[Handed]:
        """The files to be tried again, each alone; the others have their outcome now."""
        files = tuple(files)
        for store in _stores_of(files):
            store.look_again()
        for file in files:
            job = file.job
            self._count_of[file.number] += 1
            if not self._schedule.is_to_do(job):
                continue  # it was done; or it is left out now
            # Also with --retry-failed, which would try it for ever.
            given_up = quarantined(job, replace(self._options, retry_failed=False))
            if given_up is not None:
                self._ledger.known(job, given_up)
            elif not self._options.max_crashes and self._count_of[file.number] >= _MOST_DEATHS:
                reason = f"{_MOST_DEATHS} workers died over it"
                self._ledger.known(job, FilePending(media=job.media, reason=reason))
            else:
                yield with_marks(file)

    def unanswered(self, files: Iterable[Handed]) -> Iterator[Handed]:
        """The files to be tried again of a packet that is done without an outcome for them."""
        for file in files:
            self._count_of[file.number] += 1
            if self._count_of[file.number] >= _MOST_DEATHS:
                reason = "its workers' answers could not be read"
                self._ledger.known(file.job, FilePending(media=file.job.media, reason=reason))
            elif self._schedule.is_to_do(file.job):
                yield with_marks(file)

    def forgive(self, files: Iterable[Handed]) -> None:
        """Take the last mark of each back: it was not its doing."""
        files = tuple(files)
        for file in files:
            if _marks_of(file).line_count() > file.mark_count:
                _marks_of(file).take_back()
        for store in _stores_of(files):
            store.look_again()

    def after_loss(self, files: Iterable[Handed]) -> Iterator[Handed]:
        """The files to be tried again, some of them alone; none is blamed for its machine."""
        files = tuple(files)
        self.forgive(files)
        for file in files:
            self._losses_of[file.number] += 1
            count = self._losses_of[file.number]
            if not self._schedule.is_to_do(file.job):
                continue  # it was done; only its answer was lost
            if count >= _MOST_LOSSES:
                reason = f"{count} machines were lost while they worked on it"
                self._ledger.known(file.job, FilePending(media=file.job.media, reason=reason))
            else:
                is_suspect = count >= _LOSSES_TO_BE_ALONE or crash_count(file.job) > 0
                yield replace(file, is_suspect=is_suspect)


def with_marks(file: Handed) -> Handed:
    """The file with as many crash marks as it has now."""
    return replace(file, mark_count=_marks_of(file).line_count())


def _marks_of(file: Handed) -> CrashLog:
    if file.job.store is None:
        raise AssertionError("only files of a batch are handed out")
    return CrashLog(file.job.store.crashes_path(file.job.name))


def _stores_of(files: Iterable[Handed]) -> Iterator[Store]:
    seen: set[str] = set()
    for file in files:
        store = file.job.store
        if store is not None and store.root not in seen:
            seen.add(store.root)
            yield store
