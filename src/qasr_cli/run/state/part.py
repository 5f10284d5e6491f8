"""As whom a process writes in an output folder: for the whole batch, a part of it, or in a lane.

The parts of a batch that is shared out (`--shard`) have a lock, a journal and a report each. Each
worker of a run (`--workers`) has a lane: a lock and a journal of its own, in the folder of the run
that hands out its files. A new process is a new lane, so no two ever write to one journal.
"""

import contextlib
import functools
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from qasr_cli.core.shard import Shard
from qasr_cli.run.state.kinds import check_kinds
from qasr_cli.run.state.lanes import require_no_living_lane
from qasr_cli.run.state.layout import REPORT_NAME, lane_folder, report_path, shard_folder
from qasr_cli.storage.lock import RunLock
from qasr_cli.storage.temporaries import owner_of_process


def new_lane_name() -> str:
    """A name for the lane of this process that no other lane ever has.

    It begins with the process and its host, which tell whether it lives on a disk without locks.
    """
    return f"{owner_of_process()}n{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a process does of a batch.

    Attributes:
        root: the output folder.
        state_folder: of that root.
        shard: the part of the files; None = all of them.
        lane: of a worker; None = it hands out, or does all itself.
    """

    root: str
    state_folder: str
    shard: Shard | None = None
    lane: str | None = None

    @property
    def folder(self) -> str:
        """That of the run: with lock, journal and report."""
        if self.shard is None:
            return self.state_folder
        return shard_folder(self.state_folder, str(self.shard))

    @property
    def own_folder(self) -> str:
        """That of this process: with its lock and journal."""
        return self.folder if self.lane is None else lane_folder(self.folder, self.lane)

    @property
    def report_path(self) -> str:
        """Where the report of the run stands."""
        if self.shard is None:
            return report_path(self.root)
        return os.path.join(self.folder, REPORT_NAME)

    @property
    def suffix(self) -> str:
        """What tells its temporaries from those of others in the folder."""
        part = "" if self.shard is None else f"_{self.shard.index}of{self.shard.count}"
        return part if self.lane is None else f"{part}_{self.lane}"

    @contextlib.contextmanager
    def lock(self, *, is_needed: bool) -> Iterator[bool]:
        """Hold the locks under which it works; yields whether the disk has locks.

        Raises:
            LockHeld, LocksUnknown, OutputError: as `Store.lock`.
        """
        check_kinds(self.state_folder, own_folder=self.folder, report_path=self.report_path)
        hold = functools.partial(RunLock, is_needed=is_needed)
        with contextlib.ExitStack() as stack:
            if self.lane is not None:
                # Whoever started it holds those of the run, and outlives it.
                lock = stack.enter_context(hold(self.own_folder, of=f"{self.root} ({self.lane})"))
            else:
                shared = self.shard is not None
                lock = stack.enter_context(hold(self.state_folder, of=self.root, shared=shared))
                if shared:
                    of = f"{self.root} ({self.shard})"
                    stack.enter_context(hold(self.folder, of=of))
                require_no_living_lane(self.folder, of=self.root)
            yield not lock.is_missing
