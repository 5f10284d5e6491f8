"""Whether what has the name of qasr's state is of its kind: asked before any work, not after it."""

import itertools
import os
import stat
from collections.abc import Iterator

from qasr_cli.errors import OutputError
from qasr_cli.run.state.layout import JOURNAL_NAME, results_folder
from qasr_cli.storage.files import os_errors_as_output_errors

# The files of these are named by qasr alone; in the results lie the user's own names.
WORK_FOLDERS = ("spool", "begun")


def check_kinds(state_folder: str, *, own_folder: str, report_path: str) -> None:
    """Refuse to run over a file in the place of a folder, a folder, FIFO ... in that of a file.

    Args:
        own_folder: of the run, where it does only a part of the batch.

    Raises:
        OutputError: it is so, and what to do.
    """
    folders = (state_folder, own_folder, results_folder(state_folder))
    works = _work_folders(state_folder)
    shared = (os.path.join(state_folder, name) for name in ("shards", "lanes", "claims"))
    for folder in (*folders, *works, *shared):
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise _wrong(folder, "folder")
    for file in _own_files({state_folder, own_folder}):
        if os.path.lexists(file) and not stat.S_ISREG(os.lstat(file).st_mode):
            raise _wrong(file, "file")
    # A link there is replaced, as by every run before.
    if os.path.exists(report_path) and not os.path.isfile(report_path):
        raise _wrong(report_path, "file")


def _own_files(folders: set[str]) -> Iterator[str]:
    for folder in sorted(folders):
        yield os.path.join(folder, "lock")
        yield os.path.join(folder, JOURNAL_NAME)


def set_strangers_aside(state_folder: str) -> None:
    """Rename what lies in place of files of work begun and is none: that work begins anew.

    Raises:
        OutputError: it could not be renamed.
    """
    for folder in _work_folders(state_folder):
        if not os.path.isdir(folder):
            continue
        with os_errors_as_output_errors(folder):
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if name.endswith(".jsonl") and not stat.S_ISREG(os.lstat(path).st_mode):
                    os.rename(path, free_name(path))


def _work_folders(state_folder: str) -> tuple[str, ...]:
    return tuple(os.path.join(state_folder, name) for name in WORK_FOLDERS)


def free_name(path: str) -> str:
    """A name that nothing has, for what is set aside from this one."""
    names = (f"{path}.set-aside-{number}" for number in itertools.count(1))
    return next(name for name in names if not os.path.lexists(name))


def _wrong(path: str, wanted: str) -> OutputError:
    return OutputError(path, f"it is no {wanted}, and qasr keeps one of this name; move it away")


def problem_with_place(path: str) -> str | None:
    """Why no file can be put there, whatever the disk says: folders and files in the way, or None.

    A file that is there already is none of these.
    """
    if os.path.isdir(path):
        return "a folder has this name"
    above = os.path.dirname(path)
    while above and not os.path.lexists(above):
        above = os.path.dirname(above)
    return None if not above or os.path.isdir(above) else f"{above} is no folder"
