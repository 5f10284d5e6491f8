"""The outputs of one input to their places, where nothing stands that somebody else made."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from qasr_cli.errors import OutputExists
from qasr_cli.run.commit.embedding import EmbeddedCopy
from qasr_cli.run.commit.output_marks import OutputMarks
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.resume import first_foreign_output, holds_own_output
from qasr_cli.run.state.marks import OutputMark
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import Fill, Writer

Contents = dict[str, bytes | EmbeddedCopy]  # by path


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWriter:
    """Writes the outputs of one input.

    Attributes:
        overwrite: whatever stands in their places.
    """

    job: Job
    overwrite: bool

    def check_nothing_foreign(self, paths: Iterable[str]) -> None:
        """Find out before the first output is written that one of them cannot be.

        Raises:
            OutputExists: it is so.
        """
        foreign = first_foreign_output(self.job, tuple(paths))
        if foreign is not None and not self.overwrite:
            raise OutputExists(self.job.media.path, os.path.basename(foreign))

    def write(self, contents: Contents, writer: Writer) -> tuple[str, ...]:
        """Write them all; the paths of those that could be. A copy of its own accord may not.

        Raises:
            OutputExists, OutputRefused, OutputError: as `Writer.write_output`.
        """
        written: list[str] = []
        for path, content in contents.items():
            write = partial(self._write_one, path, writer)
            if isinstance(content, EmbeddedCopy):
                if content.is_written_by(write):
                    written.append(path)
            else:
                write(content)
                written.append(path)
        return tuple(written)

    def write_and_note(self, contents: Contents, store: Store) -> dict[str, OutputMark]:
        """The same, each noted before it stands there; the marks of what was written, by path.

        Raises:
            MediaChanged: the recording is no longer what it was while it was copied.
            OutputExists, OutputRefused, OutputError: as `write`.
        """
        marks = OutputMarks(job=self.job, store=store)
        noted: Contents = {}
        for path, content in contents.items():
            if isinstance(content, bytes):
                noted[path] = content
                marks.add(path, len(content), hashlib.sha256(content).hexdigest())
            else:
                noted[path] = marks.noting(path, content)
        marks.note()
        return {path: marks.marks[path] for path in self.write(noted, store.writer)}

    def _write_one(self, path: str, writer: Writer, data: bytes | Fill) -> None:
        if self.overwrite:
            writer.write(path, data)
        else:
            is_own = partial(holds_own_output, self.job, path)
            writer.write_output(path, data, of=self.job.media.path, is_own=is_own)
