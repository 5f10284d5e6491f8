"""The marks of what is written for one input: noted before it stands, so it stays known as ours."""

import os
from dataclasses import dataclass, field, replace

from qasr_cli.errors import MediaChanged
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.run.commit.embedding import EmbeddedCopy
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.marks import OutputMark
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import sha256_of_descriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMarks:
    """The marks of the outputs of one input, by path."""

    job: Job
    store: Store
    marks: dict[str, OutputMark] = field(default_factory=dict)

    def add(self, path: str, size_bytes: int, sha256: str) -> None:
        """Add the mark of what is going to a path."""
        name = self.store.relative(path)
        self.marks[path] = OutputMark(path=name, size_bytes=size_bytes, sha256=sha256)

    def note(self) -> None:
        """Have the journal name all of them.

        Raises:
            OutputError: it takes no more.
        """
        self.store.journal.note_outputs(self.job.name, tuple(self.marks.values()))

    def noting(self, path: str, copy: EmbeddedCopy) -> EmbeddedCopy:
        """The copy, which is marked and noted once its content is known, before it stands there."""

        def note(descriptor: int) -> None:
            media = self.job.media
            if media_file_from_path(media.path, media.relative_path) != media:
                raise MediaChanged(media.path)
            size_bytes = os.fstat(descriptor).st_size
            self.add(path, size_bytes, sha256_of_descriptor(descriptor))
            self.note()

        return replace(copy, on_filled=note)
