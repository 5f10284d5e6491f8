"""The journal of an output folder: what runs were about to write, and each input's outcome.

One JSON line an event, only ever added to. A result that was lost can be made anew; what is known
from the journal alone is which outputs a killed run wrote, and which failures would come again.
"""

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qasr_cli.run.state.layout import journal_paths
from qasr_cli.run.state.marks import OutputMark, ResultHead
from qasr_cli.storage.files import Writer
from qasr_cli.storage.jsonl import append_line, json_bytes, whole_lines


class Journal:
    """Writes the journal of one run; reads those of all parts of the batch.

    Args:
        path: of the journal of this run.
        state_folder: below it lie the journals of all parts.
    """

    def __init__(self, path: str, *, state_folder: str) -> None:
        self._path = path
        self._state_folder = state_folder
        self._written: set[bytes] | None = None

    def append(self, line: Mapping[str, Any], *, durable: bool = True) -> None:
        """Add one line.

        Args:
            durable: as in `append_line`.

        Raises:
            OutputError: it could not be written.
        """
        append_line(self._path, line, durable=durable)

    def note_outputs(self, name: str, outputs: Sequence[OutputMark]) -> None:
        """Add the line on what is about to be written: a killed run's outputs stay known.

        Raises:
            OutputError: it could not be written.
        """
        self.append(_writing(name, outputs))
        if self._written is not None:
            self._written.update(map(_fingerprint_of, outputs))

    def names(self, output: OutputMark) -> bool:
        """Whether some run was about to write this content to this path; its size is ignored."""
        if self._written is None:  # seldom needed, and grows with every file ever done
            self._written = {
                _fingerprint_of(OutputMark.from_document(document))
                for line in self._lines_of_all(b'"writing"')
                for document in line.get("outputs", ())
            }
        return _fingerprint_of(output) in self._written

    @functools.cached_property
    def lasting_failures(self) -> dict[str, dict[str, Any]]:
        """Input -> the last line of earlier runs about a failure that would come again."""
        lines = self._lines_of_all(b'"lasting"')
        return {line["file"]: line for line in lines if line.get("lasting") is not None}

    def _lines_of_all(self, containing: bytes) -> Iterator[dict[str, Any]]:
        for path in journal_paths(self._state_folder):
            yield from whole_lines(path, containing=containing)

    def rebuild(self, heads: Iterable[ResultHead], writer: Writer) -> None:
        """Where the journal is lost, write it anew from the results.

        Args:
            heads: of all results; not looked at where the journal is there.

        Raises:
            OutputError: it could not be written.
        """
        if os.path.exists(self._path):
            return
        lines = b"".join(json_bytes(_writing(head.file, head.mark.outputs)) for head in heads)
        if lines:
            writer.write(self._path, lines)


def _writing(name: str, outputs: Sequence[OutputMark]) -> dict[str, Any]:
    documents = [output.to_document() for output in outputs]
    return {"event": "writing", "file": name, "outputs": documents}


def _fingerprint_of(output: OutputMark) -> bytes:
    told = f"{output.path}\0{output.sha256}"
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()[:16]
