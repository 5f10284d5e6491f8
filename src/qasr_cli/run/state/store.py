"""All state of one output folder: results (their presence means done), journal, report.

Everything lies in `<root>/.qasr/`, but the report, which is for people, lies in the root. Order
for one input: a journal line that names the outputs to be and their hashes, the outputs, the
result (where it stands, the input is done), a journal line with the outcome. So whatever moment a
run is killed at, the next one knows its own outputs from other people's.

The parts of a batch that is shared out (`--shard`) have a lock, a journal and a report each, in
`.qasr/shards/<part>/`; results are for all.
"""

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qasr_cli.core.report import report_text
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import OutputError, OutputRefused
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.journal import Journal
from qasr_cli.run.state.kinds import WORK_FOLDERS, check_kinds, set_strangers_aside
from qasr_cli.run.state.layout import (
    JOURNAL_NAME,
    REPORT_NAME,
    STATE_FOLDER,
    digest_of_name,
    report_path,
    result_path,
    results_folder,
    shard_folder,
)
from qasr_cli.run.state.mark_changes import with_content
from qasr_cli.run.state.marks import (
    OutputMark,
    ResultHead,
    heads_below,
    read_head,
    result_bytes,
)
from qasr_cli.run.state.sweep import sweep_folders
from qasr_cli.storage.documents import DamagedDocument
from qasr_cli.storage.files import Writer, sha256_of_file
from qasr_cli.storage.lock import RunLock


class Store:
    """The state under one root. Use inside `lock()`: it assumes that nobody else writes.

    Args:
        shard: the part of the batch that this run does; None = all of it.

    Attributes:
        journal: of this run.
        report_path: where the report of this run goes.
    """

    def __init__(self, root: str, *, shard: Shard | None = None) -> None:
        self.root = root
        self.state_folder = os.path.join(root, STATE_FOLDER)
        self._shard = shard
        self._own_folder = self.state_folder
        self.report_path = report_path(root)
        if shard is not None:
            self._own_folder = shard_folder(self.state_folder, str(shard))
            self.report_path = os.path.join(self._own_folder, REPORT_NAME)
        self.journal = Journal(
            os.path.join(self._own_folder, JOURNAL_NAME), state_folder=self.state_folder
        )

    # --- one run at a time ----------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, *, is_needed: bool = True) -> Iterator[bool]:
        """Hold the lock: of everything, or of one part while other runs do the other parts.

        Args:
            is_needed: as in `RunLock`.

        Yields:
            Whether the disk has locks; else another run may slip in.

        Raises:
            LockHeld: another run holds it.
            LocksUnknown: the disk has no locks, and one is needed.
            OutputError: the folder takes no files, or something else stands in their place.
        """
        check_kinds(self.state_folder, own_folder=self._own_folder, report_path=self.report_path)
        hold = functools.partial(RunLock, is_needed=is_needed)
        with contextlib.ExitStack() as stack:
            shared = self._shard is not None
            lock = stack.enter_context(hold(self.state_folder, of=self.root, shared=shared))
            if self._shard is not None:
                stack.enter_context(hold(self._own_folder, of=f"{self.root} ({self._shard})"))
            yield not lock.is_missing

    @functools.cached_property
    def writer(self) -> Writer:
        """Writes below the root. Only whoever holds the same lock may collect its temporaries."""
        part = "" if self._shard is None else f"_{self._shard.index}of{self._shard.count}"
        return Writer(owner=f"s{os.stat(self.state_folder).st_ino:x}{part}", root=self.root)

    def sweep(self, folders: Iterable[str]) -> None:
        """Remove what a killed run left half-written, in its own folder and in these."""
        set_strangers_aside(self.state_folder)
        inner = (folder for folder, _, _ in os.walk(self.state_folder))
        everywhere = {self.root, *inner, *folders}
        whole = self._shard is None
        sweep_folders(everywhere, journal=self.journal, writer=self.writer, with_parts=whole)

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
        if self._shard is None:
            self.journal.rebuild(heads_below(results_folder(self.state_folder)), self.writer)

    # --- other state ----------------------------------------------------------------------------

    def has_leftovers(self, name: str) -> bool:
        """Whether an earlier run ended between the beginning and the outcome of an input."""
        return digest_of_name(name) in self._leftovers

    @functools.cached_property
    def _leftovers(self) -> frozenset[str]:
        """Digests of the names; listed once, since most inputs have none."""
        names: list[str] = []
        for folder in WORK_FOLDERS:
            with contextlib.suppress(OSError):  # absent; or a run's lock says what it is
                names += os.listdir(os.path.join(self.state_folder, folder))
        return frozenset(name.removesuffix(".jsonl") for name in names)

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
            self.writer.write(self.report_path, "".join(report_text(report)).encode())
        except OutputRefused as error:
            raise OutputError(self.report_path, error.reason) from error

    def relative(self, path: str) -> str:
        """A path from the root, "/"-separated."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")
