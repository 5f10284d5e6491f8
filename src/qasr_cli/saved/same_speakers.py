"""One name for one voice over the parts of a batch, from its results: no sound, no models."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qasr_cli.core.speakers.names import speakers_in, with_speakers
from qasr_cli.core.transcript.schema import (
    heard_from_document,
    lazy_document,
    transcript_from_document,
)
from qasr_cli.core.types import Transcript
from qasr_cli.errors import OutputRefused
from qasr_cli.formats.registry import format_of_path
from qasr_cli.formats.rendering import cues_of
from qasr_cli.run.commit.voice_names import names_over_files, write_speakers
from qasr_cli.run.state.layout import results_folder
from qasr_cli.run.state.marks import (
    Mark,
    OutputMark,
    Parts,
    ResultHead,
    heads_below,
    read_document,
    result_bytes,
)
from qasr_cli.run.state.store import Store
from qasr_cli.run.state.voices import KnownVoice, kept_by_model, voices_folder
from qasr_cli.saved.in_place.made_with import options_of
from qasr_cli.storage.files import sha256_of_file

# What nobody is called whose voice came with a name (`--voices`).
_NUMBERED = re.compile(r"(?:Speaker|left|right) \d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A recording whose voices are to have one name over all."""

    head: ResultHead
    voices: tuple[KnownVoice, ...]

    @property
    def told(self) -> frozenset[str]:
        """The people in it whose names came with their voices."""
        names = (voice.speaker for voice in self.voices)
        return frozenset(name for name in names if not _NUMBERED.fullmatch(name))


def name_over_parts(folder: str) -> tuple[str, ...]:
    """Name the voices of a batch in a folder over all of its parts, where it wanted that.

    What `qasr batch --same-speakers` does at its end, where that was done without `--shard`.

    Returns:
        What could not be done, a line each.

    Raises:
        LockHeld: a part is still at work there.
        OutputError: the disk takes no more.
    """
    store = Store(os.path.abspath(folder))
    has_voices = os.path.isdir(voices_folder(store.state_folder))
    if not (has_voices and store.journal.wants_same_speakers()):
        return ()
    with store.lock(is_needed=False):
        by_model = list(_heard(store))
        if not by_model:
            return ()
        (model, _), *_ = Counter(model for model, _ in by_model).most_common()
        heard = [each for of, each in by_model if of == model]
        known = [each.voices for each in heard]
        names = names_over_files(known, told=[each.told for each in heard])
        notes = [
            note
            for each, own in zip(heard, names, strict=True)
            for note in _renamed(store, each.head, own)
        ]
        notes += write_speakers(store, [each.head.file for each in heard], known, names)
        if len(heard) < len(by_model):
            notes.append("voices that another model has heard are left out: run the batch again")
    return tuple(notes)


def _heard(store: Store) -> Iterator[tuple[str, _Heard]]:
    """Yield what has voices, and by which model, in the order in which a batch has it."""
    heads = heads_below(results_folder(store.state_folder))
    for head in sorted(heads, key=lambda head: os.fsencode(head.file)):
        found = kept_by_model(store.state_folder, head.file)
        if found is not None:
            yield found[0], _Heard(head=head, voices=found[1])


def _document(store: Store, head: ResultHead) -> Mapping[str, Any] | None:
    """A result as it was written; None of one that somebody edited, or that is damaged."""
    try:
        document, is_as_written = read_document(store.result_path(head.file), head.mark)
    except (OSError, ValueError):
        return None
    return document if is_as_written and isinstance(document, dict) else None


def _renamed(store: Store, head: ResultHead, names: Mapping[str, str]) -> Iterator[str]:
    """Write a result and its outputs with other names; yield what could not be done."""
    document = _document(store, head)
    if document is None:
        return
    try:
        transcript = transcript_from_document(document)
        heard = heard_from_document(document) or transcript
    except ValueError:
        return
    wanted = [names.get(speaker, speaker) for speaker in speakers_in(heard)]
    now = speakers_in(transcript)
    if now == list(dict.fromkeys(wanted)):
        return
    if len(now) != len(wanted):
        yield f"{head.file}: its names stay; run the batch without --shard to have others"
        return
    named = with_speakers(transcript, dict(zip(now, wanted, strict=True)))
    try:
        yield from _write(store, head.mark, named, heard)
    except OutputRefused as error:
        yield str(error)


def _write(store: Store, mark: Mark, named: Transcript, heard: Transcript) -> Iterator[str]:
    contents = dict(_contents(store, mark.outputs, named))
    yield from (f"{path}: {why}" for path, why in contents.items() if isinstance(why, str))
    marks = tuple(_marked(output, contents.get(output.path)) for output in mark.outputs)
    store.journal.note_outputs(named.file, marks)
    for path, content in contents.items():
        if isinstance(content, bytes):
            store.writer.write(os.path.join(store.root, path), content)
    parts = mark.parts
    if parts is not None:
        parts = Parts(heard=parts.heard, made=parts.made, lost=parts.lost)
    after = replace(mark, outputs=marks, parts=parts)
    whole = lazy_document(named, mark=after.to_document(), heard=heard)
    store.writer.write(store.result_path(named.file), result_bytes(whole))


def _contents(
    store: Store, outputs: Sequence[OutputMark], named: Transcript
) -> Iterator[tuple[str, bytes | str]]:
    """Yield the outputs that stand as they were written, made anew; or why one stays as it is."""
    options = options_of(named)
    cues = cues_of(named, options)
    settings = named.settings.get("output")
    likely = settings.get("formats", ()) if isinstance(settings, dict) else ()
    for output in outputs:
        path = os.path.join(store.root, output.path)
        format_ = format_of_path(path, likely=likely)
        if not os.path.lexists(path):
            continue
        if format_ is None:
            yield output.path, "names in it stay; qasr render --embed makes it anew"
        elif sha256_of_file(path) != output.sha256:
            yield output.path, "was edited since, and keeps its names"
        else:
            try:
                yield output.path, format_.content(named, cues, options.output.rendering)
            except ImportError:
                yield output.path, f"keeps its names: pip install 'qasr-cli[{format_.extra}]'"


def _marked(output: OutputMark, content: bytes | str | None) -> OutputMark:
    if not isinstance(content, bytes):
        return output
    sha256 = hashlib.sha256(content).hexdigest()
    return replace(output, size_bytes=len(content), sha256=sha256)
