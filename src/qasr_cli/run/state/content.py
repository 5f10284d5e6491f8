"""What a media file held when it was looked at, and whether it still does."""

from dataclasses import dataclass
from typing import Any, Self

from qasr_cli.core.types import MediaFile
from qasr_cli.storage.documents import Fields
from qasr_cli.storage.files import sha256_of_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file's stat, which tells at no cost that it is unchanged, and its hash.

    Attributes:
        sha256: None where nobody had a reason to read the whole file.
    """

    sha256: str | None
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, media: MediaFile, *, sha256: str | None = None) -> Self:
        """The content of a file, its stat being that of `media`."""
        return cls(
            sha256=sha256,
            size_bytes=media.size_bytes,
            mtime_ns=media.mtime_ns,
            ctime_ns=media.ctime_ns,
            inode=media.inode,
        )

    def has_stat_of(self, media: MediaFile) -> bool:
        """True when the file looks untouched since."""
        return self == Content.of(media, sha256=self.sha256)

    def is_in(self, media: MediaFile, *, verify: bool = False) -> bool:
        """Whether a file holds this. Reads it only where its stat has changed.

        Args:
            verify: read it in any case.
        """
        if self.has_stat_of(media) and not (verify and self.sha256 is not None):
            return True
        if self.sha256 is None or self.size_bytes != media.size_bytes:
            return False
        try:
            return sha256_of_file(media.path) == self.sha256
        except OSError:
            return False

    def to_document(self) -> dict[str, Any]:
        """The content as JSON."""
        return {
            "sha256": self.sha256,
            "bytes": self.size_bytes,
            "mtime_ns": self.mtime_ns,
            "ctime_ns": self.ctime_ns,
            "inode": self.inode,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(
            sha256=fields.or_none("sha256", Fields.text),
            size_bytes=fields.whole("bytes"),
            mtime_ns=fields.signed("mtime_ns"),
            ctime_ns=fields.signed("ctime_ns"),
            inode=fields.whole("inode"),
        )
