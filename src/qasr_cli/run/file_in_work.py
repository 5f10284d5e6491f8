"""A file from the start of work on it to its outcome, and what is kept on disk meanwhile."""

import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qasr_cli.core.outcomes import Attempt, ClipOutcome
from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.errors import OutputRefused
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.options import Options
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.crashes import Begun
from qasr_cli.run.state.spool import Spool, discard
from qasr_cli.storage.files import existing_folder_of

if TYPE_CHECKING:
    from qasr_cli.core.voice_types import HeardVoices

# 4,095 on Linux, less what outputs, their temporaries and results add to it.
_LONGEST_PATH_BYTES = 4_000


class HeardClips:
    """Outcomes of clips, in the order in which they came.

    Those with text are kept packed: a word takes 210 bytes as Python's values, and 80 like this.
    How voices sound is packed already; beside, so that who asks for all of it copies none.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[ClipOutcome | bytes, HeardVoices | None]] = []

    def append(self, heard: ClipOutcome) -> None:
        """Add one."""
        # An error need not survive packing, and there are few.
        is_plain = isinstance(heard.result, ClipDone)
        bare = replace(heard, voices=None)
        kept = pickle.dumps(bare, pickle.HIGHEST_PROTOCOL) if is_plain else bare
        self._kept.append((kept, heard.voices))

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()

    def __iter__(self) -> Iterator[ClipOutcome]:
        """Each one, unpacked when its turn comes."""
        for kept, voices in self._kept:
            if isinstance(kept, bytes):
                heard: ClipOutcome = pickle.loads(kept)  # noqa: S301  # packed by this very object
            else:
                heard = kept
            yield heard if voices is None else replace(heard, voices=voices)


@dataclass(slots=True, kw_only=True, eq=False)
class FileInWork:
    """A file between its first clip and its outcome.

    Attributes:
        pending: clip id -> the clip and the number of its current try.
        summary: set once every clip was handed out.
        spool: what an earlier run heard of it, and a place for more; None = keep nothing.
    """

    job: Job
    pending: dict[str, tuple[Clip, int]] = field(default_factory=dict)
    heard: HeardClips = field(default_factory=HeardClips)
    attempts: list[Attempt] = field(default_factory=list)
    summary: RecordingSummary | None = None
    try_number: int = 1
    spool: Spool | None = None

    @property
    def is_complete(self) -> bool:
        """True when every clip came back."""
        return self.summary is not None and not self.pending


class FilesInWork:
    """What is kept on the disk of each file in work: a crash mark, and a spool of its clips.

    Leaving the context takes the crash marks of this run back, as `Begun` does.

    Args:
        options: of the run.
        fingerprints_of: the fingerprints of what is made of a job.
    """

    def __init__(self, *, options: Options, fingerprints_of: Callable[[Job], Fingerprints]) -> None:
        self._options = options
        self._fingerprints_of = fingerprints_of
        self._begun = Begun()

    def __enter__(self) -> Self:
        self._begun.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._begun.__exit__(kind, error, trace)

    def begin(self, job: Job) -> Spool | None:
        """Note that work on a file begins; give what an earlier run heard of it.

        Returns:
            None for a job that leaves no state.

        Raises:
            OutputRefused: its outputs could not be written after all the work.
            OutputError: it could not be noted.
            UnreadableInput: the file is gone.
        """
        if job.base is not None:
            if len(os.fsencode(job.base.path)) > _LONGEST_PATH_BYTES:
                raise OutputRefused(job.base.path, "this path is longer than the system takes")
            folder = existing_folder_of(job.base.path)
            if not os.access(folder, os.W_OK | os.X_OK):  # or it would be found after the work
                raise OutputRefused(folder, "it takes no files")
        if job.store is None:
            return None
        job.store.claims.begin(job.name)
        run = self._options.run
        if run.max_crashes:
            marks = job.store.crashes_path(job.name)
            self._begun.add(job.media, marks, afresh=run.retry_failed)
        fingerprints = self._fingerprints_of(job)
        spool = Spool(
            job.store.spool_path(job.name),
            fingerprint=fingerprints.heard,
            older=fingerprints.whole,
        )
        if self._options.output.overwrite:
            spool.remove()
        return spool

    def clear(self, job: Job, *, spool: bool) -> None:
        """Remove the crash marks of a file that has its outcome.

        Args:
            spool: its spool, too.
        """
        if job.store is not None:
            self._begun.remove(job.media, job.store.crashes_path(job.name))
            if spool:
                discard(job.store.spool_path(job.name))

    def take_back(self) -> None:
        """Leave no crash mark of this run: from now on it is no file's fault if it is killed."""
        self._begun.take_back()

    def blame(self) -> None:
        """Keep all crash marks: the process cannot go on after what it had in work."""
        self._begun.blame()
