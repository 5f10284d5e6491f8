"""What somebody corrected, back to where it stands: whole files, under the lock of its batch.

Order: the outputs, then the result that names them. A save that is cut short between the two leaves
outputs that say more than the result: as if another program had edited them, so nothing is lost.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from qasr_cli.core.counts import counted
from qasr_cli.core.transcript.schema import heard_from_document, lazy_document
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import ChangedElsewhere, InputError, UnreadableInput
from qasr_cli.formats.readers.encodings import decoded
from qasr_cli.formats.registry import Format, format_of_path
from qasr_cli.options import Options
from qasr_cli.run.state.marks import OutputMark, read_document, result_bytes
from qasr_cli.run.state.store import Store
from qasr_cli.saved.documents import NO_RESULT_OF_BATCH
from qasr_cli.saved.in_place.made_with import options_of
from qasr_cli.saved.in_place.markup import with_markup
from qasr_cli.saved.in_place.opening import Basis, digest_of
from qasr_cli.saved.in_place.places import Editable
from qasr_cli.saved.in_place.vtt_blocks import with_blocks_of
from qasr_cli.saved.subtitles import SUBTITLE_SUFFIXES, read_subtitles, suffix_of
from qasr_cli.storage.files import Writer
from qasr_cli.storage.side_files import TEXT_LIMIT_BYTES, read_side_file
from qasr_cli.storage.temporaries import owner_of_process

Write = Callable[[str, bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What stands on the disk after a save.

    Attributes:
        basis: of the next save.
        notes: what a person should know; a line each, without paths.
    """

    basis: Basis
    notes: tuple[str, ...]


def save(editable: Editable, transcript: Transcript, basis: Basis, *, overwrite: bool) -> Saved:
    """Write a corrected transcript where it stands.

    Args:
        transcript: with its cues.
        overwrite: also where another program wrote since it was opened.

    Raises:
        ChangedElsewhere: another program did; nothing was written.
        LockHeld: a batch is at work there.
        UnreadableInput: what was opened is gone, or is no result any more.
        OutputError, OutputRefused: the disk takes no more, or the place no file.
    """
    transcript = replace(transcript, file=basis.file)
    if editable.state is not None:
        store = Store(editable.state.store.root)  # what one has read before may be old
        with store.lock(is_needed=False):
            return _save_result(editable, store, transcript, basis, overwrite=overwrite)
    _check(basis, overwrite=overwrite)
    outputs = _Outputs(transcript=transcript, options=options_of(transcript))
    paths = [path for path in basis.digests if path not in basis.left]
    outputs.write(paths, _in_place_of_its_like)
    return Saved(basis=_after(basis, outputs.digests), notes=tuple(outputs.notes))


def _check(basis: Basis, *, overwrite: bool) -> None:
    for path, digest in basis.digests.items():
        if not overwrite and digest_of(path) != digest:
            raise ChangedElsewhere(path)


def _after(basis: Basis, written: Mapping[str, str]) -> Basis:
    digests = {path: written.get(path) or digest_of(path) for path in basis.digests}
    return replace(basis, digests=digests)


def _in_place_of_its_like(path: str, data: bytes) -> None:
    """Replace a file of the user's: what a link leads to, and who may read it, stay."""
    target = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
    except OSError:
        mode = None
    Writer(owner=owner_of_process()).write(target, data)
    if mode is not None:
        os.chmod(target, mode)


# --- a result of a batch ----------------------------------------------------------------------


def _save_result(
    editable: Editable, store: Store, transcript: Transcript, basis: Basis, *, overwrite: bool
) -> Saved:
    _check(basis, overwrite=overwrite)
    name = "" if editable.state is None else editable.state.name
    head = store.read_head(name)
    if head is None:
        raise UnreadableInput(editable.path, NO_RESULT_OF_BATCH)
    try:
        document, _ = read_document(editable.path, head.mark)
        heard = heard_from_document(document)
    except (OSError, ValueError) as error:
        raise UnreadableInput(editable.path, NO_RESULT_OF_BATCH) from error
    outputs = _Outputs(transcript=transcript, options=options_of(transcript))
    paths = [os.path.join(store.root, mark.path) for mark in head.mark.outputs]
    outputs.write([path for path in paths if path not in basis.left], store.writer.write)
    marks = tuple(outputs.mark(store, mark) for mark in head.mark.outputs)
    # Its key and digests stay those of what was heard: so every version knows it as edited.
    mark = replace(head.mark, outputs=marks)
    result = result_bytes(lazy_document(transcript, mark=mark.to_document(), heard=heard))
    store.writer.write(editable.path, result)
    written = outputs.digests | {editable.path: hashlib.sha256(result).hexdigest()}
    return Saved(basis=_after(basis, written), notes=tuple(outputs.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outputs:
    """The outputs of a transcript, as far as they can be made of it.

    Attributes:
        digests: of those that were written, by path.
    """

    transcript: Transcript
    options: Options
    digests: dict[str, str] = field(default_factory=dict)
    sizes_bytes: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def write(self, paths: Iterable[str], write: Write) -> None:
        """Write those of these that are text; the others stay, and a note says so."""
        for path, content in list(self._contents(paths)):
            digest = hashlib.sha256(content).hexdigest()
            if digest_of(path) != digest:
                write(path, content)
            self.digests[path] = digest
            self.sizes_bytes[path] = len(content)

    def mark(self, store: Store, mark: OutputMark) -> OutputMark:
        """The mark of an output as it is now."""
        path = os.path.join(store.root, mark.path)
        if path not in self.digests:
            return mark
        return replace(mark, size_bytes=self.sizes_bytes[path], sha256=self.digests[path])

    def _contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Made before the first of them is written."""
        output = self.transcript.settings.get("output")
        names = output.get("formats") if isinstance(output, Mapping) else None
        likely = [name for name in names if isinstance(name, str)] if names else []
        for path in paths:
            name = os.path.basename(path)
            format_ = format_of_path(path, likely=likely)
            if format_ is None:
                self.notes.append(f"{name} is as it was: qasr render --embed makes it anew")
                continue
            cues = self._cues(path) if format_.has_cues else ()
            try:
                yield path, self._content(path, format_, cues)
            except ImportError:
                self.notes.append(f"{name} is as it was: pip install 'qasr-cli[{format_.extra}]'")

    def _content(self, path: str, format_: Format, cues: tuple[Cue, ...]) -> bytes:
        rendering = self.options.output.rendering
        if format_.name != "vtt" or not os.path.exists(path):
            return format_.content(self.transcript, cues, rendering)
        written = format_.render(self.transcript, cues, rendering)
        try:
            standing, _ = decoded(read_side_file(path, limit_bytes=TEXT_LIMIT_BYTES))
        except (OSError, ValueError):
            return format_.encoded(written, rendering)
        carried = with_blocks_of(standing, written)
        self._note_lost(path, "classes, languages and voices", carried.lost_count)
        return format_.encoded(carried.text, rendering)

    def _cues(self, path: str) -> tuple[Cue, ...]:
        """The cues, with the markup that they have in the file that stands there."""
        cues = self.transcript.cues or ()
        if suffix_of(path) not in SUBTITLE_SUFFIXES or not os.path.exists(path):
            return cues
        if _is_plain(path):
            return cues
        try:
            read = read_subtitles(path).cues
        except InputError:
            return cues
        marked = with_markup(cues, read)
        self._note_lost(path, "styles and places", marked.lost_count)
        return marked.cues

    def _note_lost(self, path: str, what: str, cue_count: int) -> None:
        if cue_count:
            of_cues = counted(cue_count, "changed cue")
            name = os.path.basename(path)
            self.notes.append(f"{name}: {what} of {of_cues} are gone")


def _is_plain(path: str) -> bool:
    """Whether no markup can be in a file of subtitles; those of a film take a moment to read."""
    try:
        text, _ = decoded(read_side_file(path, limit_bytes=TEXT_LIMIT_BYTES))
    except (OSError, ValueError):
        return False
    return suffix_of(path) == ".srt" and "<" not in text and "{" not in text
