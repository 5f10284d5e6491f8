"""What a killed run left half-written: removed where it is ours, given back where it is not."""

import os
from collections.abc import Iterable

from qasr_cli.run.state.journal import Journal
from qasr_cli.run.state.marks import OutputMark
from qasr_cli.storage.files import Writer, sha256_of_file
from qasr_cli.storage.publish import settle_exchanges
from qasr_cli.storage.temporaries import sweep_temporaries


def sweep_folders(folders: Iterable[str], *, journal: Journal, writer: Writer) -> None:
    """Tidy up folders below a root, whose lock is held.

    Args:
        writer: of this run; what bears the name of its owner is an earlier run's. So is what
            bears those of its parts and workers, which begin with it.
    """

    def is_orphaned(other: str) -> bool:
        return other == writer.owner or other.startswith(f"{writer.owner}_")

    def has_written(place: str, path: str) -> bool:
        try:
            content_sha256 = sha256_of_file(place)
        except OSError:
            return False
        relative = os.path.relpath(path, writer.root).replace(os.sep, "/")
        return journal.names(OutputMark(path=relative, size_bytes=0, sha256=content_sha256))

    for folder in folders:
        sweep_temporaries(folder, is_orphaned=is_orphaned)
        settle_exchanges(folder, is_orphaned=is_orphaned, is_own=has_written)
