"""Saved results read back, and where the outputs made from them go. No models."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.transcript.hand_edits import transcript_from_edited
from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import MediaFile, Transcript
from qasr_cli.errors import MalformedInput, UnreadableInput, UsageError
from qasr_cli.run.plan.output_names import OutputBase, output_bases, same_base
from qasr_cli.run.state.layout import LONG_NAMES, STATE_FOLDER, result_path
from qasr_cli.run.state.live_journal import JOURNAL_SUFFIX, is_journal, transcript_from_journal
from qasr_cli.saved.documents import WANTED, WANTED_OF_BATCH, read_document
from qasr_cli.storage.near_names import reason_of

_RESULTS = f"{os.sep}{STATE_FOLDER}{os.sep}results{os.sep}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A saved result.

    Attributes:
        notes: what a person should know of how it was read; they are in its warnings too.
    """

    transcript: Transcript
    notes: tuple[str, ...]


def result_path_of(root: str, name: str) -> str:
    """Where a batch keeps the result of a file; a report from elsewhere may not name others.

    Raises:
        MalformedInput: the name leads out of the folder of results.
    """
    if name.startswith("/") or ".." in name.split("/"):
        raise MalformedInput(name, "no name of a recording")
    return result_path(os.path.join(root, STATE_FOLDER), name)


def read_transcript(path: str, *, language: str | None = None) -> Transcript:
    """The transcript in a result of qasr or in JSON of whisper and its kin.

    Args:
        language: full English name that takes the place of what the file says.

    Raises:
        UnreadableInput: it cannot be opened.
        MalformedInput: it holds no such thing.
    """
    return read_result(path, language=language).transcript


def read_result(path: str, *, language: str | None = None) -> ReadResult:
    """The same with notes: of what was edited by hand, and of what was not as it should be."""
    if is_journal(path):
        return ReadResult(transcript=_of_killed_session(path), notes=())
    is_of_batch = _RESULTS in os.path.abspath(path)
    wanted = WANTED_OF_BATCH if is_of_batch else WANTED
    try:
        document = read_document(path, wanted=wanted)
        value = _alone(document.value)
        if isinstance(value, dict) and "schema_version" in value:
            known = value.get("warnings")
            transcript = transcript_from_edited(value)
            notes = transcript.warnings[len(known) if isinstance(known, list) else 0 :]
        else:
            name = place_of(path).name.removesuffix(".json")
            transcript = transcript_from_whisper(value, file=name, language=language)
            notes = transcript.warnings
    except OSError as error:
        raise UnreadableInput(path, reason_of(error)) from error
    except RecursionError as error:
        raise MalformedInput(path, "is nested too deep for a result") from error
    except ValueError as error:
        advice = f"; {wanted}" if is_of_batch and wanted not in str(error) else ""
        raise MalformedInput(path, f"{error}{advice}") from error
    transcript = replace(transcript, warnings=(*transcript.warnings, *document.notes))
    return ReadResult(
        transcript=transcript if language is None else _in_language(transcript, language),
        notes=(*document.notes, *notes),
    )


def _of_killed_session(path: str) -> Transcript:
    if not os.path.exists(path):
        raise UnreadableInput(path, "is not there")
    try:
        return transcript_from_journal(path)
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error


def _alone(value: object) -> object:
    """The value, or the one result of ours in a list of one.

    Raises:
        ValueError: it is a report.
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0] if "schema_version" in value[0] else value
    if isinstance(value, dict) and {"details", "summary"} <= value.keys():
        raise ValueError(
            "is the report of a run, not a result: results are in .qasr/results, or -f json"
        )
    return value


def _in_language(transcript: Transcript, language: str) -> Transcript:
    segments = tuple(replace(segment, language=language) for segment in transcript.segments)
    return replace(transcript, language=language, segments=segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a result belongs: outputs go to `<root>/<folder>/`, named after `name`.

    Attributes:
        is_in_state: it lies in the state of the batch whose root that is.
    """

    root: str
    folder: str
    name: str
    is_in_state: bool = False

    @property
    def folder_path(self) -> str:
        """The folder in which its recording is, where outputs stand beside recordings."""
        return os.path.join(self.root, self.folder)


def place_of(path: str) -> Place:
    """Beside the result; but one out of qasr's state belongs where its recording is."""
    absolute = os.path.abspath(path)
    root, found, below = absolute.rpartition(_RESULTS)
    if found:
        recording = _recording_of(absolute, below)
        folder, name = os.path.split(recording)
        return Place(root=root, folder=folder, name=name, is_in_state=True)
    name = os.path.basename(absolute)
    if is_journal(name):  # its outputs are called as the session's would have been
        name = f"{name.removesuffix(JOURNAL_SUFFIX)}.jsonl"
    return Place(root=os.path.dirname(absolute), folder="", name=name)


def _recording_of(path: str, below: str) -> str:
    """The name of a result's recording, which is in the result where it was too long for a file."""
    folder, _, name = below.rpartition(os.sep)
    if folder == LONG_NAMES:
        try:
            value = read_document(path).value
        except (OSError, ValueError, RecursionError):
            value = None  # whoever reads it says so
        file = value.get("file") if isinstance(value, dict) else None
        if isinstance(file, str) and _is_below(file):
            return os.path.normpath(file)
        return name.removesuffix(".json")
    return below.removesuffix(".json")


def _is_below(file: str) -> bool:
    is_odd = os.path.isabs(file) or "\0" in file
    return not is_odd and os.path.normpath(file).split(os.sep)[0] not in ("", ".", "..")


def bases_for_results(
    paths: Sequence[str],
    *,
    output_dir: str | None,
    suffixes: Sequence[str],
    standing: Callable[[str], Sequence[str]] = lambda _: (),
) -> dict[str, OutputBase]:
    """Where the outputs of each result go; beside it, or below the output folder.

    Args:
        suffixes: of all that will be written.
        standing: the outputs that stand of a result, whose names it keeps.

    Raises:
        UsageError: two of them would write the same files.
    """
    places = {path: place_of(path) for path in paths}
    roots = {path: output_dir or place.root for path, place in places.items()}
    # Each one's key in the answer, which ends on the name that loses its extension.
    keys = {path: f"{path}{os.sep}{place.name}" for path, place in places.items()}
    bases = output_bases(
        [
            MediaFile(path=path, relative_path=key, size_bytes=0, mtime_ns=0, ctime_ns=0, inode=0)
            for path, key in keys.items()
        ],
        {keys[path]: os.path.join(roots[path], place.folder) for path, place in places.items()},
        suffixes=suffixes,
        standing=lambda key: standing(os.path.dirname(key)),
        renamed=keys.values(),
    )
    if (pair := same_base(bases)) is not None:
        first, second = (os.path.dirname(key) for key in pair)
        raise UsageError(f"{first} and {second} would write the same files; do them apart")
    return {os.path.dirname(key): base for key, base in bases.items()}
