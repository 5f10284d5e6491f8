"""A transcript as it stands: what was heard, and its subtitles with what was edited elsewhere."""

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.script.edited_cues import transcript_with_cues
from qasr_cli.core.types import Cue, ReadSubtitles, Transcript
from qasr_cli.errors import InputError, MalformedInput, UnreadableInput
from qasr_cli.formats.readers.markup import WHO_SPEAKS
from qasr_cli.formats.readers.subtitles import subtitles_from
from qasr_cli.formats.registry import format_named, format_of_path
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.source import open_source
from qasr_cli.options import Options
from qasr_cli.run.state.marks import read_head
from qasr_cli.saved.documents import NO_RESULT_OF_BATCH
from qasr_cli.saved.in_place.made_with import cues_as_cut, options_of
from qasr_cli.saved.in_place.places import Editable
from qasr_cli.saved.in_place.standing import Standing, standing_cues
from qasr_cli.saved.results import read_transcript
from qasr_cli.saved.subtitles import (
    SUBTITLE_SUFFIXES,
    language_of_subtitles,
    read_subtitles,
    suffix_of,
)
from qasr_cli.storage.files import sha256_of_file
from qasr_cli.storage.side_files import TEXT_LIMIT_BYTES, read_side_file

_ROOM_MS = 60_000  # behind the last cue of a recording that nobody has


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What was read, so that a save can tell whether it still stands.

    Attributes:
        file: what the transcript calls its recording.
        digests: of all files that it was read from, or that a save would replace, by their paths;
            None = it was not there.
        left: the files among these that no save replaces: other programs have edited them, and what
            they say is not what is shown.
    """

    file: str
    digests: Mapping[str, str | None]
    left: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What can be corrected, as it stands.

    Attributes:
        heard: words with their times; of subtitles alone, spread over their cues.
        cut: the cues that `heard` has, or that were cut of it.
        cues: those that stand on the disk: others where somebody edited them elsewhere.
        options: that its outputs are made with.
        notes: what a person should know; a line each, without paths.
        reviewed: as in `Mark`.
    """

    heard: Transcript
    cut: tuple[Cue, ...]
    cues: tuple[Cue, ...]
    options: Options
    notes: tuple[str, ...]
    basis: Basis
    reviewed: str | None = None

    @property
    def transcript(self) -> Transcript:
        """What was heard, saying what the cues on the disk say."""
        if self.cues == self.cut:
            return self.heard
        return transcript_with_cues(self.heard, self.cut, self.cues)


def opened(editable: Editable, *, saved: Sequence[Cue] = ()) -> Opened:
    """A transcript and its subtitles, read from the disk. Nothing is written.

    Names before the text of subtitles alone are speakers where `saved` has them: its cues were
    written there. Nobody knows of others whether they are text.

    Raises:
        UnreadableInput, MalformedInput: it is gone, or no such thing any more.
    """
    if editable.kind == "subtitles":
        return _of_subtitles(editable, saved)
    written = _written(editable)
    digests = {path: digest_of(path) for path in (editable.path, *written)}
    heard = read_transcript(editable.path)
    of_disk = _OfDisk(
        written=written,
        present=digests,
        heard=heard,
        cut=cues_as_cut(heard),
        options=options_of(heard),
    )
    shown = of_disk.shown()
    left = of_disk.left(shown)
    head = read_head(editable.path) if editable.kind == "result" else None
    return Opened(
        heard=heard,
        cut=of_disk.cut,
        cues=shown.cues,
        options=of_disk.options,
        notes=(*shown.notes, *map(_left_note, left)),
        basis=Basis(file=heard.file, digests=digests, left=frozenset(left)),
        reviewed=None if head is None else head.mark.reviewed,
    )


def digest_of(path: str) -> str | None:
    """Of a file's content; None where there is none to read.

    Raises:
        UnreadableInput: it is there, and cannot be read.
    """
    try:
        return sha256_of_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableInput(path, error.strerror or "?") from error


def _left_note(path: str) -> str:
    return f"{os.path.basename(path)} was edited by another program, and stays as it is"


# --- a result, or JSON, and the subtitles of it -----------------------------------------------


def _written(editable: Editable) -> dict[str, str | None]:
    """The outputs that are made of it, and digests of what was written; None = nobody knows."""
    if editable.state is not None:
        head = editable.state.store.read_head(editable.state.name)
        if head is None:
            raise MalformedInput(editable.path, NO_RESULT_OF_BATCH)
        root = editable.state.store.root
        return {
            os.path.join(root, mark.path): mark.sha256
            for mark in head.mark.outputs
            if format_of_path(mark.path) is not None  # a copy of a film would be read for nothing
        }
    stem = os.path.splitext(editable.path)[0]
    return {path: None for path in map(stem.__add__, SUBTITLE_SUFFIXES) if os.path.isfile(path)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """Cues that stand on the disk.

    Attributes:
        path: of the file that has them; None = no file has.
    """

    cues: tuple[Cue, ...]
    path: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDisk:
    """The outputs of a transcript as they stand.

    Attributes:
        written: as `_written` has them.
        present: digests of them as they are now.
        cut: as in `Opened`.
    """

    written: Mapping[str, str | None]
    present: Mapping[str, str | None]
    heard: Transcript
    cut: tuple[Cue, ...]
    options: Options

    def shown(self) -> _Shown:
        """The cues of the subtitles that somebody edited last, or else of any."""
        edited = self._edited()
        subtitles = [path for path in self.written if _is_there(path, self.present)]
        subtitles.sort(key=lambda path: (path not in edited, -os.stat(path).st_mtime_ns, path))
        notes: list[str] = []
        for path in subtitles:
            if self._is_as_cut(path):
                return _Shown(cues=self.cut, path=path, notes=tuple(notes))
            try:
                found = self._read(path)
            except InputError as error:
                notes.append(f"{os.path.basename(path)}: {error.reason}")
                continue
            if path in edited and found.cues != self.cut:
                name = os.path.basename(path)
                notes.append(f"{name} was edited by another program: what it says is shown")
            return _Shown(cues=found.cues, path=path, notes=(*notes, *found.notes))
        return _Shown(cues=self.cut, notes=tuple(notes))

    def left(self, shown: _Shown) -> tuple[str, ...]:
        """What somebody edited, and is not what is shown."""
        return tuple(
            path
            for path in sorted(self._edited())
            if path != shown.path and not self._says(path, shown.cues)
        )

    def _edited(self) -> frozenset[str]:
        return frozenset(
            path
            for path, digest in self.written.items()
            if self.present[path] not in (None, digest)
            and not (digest is None and self._is_as_cut(path))
        )

    def _says(self, path: str, cues: tuple[Cue, ...]) -> bool:
        with contextlib.suppress(InputError):
            return suffix_of(path) in SUBTITLE_SUFFIXES and self._read(path).cues == cues
        return False

    def _read(self, path: str) -> Standing:
        read = _as_saved(read_subtitles(path), path)
        return standing_cues(read, self.cut, duration_ms=self.heard.duration_ms)

    def _is_as_cut(self, path: str) -> bool:
        format_ = format_named(suffix_of(path)[1:])
        content = format_.content(self.heard, self.cut, self.options.output.rendering)
        return self.present[path] == hashlib.sha256(content).hexdigest()


def _is_there(path: str, present: Mapping[str, str | None]) -> bool:
    return suffix_of(path) in SUBTITLE_SUFFIXES and present[path] is not None


# --- subtitles alone --------------------------------------------------------------------------


def _of_subtitles(editable: Editable, saved: Sequence[Cue]) -> Opened:
    path = editable.path
    digests = {path: digest_of(path)}
    try:
        data = read_side_file(path, limit_bytes=TEXT_LIMIT_BYTES)
        read = _as_saved(subtitles_from(data, suffix=suffix_of(path)), path)
    except OSError as error:
        raise UnreadableInput(path, error.strerror or "?") from error
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error
    last_ms = max((cue.end_ms for cue in read.cues), default=0)
    claimed_ms = None if editable.recording is None else claimed_ms_of(editable.recording)
    duration_ms = max(last_ms, claimed_ms or last_ms + _ROOM_MS)
    found = standing_cues(read, saved, duration_ms=duration_ms)
    empty = Transcript(
        file=editable.name,
        duration_ms=duration_ms,
        language=language_of_subtitles(path, read.cues),
        text="",
        segments=(),
        clips=(),
        models={},
        settings={"output": {"rendering": _rendering_of(data)}},
        warnings=(),
    )
    heard = replace(transcript_with_cues(empty, (), found.cues), changes=())
    return Opened(
        heard=heard,
        cut=found.cues,
        cues=found.cues,
        options=options_of(heard),
        notes=found.notes,
        basis=Basis(file=editable.name, digests=digests),
    )


def _as_saved(read: ReadSubtitles, path: str) -> ReadSubtitles:
    """What a file holds, without complaints of what stays in it when it is written anew."""
    if suffix_of(path) == ".vtt":
        return replace(read, unkept=())
    has_speakers = any(cue.speaker for cue in read.cues)
    unkept = (kind for kind in read.unkept if not (has_speakers and kind == WHO_SPEAKS))
    return replace(read, unkept=tuple(unkept))


def _rendering_of(data: bytes) -> dict[str, bool]:
    ends = (b"\r\n", b"\r\0\n\0", b"\0\r\0\n")  # also of UTF-16
    return {"bom": data.startswith(b"\xef\xbb\xbf"), "crlf": any(end in data for end in ends)}


def claimed_ms_of(recording: str) -> int | None:
    """How long a recording is by its container; None where that does not say."""
    try:
        descriptor = open_source(recording)
        try:
            return probe(descriptor, path=recording).duration_ms
        finally:
            os.close(descriptor)
    except InputError:
        return None
