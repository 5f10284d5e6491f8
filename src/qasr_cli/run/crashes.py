"""Files over which the process died, counted, so that none of them can stop a batch for ever.

A line is written before work on a file begins; its file is gone once there is an outcome. What is
left at the next start tells over which files a run died, by path and content.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace

from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UnreadableInput
from qasr_cli.run.content import Content
from qasr_cli.run.files import os_errors_as_output_errors, sha256_of_file
from qasr_cli.run.jsonl import append_line, whole_lines


class CrashLog:
    """The marks of one input.

    Args:
        path: of its file.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def count(self, media: MediaFile) -> int:
        """How often a run died while it worked on this content."""
        contents = list(self._contents())
        same = [content for content in contents if content.is_in(media)]
        # The first time nobody hashed it; but under that stat it was hashed the next time.
        return sum(any(_is_alike(content, known) for known in same) for content in contents)

    def _contents(self) -> Iterator[Content]:
        for line in whole_lines(self._path):
            with contextlib.suppress(KeyError, TypeError):
                yield Content.from_document(line["begun"])

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
        with os_errors_as_output_errors(self._path):
            with open(self._path, "rb") as file:
                lines = file.readlines()
            os.truncate(self._path, sum(map(len, lines[:-1])))
        if len(lines) <= 1:
            self.clear()

    def clear(self) -> None:
        """The file has its outcome, or gets another chance."""
        with os_errors_as_output_errors(self._path), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)


def _is_alike(content: Content, known: Content) -> bool:
    return replace(content, sha256=known.sha256) == known
