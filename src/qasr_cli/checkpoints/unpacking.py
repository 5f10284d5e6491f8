"""Models out of one file into a folder of models, as `qasr models pull` would have put them there.

The file may come from anywhere. Nothing is written but the files that its listing names, under
names that a model's files have; each is checked, and no model is there before it is whole.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qasr_cli.checkpoints import manifest
from qasr_cli.checkpoints.arrival import Arrival, flush
from qasr_cli.checkpoints.manifest import Manifest, ManifestFile
from qasr_cli.checkpoints.pack_listing import (
    BLOCK_BYTES,
    LISTING_LIMIT_BYTES,
    LISTING_NAME,
    header,
    models_from,
    padding,
)
from qasr_cli.errors import DownloadError, UsageError
from qasr_cli.storage.documents import DamagedDocument
from qasr_cli.storage.files import write_all
from qasr_cli.system import open_files

_READ_BYTES = 1 << 20
_DOING = "unpacking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A model that is on this machine now; `is_new` is False when it already was."""

    path: Path
    manifest: Manifest
    is_new: bool


def unpack(stream: BinaryIO, *, name: str, root: Path) -> Iterator[Unpacked]:
    """Put each model of a file into `root/owner/name`, one after the other.

    Args:
        stream: read once, from its beginning.
        name: of the file, for messages.
        root: folder of models; made when it is not there.

    Raises:
        UsageError: it is no file of `qasr models pack`.
        DownloadError: a model cannot be put there; what stood there is left as it is.
    """
    reader = _Reader(stream, name)
    for model in reader.models():
        arrival = Arrival(repository=model.repository, root=root, doing=_DOING)
        try:
            yield _unpacked(reader, arrival, model)
        except OSError as error:
            reason = f"{error.filename or root}: {error.strerror or error}"
            raise arrival.refusal(reason) from error
    reader.finish()


def _unpacked(reader: "_Reader", arrival: Arrival, model: Manifest) -> Unpacked:
    present = arrival.present(model.revision)
    if present is not None and present.files == model.files:
        for file in model.files:
            reader.open_member(arrival, file)
            reader.skip(arrival, file)
        return Unpacked(path=arrival.target, manifest=present, is_new=False)
    with arrival.staging_folder() as staging:
        arrival.keep_only(staging, (file.path for file in model.files))
        arrival.check_space(staging, {file.path: file.size_bytes for file in model.files})
        for file in model.files:
            reader.open_member(arrival, file)
            if _is_there(staging / file.path, file):
                reader.skip(arrival, file)
            else:
                _write(reader, arrival, file, staging / file.path)
        arrival.put_in_place(staging, model)
    return Unpacked(path=arrival.target, manifest=model, is_new=True)


def _is_there(path: Path, file: ManifestFile) -> bool:
    is_file = path.is_file() and not path.is_symlink()
    return is_file and manifest.describe(path, name=file.path) == file


def _write(reader: "_Reader", arrival: Arrival, file: ManifestFile, path: Path) -> None:
    path.unlink(missing_ok=True)
    digest = hashlib.sha256()
    flags = open_files.WRITE | os.O_CREAT | os.O_EXCL | open_files.NO_LINK
    descriptor = os.open(path, flags, 0o666)
    try:
        for block in reader.blocks(arrival, file):
            digest.update(block)
            write_all(descriptor, block)
    finally:
        os.close(descriptor)
    if digest.hexdigest() != file.sha256:
        path.unlink()
        raise arrival.refusal(f"{reader.name} is damaged: {file.path} has another sha256")
    flush(path)


class _Reader:
    """Reads such a file from its beginning to its end.

    Attributes:
        name: of the file, for messages.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self.name = name

    def models(self) -> tuple[Manifest, ...]:
        """What its listing says is in it.

        Raises:
            UsageError: it has none.
        """
        found = self._read(BLOCK_BYTES)
        try:
            member = tarfile.TarInfo.frombuf(found, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise self._not_ours("it begins otherwise") from error
        if member.name != LISTING_NAME or not member.isreg() or member.size > LISTING_LIMIT_BYTES:
            raise self._not_ours("it begins otherwise")
        size_bytes = member.size + len(padding(member.size))
        listing = self._read(size_bytes)
        if len(listing) < size_bytes:
            raise self._not_ours("it ends within its listing")
        try:
            return models_from(listing[: member.size])
        except DamagedDocument as error:
            raise self._not_ours(str(error)) from error

    def open_member(self, arrival: Arrival, file: ManifestFile) -> None:
        """Go into the next member, which must be a plain file of this name and size.

        Raises:
            DownloadError: it is another one, a link, a device.
        """
        # As it was written, byte for byte: there is one way to write it, and no other is read.
        expected = header(f"{arrival.repository}/{file.path}", file.size_bytes)
        if self._read(len(expected)) != expected:
            reason = f"{self.name} is damaged, or cut off, where {file.path} should begin"
            raise arrival.refusal(reason)

    def blocks(self, arrival: Arrival, file: ManifestFile) -> Iterator[bytes]:
        """The content of the member.

        Raises:
            DownloadError: the file ends before.
        """
        left_bytes = file.size_bytes
        while left_bytes:
            block = self._piece(min(_READ_BYTES, left_bytes))
            if not block:
                raise arrival.refusal(f"{self.name} is cut off within {file.path}")
            left_bytes -= len(block)
            yield block
        behind = padding(file.size_bytes)
        if self._read(len(behind)) != behind:
            raise arrival.refusal(f"{self.name} is damaged, or cut off, behind {file.path}")

    def skip(self, arrival: Arrival, file: ManifestFile) -> None:
        """Leave the content of the member unread, as far as that can be done.

        Raises:
            DownloadError: the file ends before.
        """
        for _ in self.blocks(arrival, file):
            pass

    def finish(self) -> None:
        """Make sure that nothing comes any more.

        Raises:
            UsageError: there is more than its listing says.
        """
        while rest := self._piece(_READ_BYTES):
            if rest.strip(b"\0"):
                raise self._not_ours("there is more in it than its listing says")

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count and (piece := self._piece(count - len(data))):
            data += piece
        return bytes(data)

    def _piece(self, count: int) -> bytes:
        try:
            return self._stream.read(count)
        except OSError as error:
            raise DownloadError(self.name, error.strerror or "?", "reading") from error

    def _not_ours(self, reason: str) -> UsageError:
        return UsageError(f"{self.name}: is no file of `qasr models pack`: {reason}")
