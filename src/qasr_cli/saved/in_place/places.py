"""What can be corrected of the files and folders that a user names."""

import functools
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qasr_cli.errors import InputError, UnreadableInput, UsageError
from qasr_cli.media.discover import discover
from qasr_cli.media.suffixes import MEDIA_SUFFIXES, SHARED_SUFFIXES, suffix_of
from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.run.state.marks import heads_below
from qasr_cli.run.state.store import Store
from qasr_cli.saved.batch_state import BatchState, has_batch, results_of_batch
from qasr_cli.saved.recordings import recording_of
from qasr_cli.saved.results import read_transcript
from qasr_cli.saved.subtitles import SUBTITLE_SUFFIXES
from qasr_cli.storage.near_names import question_about

Kind = Literal["result", "json", "subtitles"]
_RECORDINGS = MEDIA_SUFFIXES | SHARED_SUFFIXES
_WANTED = "qasr transcribe or qasr batch makes them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """One transcript that can be corrected where it stands.

    Attributes:
        name: for people: of its recording, from what the user named on.
        kind: a result of a batch, JSON by itself (qasr's or whisper's), or subtitles by themselves.
        path: of the result, of the JSON, or of the subtitles.
        recording: its path; None where there is none.
        state: of the batch; None where no batch wrote it.
    """

    name: str
    kind: Kind
    path: str
    recording: str | None
    state: BatchState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the user's names stand for.

    Attributes:
        editables: each once, in the order of the names.
        claims: what nobody else may correct meanwhile: folders of batches, and the rest as named.
        gone_count: results that are left out, since their recordings are gone.
    """

    editables: tuple[Editable, ...]
    claims: tuple[str, ...]
    gone_count: int = 0


def find(paths: Sequence[str]) -> Found:
    """What files and folders stand for.

    A folder stands for the results of its batch, or else for the recordings in it that have JSON or
    subtitles beside them; a file for itself and what belongs to it.

    Raises:
        UsageError: a name stands for nothing that can be corrected, and what to do.
    """
    found: dict[str, Editable] = {}
    claims: dict[str, None] = {}
    gone_count = 0
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"{path}: there is no such file{question_about(path)}")
        prefix = "" if len(paths) == 1 else f"{os.path.basename(os.path.abspath(path))}/"
        if os.path.isdir(path):
            editables, gone = _in_folder(path, prefix)
            gone_count += gone
        else:
            editables = [_of_file(path)]
        for each in editables:
            found.setdefault(os.path.realpath(each.path), each)
            is_of_batch = each.state is not None
            claims[each.state.store.root if is_of_batch and each.state else path] = None
    return Found(
        editables=tuple(found.values()),
        claims=tuple(sorted({os.path.realpath(claim) for claim in claims})),
        gone_count=gone_count,
    )


def _in_folder(folder: str, prefix: str) -> tuple[list[Editable], int]:
    if has_batch(folder):
        standing, gone_count = results_of_batch(folder)
        if standing:
            editables = [_of_result(each.path, each.recording, folder) for each in standing]
            return [_named(each, prefix + each.name) for each in editables], gone_count
    editables = list(_beside_recordings(folder, prefix))
    if not editables:
        raise UsageError(
            f"{folder}: no batch has a result in it, and no recording in it has subtitles or JSON "
            f"beside it; {_WANTED}"
        )
    return editables, 0


def _named(editable: Editable, name: str) -> Editable:
    return Editable(
        name=name,
        kind=editable.kind,
        path=editable.path,
        recording=editable.recording,
        state=editable.state,
    )


def _of_result(path: str, recording: str | None, folder: str | None = None) -> Editable:
    state = BatchState.of(path)
    if state is None:
        raise AssertionError(f"a result that is in no state: {path}")
    shown = state.name
    if folder is not None:
        below = os.path.relpath(os.path.join(state.store.root, shown), os.path.abspath(folder))
        shown = shown if below.startswith(os.pardir) else below.replace(os.sep, "/")
    else:
        shown = os.path.basename(shown)
    return Editable(name=shown, kind="result", path=path, recording=recording, state=state)


def _beside_recordings(folder: str, prefix: str) -> Iterator[Editable]:
    for media in discover(folder, recursive=True, on_unreadable=_say_unreadable):
        found = _beside(media.path)
        if found is not None:
            yield _named(found, prefix + media.relative_path)


def _say_unreadable(path: str, error: OSError) -> None:
    raise UsageError(f"{path}: {error.strerror or '?'}") from error


# --- one file ---------------------------------------------------------------------------------


def _of_file(path: str) -> Editable:
    suffix = suffix_of(path)
    if suffix == ".json":
        return _of_json(path)
    if suffix in SUBTITLE_SUFFIXES:
        return _of_batch_output(path) or _of_subtitles(path)
    if suffix not in _RECORDINGS:
        raise UsageError(f"{path}: takes a recording, JSON of qasr or whisper, .srt or .vtt")
    found = _of_batch(path) or _beside(path)
    if found is None:
        raise UsageError(f"{path}: no subtitles or JSON are beside it; {_WANTED}")
    return found


def _of_batch(recording: str) -> Editable | None:
    """The result of the nearest batch around a recording that has one of it."""
    absolute = os.path.abspath(recording)
    for root in _roots_around(absolute):
        store = Store(root)
        name = store.relative(absolute)
        if store.read_head(name) is not None:
            return _of_result(store.result_path(name), absolute)
    return None


def _of_batch_output(output: str) -> Editable | None:
    """The result of which a batch wrote an output."""
    absolute = os.path.abspath(output)
    for root in _roots_around(absolute):
        store = Store(root)
        relative = store.relative(absolute)
        below = os.path.dirname(store.result_path(os.path.join(os.path.dirname(relative), "a")))
        for head in heads_below(below):
            if relative in (mark.path for mark in head.mark.outputs):
                recording = os.path.join(root, head.file)
                is_there = os.path.isfile(recording)
                return _of_result(store.result_path(head.file), recording if is_there else None)
    return None


def _roots_around(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    while True:
        if os.path.isdir(os.path.join(folder, STATE_FOLDER)):
            yield folder
        if folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)


def _of_json(path: str) -> Editable:
    try:
        transcript = read_transcript(path)
    except InputError as error:
        raise UsageError(str(error)) from error
    state = BatchState.of(path, file=transcript.file)
    recording: str | None
    try:
        recording = recording_of(path, transcript.file, media=None)
    except UnreadableInput:
        recordings = _recordings_of(path)
        recording = recordings[0] if len(recordings) == 1 else None
    if state is not None:
        return _of_result(state.store.result_path(state.name), recording)
    name = os.path.basename(recording or path)
    return Editable(name=name, kind="json", path=path, recording=recording)


def _of_subtitles(path: str) -> Editable:
    recordings = _recordings_of(path)
    recording = recordings[0] if len(recordings) == 1 else None
    if recording is not None:
        found = _beside(recording)
        if found is not None and found.kind == "json" and _stem_of(path) == _stem_of(found.path):
            return found
    name = os.path.basename(recording or path)
    return Editable(name=name, kind="subtitles", path=path, recording=recording)


def _recordings_of(subtitles: str) -> list[str]:
    """The recordings beside subtitles that these may be of: `talk.mp4` of `talk.en.srt`."""
    stem = _stem_of(subtitles)
    names = _names_beside(subtitles)
    for candidates in (
        (stem,),  # talk.mp4.srt
        names.by_stem.get(stem, ()),
        names.by_stem.get(_stem_of(stem), ()),
    ):
        found = [path for path in candidates if suffix_of(path) in _RECORDINGS]
        if found and os.path.isfile(found[0]):
            return found
    return []


def _beside(recording: str) -> Editable | None:
    """What stands beside a recording that no batch has a result of."""
    name = os.path.basename(recording)
    stem, names = _stem_of(recording), _names_beside(recording)
    exact = (*names.by_stem.get(stem, ()), *names.by_stem.get(recording, ()))
    coded = names.by_first_stem.get(stem, ())
    documents = [path for path in exact if suffix_of(path) == ".json"]
    for path in filter(_is_transcript, documents):
        return Editable(name=name, kind="json", path=path, recording=recording)
    subtitles = [path for path in (*exact, *coded) if suffix_of(path) in SUBTITLE_SUFFIXES]
    for path in subtitles:
        return Editable(name=name, kind="subtitles", path=path, recording=recording)
    return None


def _is_transcript(path: str) -> bool:
    try:
        read_transcript(path)
    except InputError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The files of a folder by their paths without a suffix, and without two."""

    by_stem: Mapping[str, Sequence[str]]
    by_first_stem: Mapping[str, Sequence[str]]


def _names_beside(path: str) -> _Names:
    folder = os.path.dirname(path)
    try:
        return _names_in(folder, os.stat(folder or os.curdir).st_mtime_ns)
    except OSError:
        return _Names(by_stem={}, by_first_stem={})


@functools.lru_cache(maxsize=4)
def _names_in(folder: str, _mtime_ns: int) -> _Names:
    """The same; listed once, since a folder may hold ten thousand recordings."""
    by_stem: dict[str, list[str]] = defaultdict(list)
    by_first_stem: dict[str, list[str]] = defaultdict(list)
    for name in sorted(os.listdir(folder or os.curdir)):
        if not name.startswith("."):
            path = os.path.join(folder, name)
            stem = _stem_of(path)
            by_stem[stem].append(path)
            by_first_stem[_stem_of(stem)].append(path)
    return _Names(by_stem=by_stem, by_first_stem=by_first_stem)


def _stem_of(path: str) -> str:
    return os.path.splitext(path)[0]
