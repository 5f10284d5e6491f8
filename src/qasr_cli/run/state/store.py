"""All state of one output folder: results (their presence means done), journal, report.

Everything lies in `<root>/.qasr/`, but the report, which is for people, lies in the root. Order
for one input: a journal line that names the outputs to be and their hashes, the outputs, the
result (where it stands, the input is done), a journal line with the outcome. So whatever moment a
run is killed at, the next one knows its own outputs from other people's.

The parts of a batch that is shared out (`--shard`) have a lock, a journal and a report each, in
`.qasr/shards/<part>/`, and workers a lock and a journal (`part.py`); results are for all.
"""

import contextlib
import functools
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qasr_cli.core.report import report_text
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import OutputError, OutputRefused
from qasr_cli.run.state.claims import Claims, remove_all_claims
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.journal import Journal
from qasr_cli.run.state.kinds import set_strangers_aside
from qasr_cli.run.state.layout import (
    JOURNAL_NAME,
    STATE_FOLDER,
    digest_of_name,
    result_path,
    results_folder,
)
from qasr_cli.run.state.leftovers import Leftovers
from qasr_cli.run.state.mark_changes import with_content
from qasr_cli.run.state.marks import (
    OutputMark,
    ResultHead,
    heads_below,
    read_head,
    result_bytes,
)
from qasr_cli.run.state.part import Part
from qasr_cli.run.state.sweep import sweep_folders
from qasr_cli.storage.documents import DamagedDocument
from qasr_cli.storage.files import Writer, sha256_of_file, write_all

_LINES_AT_ONCE = 1000


class Store:
    """The state under one root. Use inside `lock()`: it assumes that nobody else writes.

    Args:
        shard, lane: as in `Part`.

    Attributes:
        journal: of this run, or of this lane of it.
        report_path: where the report of this run goes.
        shares_files: another process may be at work on the same file.
    """

    def __init__(self, root: str, *, shard: Shard | None = None, lane: str | None = None) -> None:
        self.root = root
        self.state_folder = os.path.join(root, STATE_FOLDER)
        self.part = Part(root=root, state_folder=self.state_folder, shard=shard, lane=lane)
        self.report_path = self.part.report_path
        self.journal = Journal(
            os.path.join(self.part.own_folder, JOURNAL_NAME),
            state_folder=self.state_folder,
            is_shared=lane is not None,
        )
        self.shares_files = shard is not None or lane is not None
        self._leftovers = Leftovers(self.state_folder)

    # --- one run at a time ----------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, *, is_needed: bool = True) -> Iterator[bool]:
        """Hold the lock: of everything, of one part while others do theirs, or of one lane.

        Args:
            is_needed: as in `RunLock`.

        Yields:
            Whether the disk has locks; else another run may slip in.

        Raises:
            LockHeld: another run, or a worker of one, holds it.
            LocksUnknown: the disk has no locks, and one is needed.
            OutputError: the folder takes no files, or something else stands in their place.
        """
        with self.part.lock(is_needed=is_needed) as has_locks:
            yield has_locks

    @functools.cached_property
    def writer(self) -> Writer:
        """Writes below the root. Only whoever holds the same lock may collect its temporaries."""
        owner = f"s{os.stat(self.state_folder).st_ino:x}{self.part.suffix}"
        return Writer(owner=owner, root=self.root)

    @functools.cached_property
    def claims(self) -> Claims:
        """Keeps others from writing what this process writes, where they may be at it."""
        return Claims(part=self.part, owner=self.writer.owner, are_needed=self.shares_files)

    def sweep(self, folders: Iterable[str]) -> None:
        """Remove what a killed run left half-written, in its own folder and in these."""
        set_strangers_aside(self.state_folder)
        inner = (folder for folder, _, _ in os.walk(self.state_folder))
        everywhere = {self.root, *inner, *folders}
        sweep_folders(everywhere, journal=self.journal, writer=self.writer)
        if self.part.shard is None:
            remove_all_claims(self.state_folder)

    # --- results --------------------------------------------------------------------------------

    def result_path(self, name: str) -> str:
        """Where the result of an input lies."""
        return result_path(self.state_folder, name)

    def read_head(self, name: str) -> ResultHead | None:
        """What marks an input as done, or None where no whole result lies."""
        return read_head(self.result_path(name))

    def commit(self, name: str, document: Mapping[str, Any]) -> None:
        """Write the result of an input: from here on it is done."""
        self.writer.write(self.result_path(name), result_bytes(document))

    def note_stat(self, name: str, head: ResultHead, media: MediaFile) -> None:
        """Remember a new stat of the same content (copied, touched): it is not read again then."""
        content = Content.of(media, sha256=head.mark.content.sha256)
        path = self.result_path(name)
        # Where that does not go, it is read again next time.
        with contextlib.suppress(OutputRefused, OSError, DamagedDocument):
            self.writer.write(path, with_content(path, content))

    # --- what earlier runs wrote ----------------------------------------------------------------

    def is_ours(self, name: str, path: str, *, place: str) -> bool:
        """Whether some run, also a killed one, wrote to a path what the file at a place holds.

        Args:
            name: of the input whose output it would be.
        """
        try:
            sha256 = sha256_of_file(place)
        except OSError:
            return False  # a folder, a dead link, a file we may not read
        output = OutputMark(path=self.relative(path), size_bytes=0, sha256=sha256)
        head = self.read_head(name)
        known = () if head is None else head.mark.outputs
        is_marked = any((o.path, o.sha256) == (output.path, sha256) for o in known)
        return is_marked or self.journal.names(output)

    def rebuild_journal(self) -> None:
        """Where the journal is lost, write it anew from the results.

        Raises:
            OutputError: it could not be written.
        """
        if self.part.shard is None:
            self.journal.rebuild(heads_below(results_folder(self.state_folder)), self.writer)

    # --- other state ----------------------------------------------------------------------------

    def has_leftovers(self, name: str) -> bool:
        """Whether an earlier run ended between the beginning and the outcome of an input."""
        return self._leftovers.has(name)

    def look_again(self) -> None:
        """Forget what was listed and read: a worker has died since."""
        self._leftovers = Leftovers(self.state_folder)
        self.journal.look_again()

    def spool_path(self, name: str) -> str:
        """Where the clips of an input wait for the rest of it."""
        return os.path.join(self.state_folder, "spool", digest_of_name(name) + ".jsonl")

    def crashes_path(self, name: str) -> str:
        """Where it is noted that work on an input has begun."""
        return os.path.join(self.state_folder, "begun", digest_of_name(name) + ".jsonl")

    def write_report(self, report: Mapping[str, Any]) -> None:
        """Write the report of this run to `report_path`.

        Raises:
            OutputError: it could not be written.
        """
        try:
            self.writer.write(self.report_path, functools.partial(_fill_with, report))
        except OutputRefused as error:
            raise OutputError(self.report_path, error.reason) from error

    def relative(self, path: str) -> str:
        """A path from the root, "/"-separated."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def _fill_with(report: Mapping[str, Any], descriptor: int) -> None:
    lines = report_text(report)
    while some := "".join(itertools.islice(lines, _LINES_AT_ONCE)):
        write_all(descriptor, some.encode())
