"""What a batch knows of its results, for commands that write outputs of them later."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from qasr_cli.core.transcript.schema import transcript_from_document
from qasr_cli.core.types import Transcript
from qasr_cli.errors import InputError, UsageError
from qasr_cli.run.plan.standing_outputs import standing_outputs
from qasr_cli.run.state.layout import STATE_FOLDER, results_folder
from qasr_cli.run.state.marks import OutputMark, read_document
from qasr_cli.run.state.store import Store
from qasr_cli.saved.reports import read_report
from qasr_cli.saved.results import place_of
from qasr_cli.storage.files import sha256_of_descriptor


def results_in(paths: Sequence[str]) -> tuple[list[str], int]:
    """The results that files and folders stand for; a folder stands for those of its batch.

    A folder inside that of a batch stands for what is below it.

    Returns:
        Also how many results of folders were left out, whose recordings are gone.

    Raises:
        UsageError: no batch has a result of a folder, or that cannot be looked at.
    """
    found: list[str] = []
    gone_count = 0
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        standing, gone = results_of_batch(path)
        found += [each.path for each in standing]
        gone_count += gone
    return found, gone_count


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingResult:
    """A result of a batch whose recording is there.

    Attributes:
        path: of the result.
        recording: its path.
    """

    path: str
    recording: str


def results_of_batch(folder: str) -> tuple[tuple[StandingResult, ...], int]:
    """The results of what lies in a folder, in order, and how many have no recording any more.

    Raises:
        UsageError: no batch has a result of the folder, or that cannot be looked at.
    """
    results = _results_below(folder)
    standing = tuple(_of_standing_recordings(results))
    return standing, len(results) - len(standing)


def has_batch(folder: str) -> bool:
    """Whether a batch has, or had, results of what lies in a folder."""
    return _results_folder_of(os.path.abspath(folder)) is not None


def _results_below(folder: str) -> list[str]:
    results = _results_folder_of(os.path.abspath(folder))
    names: list[str] = []
    walked = () if results is None else os.walk(results, onerror=_say_unreadable)
    for inner, folders, files in walked:
        folders.sort()
        names += (os.path.join(inner, name) for name in sorted(files) if name.endswith(".json"))
    if not names:
        advice = "name a folder of qasr batch, or results"
        raise UsageError(f"{folder}: no batch has done a recording in it; {advice}")
    return names


def _results_folder_of(folder: str) -> str | None:
    """Where the results of what lies in a folder are: of the nearest batch around it."""
    if f"{os.sep}{results_folder(STATE_FOLDER)}{os.sep}" in f"{folder}{os.sep}":
        return folder
    root = folder
    while True:
        results = results_folder(os.path.join(root, STATE_FOLDER))
        if os.path.isdir(results):
            below = os.path.normpath(os.path.join(results, os.path.relpath(folder, root)))
            return below if os.path.isdir(below) else None
        if root == os.path.dirname(root):
            return None
        root = os.path.dirname(root)


def _say_unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename}: {error.strerror or '?'}") from error


def _of_standing_recordings(results: Sequence[str]) -> Iterator[StandingResult]:
    reported: dict[str, dict[str, str]] = {}  # by root: where the recordings of its batch are
    for path in results:
        state = BatchState.of(path)
        if state is None:
            continue
        root = state.store.root
        recording = os.path.join(root, state.name)
        if not os.path.exists(recording):
            if root not in reported:
                reported[root] = _reported_paths(root)
            recording = reported[root].get(state.name, "")
            if not os.path.exists(recording):
                continue
        yield StandingResult(path=path, recording=recording)


def _reported_paths(root: str) -> dict[str, str]:
    try:
        return {detail["file"]: detail["path"] for detail in read_report(root)["details"]}
    except InputError:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """The state of the batch that a result is of.

    Attributes:
        name: of its recording in there.
    """

    store: Store
    name: str

    @classmethod
    def of(cls, path: str, *, file: str | None = None) -> Self | None:
        """The state that a result belongs to; None where no batch wrote it.

        Args:
            path: of the result: one out of the state, or `-f json` beside the recording.
            file: what it calls its recording; None = only one out of the state is asked for.
        """
        place = place_of(path)
        if place.is_in_state:
            name = os.path.join(place.folder, place.name).replace(os.sep, "/")
            return cls(store=Store(place.root), name=name)
        root = place.root
        while file is not None and root != os.path.dirname(root):
            store = Store(root)
            head = store.read_head(file) if os.path.isdir(store.state_folder) else None
            if head is not None:
                outputs = {output.path for output in head.mark.outputs}
                return cls(store=store, name=file) if store.relative(path) in outputs else None
            root = os.path.dirname(root)
        return None

    def is_own(self, output: str, place: str) -> bool:
        """Whether the file at a place is, byte for byte, what qasr wrote to an output, or will."""
        return self.store.is_ours(self.name, os.path.abspath(output), place=place)

    def note(self, contents: Mapping[str, bytes]) -> None:
        """Note in the journal that these outputs are qasr's, right before they are written.

        Raises:
            OutputError: the journal takes no more.
        """
        self._note(
            (output, len(content), hashlib.sha256(content).hexdigest())
            for output, content in contents.items()
        )

    def note_filled(self, output: str, descriptor: int) -> None:
        """The same of one whose content is in an open file, before that has its name."""
        size_bytes = os.fstat(descriptor).st_size
        self._note([(output, size_bytes, sha256_of_descriptor(descriptor))])

    def _note(self, outputs: Iterable[tuple[str, int, str]]) -> None:
        marks = (
            OutputMark(
                path=self.store.relative(os.path.abspath(output)), size_bytes=size, sha256=sha256
            )
            for output, size, sha256 in outputs
        )
        self.store.journal.note_outputs(self.name, tuple(marks), by_render=True)

    def says(self, transcript: Transcript) -> bool:
        """Whether a transcript is, to the letter, what the batch has heard and written."""
        head = self.store.read_head(self.name)
        if head is None:
            return False
        try:
            document, is_as_written = read_document(self.store.result_path(self.name), head.mark)
            written = transcript_from_document(document)
        except (OSError, ValueError, RecursionError):
            return False
        return is_as_written and (written.text, written.segments) == (
            transcript.text,
            transcript.segments,
        )

    def standing_outputs(self) -> tuple[str, ...]:
        """The outputs that the batch made of it, as far as all of them are there."""
        return standing_outputs(self.store, self.name)
