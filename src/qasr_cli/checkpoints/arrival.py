"""A checkpoint on its way to its place: built in a hidden folder beside it, moved there whole.

So what was cut off never looks complete, and what was finished stays for the next try.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qasr_cli.checkpoints import catalog, layout, manifest
from qasr_cli.checkpoints.manifest import Manifest
from qasr_cli.core.counts import size_in_words
from qasr_cli.errors import DownloadError, ModelLoadError
from qasr_cli.storage.files import sync, sync_folder
from qasr_cli.system import file_locks, open_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One checkpoint that is to be put into a folder of models.

    Attributes:
        repository: "owner/name".
        root: the folder of models; it becomes `root/owner/name`.
        doing: what is done, for messages.
    """

    repository: str
    root: Path
    doing: str = "download"

    @property
    def target(self) -> Path:
        """Where it will stand."""
        return self.root / self.repository

    def refusal(self, reason: str) -> DownloadError:
        """The error that says why it does not get there."""
        return DownloadError(self.repository, reason, self.doing)

    def present(self, revision: str) -> Manifest | None:
        """The manifest of what stands there, when it is this revision and every byte is right.

        Raises:
            DownloadError: what stands there is not from a pull.
        """
        if not self.target.exists():
            return None
        try:
            verification = manifest.verify(self.target)
        except ModelLoadError:
            return None  # one of ours whose manifest is damaged: it is replaced
        if verification.manifest is None:
            raise self.refusal(
                f"{self.target} is there, and not from a pull; move it away, or name another "
                f"--model-dir"
            )
        is_whole = all(problem.kind == "unknown" for problem in verification.problems)
        is_same = verification.manifest.revision == revision
        return verification.manifest if is_whole and is_same else None

    @contextmanager
    def staging_folder(self) -> Iterator[Path]:
        """A hidden folder beside the target, this process's alone; it outlives a failure."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        staging = self.target.with_name(f".{self.target.name}.incomplete")
        staging.mkdir(exist_ok=True)
        if not open_files.OPENS_FOLDERS:  # so there is no lock either
            yield staging
            return
        descriptor = os.open(staging, open_files.READ | open_files.FOLDER)
        try:
            self._lock(descriptor)
            yield staging
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            file_locks.take(descriptor)
        except OSError as error:
            # Else there are no locks: the check of all files has to do.
            if error.errno in file_locks.HELD_BY_ANOTHER:
                command = "pull" if self.doing == "download" else "pull or unpack"
                reason = f"another `qasr models {command}` of it is running"
                raise self.refusal(reason) from error

    def keep_only(self, staging: Path, names: Iterable[str]) -> None:
        """Remove what an earlier try left there under other names."""
        for name in {path.name for path in staging.iterdir()} - set(names):
            remove(staging / name)

    def check_space(self, staging: Path, sizes_bytes: dict[str, int]) -> None:
        """Find out now whether the disk has room for what is not there yet.

        Raises:
            DownloadError: it has not.
        """
        there = {path.name: path.stat().st_size for path in staging.iterdir()}
        needed_bytes = sum(max(0, size - there.get(name, 0)) for name, size in sizes_bytes.items())
        free_bytes = shutil.disk_usage(staging).free
        if free_bytes < needed_bytes:
            raise self.refusal(
                f"it needs {size_in_words(needed_bytes)} and {staging.parent} has "
                f"{size_in_words(free_bytes)} left; --model-dir names another place"
            )

    def put_in_place(self, staging: Path, arrived: Manifest) -> None:
        """Move what is staged to its place, with its manifest; what stood there goes.

        Raises:
            DownloadError: it is no whole checkpoint.
        """
        only = catalog.files_of(self.repository)
        problem = layout.problem_with_files(staging, only) if only else layout.problem_with(staging)
        if problem is not None:
            raise self.refusal(f"what came is no whole checkpoint: it {problem}")
        manifest.write(staging, arrived)
        outgoing = self.target.with_name(f".{self.target.name}.outgoing")
        remove(outgoing)
        if self.target.exists():
            self.target.rename(outgoing)
        staging.rename(self.target)
        sync_folder(str(self.target.parent))
        remove(outgoing)


def flush(file: Path) -> None:
    """Have a file that was written on the disk."""
    descriptor = os.open(file, open_files.READ_AND_WRITE)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a whole folder, if it is there; a link goes, not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
