"""The journal of an output folder: what runs were about to write, and each input's outcome.

One JSON line an event, only ever added to. A result that was lost can be made anew; what is known
from the journal alone is which outputs a killed run wrote, and which failures would come again.
"""

import contextlib
import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qasr_cli.core.outcomes import Attempt
from qasr_cli.run.state.layout import journal_paths
from qasr_cli.run.state.marks import OutputMark, ResultHead
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.files import Writer
from qasr_cli.storage.jsonl import append_line, json_bytes, whole_lines

_WRITING, _RENDERING = "writing", "rendering"  # events, of a batch and of `qasr render`
_SAME_SPEAKERS = "same-speakers"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingFailure:
    """A failure that would come again.

    Attributes:
        conditions: under which, as `Resume` wrote them.
    """

    conditions: Mapping[str, Any]
    error_kind: str
    message: str
    attempts: tuple[Attempt, ...]


class Journal:
    """Writes the journal of one run; reads those of all parts of the batch.

    Args:
        path: of the journal of this run.
        state_folder: below it lie the journals of all parts.
        is_shared: others write down outputs of the same files while this one is at work.
    """

    def __init__(self, path: str, *, state_folder: str, is_shared: bool = False) -> None:
        self._path = path
        self._state_folder = state_folder
        self._is_shared = is_shared
        self._written: set[bytes] | None = None

    def append(self, line: Mapping[str, Any], *, durable: bool = True) -> None:
        """Add one line.

        Args:
            durable: as in `append_line`.

        Raises:
            OutputError: it could not be written.
        """
        append_line(self._path, line, durable=durable)

    def note_outputs(
        self, name: str, outputs: Sequence[OutputMark], *, by_render: bool = False
    ) -> None:
        """Add the line on what is about to be written: a killed run's outputs stay known.

        Args:
            by_render: no batch will write it, so a batch leaves it as it is.

        Raises:
            OutputError: it could not be written.
        """
        line = _writing(name, outputs)
        self.append(line | {"event": _RENDERING} if by_render else line)
        if self._written is not None:
            self._written.update(map(_fingerprint_of, outputs))

    def note_same_speakers(self) -> None:
        """Add the line that a part wants one name for one voice over all parts, unless one did.

        Raises:
            OutputError: it could not be written.
        """
        if not self.wants_same_speakers():
            self.append({"event": _SAME_SPEAKERS})

    def wants_same_speakers(self) -> bool:
        """Whether a part wanted that."""
        lines = self._lines_of_all(f'"{_SAME_SPEAKERS}"'.encode())
        return any(line.get("event") == _SAME_SPEAKERS for line in lines)

    def was_begun(self, output: OutputMark) -> bool:
        """Whether an earlier batch was about to write this content to this path."""
        return _fingerprint_of(output) in self._begun

    def names(self, output: OutputMark) -> bool:
        """Whether some run was about to write this content to this path; its size is ignored."""
        wanted = _fingerprint_of(output)
        if self._written is not None and (wanted in self._written or not self._is_shared):
            return wanted in self._written
        # Seldom needed, and grows with every file ever done.
        self._written = set(map(_fingerprint_of, self._outputs_of_all(_WRITING, _RENDERING)))
        return wanted in self._written

    def look_again(self) -> None:
        """Forget what was read: others have written since."""
        self._written = None
        for name in ("_begun", "lasting_failures"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def _begun(self) -> frozenset[bytes]:
        return frozenset(map(_fingerprint_of, self._outputs_of_all(_WRITING)))

    @functools.cached_property
    def lasting_failures(self) -> dict[str, LastingFailure]:
        """Input -> what the last line of earlier runs says of a failure that would come again."""
        failures: dict[str, LastingFailure] = {}
        for line in self._lines_of_all(b'"lasting"'):
            conditions = line.get("lasting")
            if isinstance(conditions, dict):
                with contextlib.suppress(DamagedDocument):
                    fields = Fields(line)
                    failures[fields.path("file")] = _failure_from(fields, conditions)
        return failures

    def _outputs_of_all(self, *events: str) -> Iterator[OutputMark]:
        """The outputs that some run was about to write; those of a damaged line are nobody's."""
        for line in self._lines_of_all(b'"sha256"'):
            if line.get("event") in events:
                with contextlib.suppress(DamagedDocument):
                    yield from tuple(map(OutputMark.from_fields, Fields(line).each("outputs")))

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
            self._written = None


def _writing(name: str, outputs: Sequence[OutputMark]) -> dict[str, Any]:
    documents = [output.to_document() for output in outputs]
    return {"event": _WRITING, "file": name, "outputs": documents}


def _failure_from(fields: Fields, conditions: Mapping[str, Any]) -> LastingFailure:
    error = fields.inner("error")
    return LastingFailure(
        conditions=conditions,
        error_kind=error.text("kind"),
        message=error.text("message"),
        attempts=tuple(
            Attempt(
                attempt=attempt.whole("attempt"),
                stage=attempt.text("stage"),
                error=attempt.text("error"),
                timestamp=attempt.text("timestamp"),
            )
            for attempt in fields.each("attempts")
        ),
    )


def _fingerprint_of(output: OutputMark) -> bytes:
    told = f"{output.path}\0{output.sha256}"
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()[:16]
