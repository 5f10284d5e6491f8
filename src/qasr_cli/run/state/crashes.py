"""How often the process died at work on each file, so that none can stop a batch for ever.

A line is written before work on a file begins; its file is gone once there is an outcome. What is
left at the next start tells over which files a run died, by path and content.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from qasr_cli.core.types import MediaFile
from qasr_cli.errors import QasrError, UnreadableInput
from qasr_cli.run.state.content import Content
from qasr_cli.storage.documents import DamagedDocument, Fields, open_regular
from qasr_cli.storage.files import os_errors_as_output_errors, sha256_of_file
from qasr_cli.storage.jsonl import append_line, whole_lines


class CrashLog:
    """The crash marks of one input: a line for each time that work on it began.

    Args:
        path: of its file.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def line_count(self) -> int:
        """How many there are, of whatever content."""
        return sum(1 for _ in whole_lines(self._path))

    def count(self, media: MediaFile) -> int:
        """How often a run died while it worked on this content."""
        contents = list(self._contents())
        same = [content for content in contents if content.is_in(media)]
        # The first time nobody hashed it; but under that stat it was hashed the next time.
        return sum(any(_is_alike(content, known) for known in same) for content in contents)

    def _contents(self) -> Iterator[Content]:
        for line in whole_lines(self._path):
            with contextlib.suppress(DamagedDocument):
                yield Content.from_fields(Fields(line).inner("begun"))

    def begin(self, media: MediaFile) -> None:
        """Note that work begins.

        Raises:
            OutputError: it could not be noted.
            UnreadableInput: the file is gone.
        """
        with os_errors_as_output_errors(self._path):
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
        sha256 = None
        if os.path.exists(self._path):
            # Only of a suspect: it may come back under another stat, and reading costs time.
            try:
                sha256 = sha256_of_file(media.path)
            except OSError as error:
                raise UnreadableInput(media.path, error.strerror or "?") from error
        content = Content.of(media, sha256=sha256)
        # No fsync: when the machine goes down it was not this file's doing.
        append_line(self._path, {"file": media.path, "begun": content.to_document()}, durable=False)

    def take_back(self) -> None:
        """Undo the last `begin`: the run ended on purpose."""
        with (
            os_errors_as_output_errors(self._path),
            contextlib.suppress(FileNotFoundError),  # another process has finished the input
        ):
            with open_regular(self._path) as file:
                lines = file.readlines()
            os.truncate(self._path, sum(map(len, lines[:-1])))
            if len(lines) <= 1:
                self.clear()

    def clear(self) -> None:
        """The file has its outcome, or gets another chance."""
        with os_errors_as_output_errors(self._path), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)


class Begun:
    """The inputs in work. Leaving the context takes their marks back, unless a bug ends the run.

    A run that ends on purpose, even at the second signal, died over no file.
    """

    def __init__(self) -> None:
        self._logs: dict[str, CrashLog] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        is_bug = isinstance(error, Exception) and not isinstance(error, QasrError | OSError)
        if not is_bug:
            self.take_back()

    def add(self, media: MediaFile, path: str, *, afresh: bool) -> None:
        """Note that work on an input begins; once, however often it is tried.

        Args:
            path: of its marks.
            afresh: forget earlier deaths.

        Raises:
            OutputError: it could not be noted.
            UnreadableInput: the file is gone.
        """
        if media.relative_path in self._logs:
            return
        log = CrashLog(path)
        if afresh:
            log.clear()
        log.begin(media)
        self._logs[media.relative_path] = log

    def remove(self, media: MediaFile, path: str) -> None:
        """Note that an input has its outcome, also one for which no work began in this run."""
        self._logs.pop(media.relative_path, None)
        CrashLog(path).clear()

    def take_back(self) -> None:
        """Leave no mark of this run. A signal handler may do so in the middle of anything."""
        while self._logs:
            _, log = self._logs.popitem()
            log.take_back()

    def blame(self) -> None:
        """Keep all marks: the process cannot go on after what it had in work."""
        self._logs.clear()


def _is_alike(content: Content, known: Content) -> bool:
    return replace(content, sha256=known.sha256) == known
