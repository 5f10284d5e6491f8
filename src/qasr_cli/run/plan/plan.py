"""From what the user named to jobs: one an input, each with its place for outputs."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import FileFailed
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import InputError, UnreadableInput, UsageError
from qasr_cli.formats.registry import format_named
from qasr_cli.media.discover import discover, media_file_from_path
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.jobs import Job, failure_of
from qasr_cli.run.plan.output_names import OutputBase, hotword_paths, output_bases, same_base
from qasr_cli.run.state.store import Store, report_path
from qasr_cli.storage.files import os_errors_as_output_errors

STANDARD_STREAM = "-"
STDIN_NAME = "stdin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Which files of a folder count."""

    recursive: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    follow_links: bool = False
    skip_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """An input that could not even be looked at; `name` and `store` as in a `Job`."""

    outcome: FileFailed
    name: str
    store: Store | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The work of a run.

    Attributes:
        unseen: inputs that failed before the run.
        stores: of every folder that gets a report, also where it holds no recording.
    """

    jobs: tuple[Job, ...]
    unseen: tuple[Unseen, ...] = ()
    stores: tuple[Store, ...] = ()


# --- folders --------------------------------------------------------------------------------------


def jobs_for_folders(
    folders: Sequence[str],
    *,
    output: OutputOptions,
    walk: Walk,
    shard: Shard | None = None,
) -> Plan:
    """The jobs of `qasr batch`.

    With an output folder the walked trees are mirrored in it, each below its folder's name when
    there are several; else outputs and state lie in the walked folders themselves.

    Args:
        shard: leave the files of other parts out. Names of outputs do not hang on it.

    Raises:
        UsageError: a folder is absent or is a file, or one lies inside another.
    """
    roots = _distinct_roots(folders)
    _check_output_dir(output)
    if output.output_dir == STANDARD_STREAM:
        raise UsageError("-o - takes one file: use qasr transcribe FILE -o -")
    shared = (
        None
        if output.output_dir is None
        else Store(os.path.abspath(output.output_dir), shard=shard)
    )
    found: list[tuple[MediaFile, str, Store]] = []
    unseen: list[Unseen] = []
    stores: list[Store] = [] if shared is None else [shared]
    for root, prefix in zip(roots, _prefixes(roots), strict=True):
        store = shared or Store(root, shard=shard)
        if shared is None:
            stores.append(store)

        def note_unseen(
            path: str, error: OSError, root: str = root, prefix: str = prefix, store: Store = store
        ) -> None:
            below = os.path.relpath(path, root).replace(os.sep, "/")
            failed = _failed(path, prefix + below, UnreadableInput(path, error.strerror or "?"))
            name = below if shared is None else prefix + below
            unseen.append(Unseen(outcome=failed, name=name, store=store))

        for media in discover(
            root,
            recursive=walk.recursive,
            include=walk.include,
            exclude=walk.exclude,
            follow_links=walk.follow_links,
            skip_folders=(*walk.skip_folders, *(() if shared is None else (shared.root,))),
            on_unreadable=note_unseen,
        ):
            unique = prefix + media.relative_path
            name = media.relative_path if shared is None else unique
            found.append((replace(media, relative_path=unique), name, store))
    return Plan(
        jobs=tuple(j for j in _folder_jobs(found, output) if _is_taken(j.media, shard)),
        unseen=tuple(u for u in unseen if _is_taken(u.outcome.media, shard)),
        stores=tuple(stores),
    )


def _is_taken(media: MediaFile, shard: Shard | None) -> bool:
    return shard is None or shard.takes(media.relative_path)


def _folder_jobs(
    found: Sequence[tuple[MediaFile, str, Store]], output: OutputOptions
) -> tuple[Job, ...]:
    folder_of = {
        media.relative_path: os.path.dirname(os.path.join(store.root, name))
        for media, name, store in found
    }
    bases = output_bases(
        [media for media, _, _ in found],
        folder_of,
        suffixes=suffixes_of(output),
        reserved={report_path(store.root) for _, _, store in found}
        | _hotword_paths(media for media, _, _ in found),
    )
    return tuple(
        Job(media=media, name=name, base=bases[media.relative_path], store=store)
        for media, name, store in found
    )


def _hotword_paths(files: Iterable[MediaFile]) -> set[str]:
    """What `-f txt` must not write for a recording called `hotwords.mp3`."""
    return {path for media in files for path in hotword_paths(media.path)}


def suffixes_of(output: OutputOptions) -> tuple[str, ...]:
    """Suffixes of the formats that will be written."""
    return tuple(format_named(name).suffix for name in output.formats)


def _check_output_dir(output: OutputOptions) -> None:
    folder = output.output_dir
    if folder == "":
        raise UsageError("-o takes a folder, and got an empty name")
    if folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"-o {folder}: is a file, not a folder")


def _distinct_roots(folders: Sequence[str]) -> tuple[str, ...]:
    roots: list[str] = []
    for folder in folders:
        if os.path.isfile(folder):
            raise UsageError(f"{folder} is a file: use qasr transcribe {folder}")
        if not os.path.isdir(folder):
            raise UsageError(f"{folder}: no such folder")
        root = os.path.realpath(folder)
        if root not in roots:
            roots.append(root)
    for outer in roots:
        for inner in roots:
            if inner != outer and inner.startswith(os.path.join(outer, "")):
                raise UsageError(f"{inner} lies inside {outer}: name only the outer one")
    return tuple(roots)


def _prefixes(roots: Sequence[str]) -> tuple[str, ...]:
    """What sets the files of several folders apart: their names, numbered where alike."""
    if len(roots) == 1:
        return ("",)
    prefixes: list[str] = []
    for root in roots:
        name = os.path.basename(root)
        candidate, number = name, 2
        while candidate + "/" in prefixes:
            candidate, number = f"{name}-{number}", number + 1
        prefixes.append(candidate + "/")
    return tuple(prefixes)


# --- single files ---------------------------------------------------------------------------------


@contextlib.contextmanager
def standard_input(files: Sequence[str]) -> Iterator[int | None]:
    """A descriptor of all of standard input in an unlinked file, when `files` names `-`.

    ffmpeg must be able to seek (an m4a may keep its index at the end), so a pipe is spooled; the
    file has no name, so it is gone with the process.
    """
    if STANDARD_STREAM not in files:
        yield None
        return
    if sys.stdin is None:
        raise UsageError("- reads standard input, which is closed")
    with contextlib.ExitStack() as stack:
        with os_errors_as_output_errors(f"a copy of standard input to {tempfile.gettempdir()}"):
            spool = stack.enter_context(tempfile.TemporaryFile(prefix=".qasr-stdin-"))
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.flush()
        yield spool.fileno()


def check_file_names(files: Sequence[str], *, output: OutputOptions) -> None:
    """Refuse what `qasr transcribe` cannot mean, before any work.

    Raises:
        UsageError: a folder or an address among the files, or a file as the output folder.
    """
    _check_output_dir(output)
    for path in files:
        if os.path.isdir(path):
            raise UsageError(f"{path} is a folder: use qasr batch {path}")
        scheme, separator, _ = path.partition("://")
        if separator and scheme.isalnum() and not os.path.exists(path):
            raise UsageError(f"{path}: qasr reads no addresses; download the file first")


def jobs_for_files(files: Sequence[str], *, output: OutputOptions, spool: int | None) -> Plan:
    """The jobs of `qasr transcribe`.

    Args:
        spool: descriptor of standard input, where `-` is named.

    Raises:
        UsageError: outputs that would collide.
    """
    jobs: list[Job] = []
    unseen: list[Unseen] = []
    seen: set[str] = set()
    for path in files:
        identity = path if path == STANDARD_STREAM else os.path.realpath(path)
        if identity in seen:
            continue
        seen.add(identity)
        try:
            jobs.append(_file_job(path, spool))
        except InputError as error:
            unseen.append(Unseen(outcome=_failed(path, path, error), name=os.path.basename(path)))
    return Plan(jobs=_with_bases(jobs, output), unseen=tuple(unseen))


def _file_job(path: str, spool: int | None) -> Job:
    if path == STANDARD_STREAM and spool is not None:
        stat = os.fstat(spool)
        media = MediaFile(
            path=STDIN_NAME,
            relative_path=STANDARD_STREAM,  # a file may be called "stdin"; this one is "./-"
            size_bytes=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            ctime_ns=stat.st_ctime_ns,
            inode=stat.st_ino,
        )
        opener = _opener_of(spool)
        return Job(media=media, name=STDIN_NAME, base=None, store=None, open_fd=opener)
    media = media_file_from_path(path, path)
    return Job(media=media, name=os.path.basename(path), base=None, store=None)


def _opener_of(spool: int) -> Callable[[], int]:
    def open_again() -> int:
        descriptor = os.dup(spool)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    return open_again


def _failed(path: str, relative_path: str, error: InputError) -> FileFailed:
    media = MediaFile(
        path=path, relative_path=relative_path, size_bytes=0, mtime_ns=0, ctime_ns=0, inode=0
    )
    return failure_of(media, error)


def _with_bases(jobs: Sequence[Job], output: OutputOptions) -> tuple[Job, ...]:
    if output.output_dir == STANDARD_STREAM:
        if len(jobs) > 1 or len(output.formats) > 1:
            raise UsageError("-o - takes one file and one format")
        return tuple(jobs)
    bases = output_bases(
        [job.media for job in jobs],
        {job.media.relative_path: _output_folder(job, output) for job in jobs},
        suffixes=suffixes_of(output),
        reserved=_hotword_paths(job.media for job in jobs),
    )
    if (pair := same_base(bases)) is not None:
        first, second = pair
        raise UsageError(
            f"{first} and {second} would write the same files in {output.output_dir}; "
            f"give them -o folders of their own, or use qasr batch"
        )
    return tuple(replace(job, base=_absolute(bases[job.media.relative_path])) for job in jobs)


def _output_folder(job: Job, output: OutputOptions) -> str:
    if output.output_dir is not None:
        return output.output_dir
    return "" if job.open_fd is not None else os.path.dirname(job.media.path)


def _absolute(base: OutputBase) -> OutputBase:
    return OutputBase(path=os.path.abspath(base.path))
