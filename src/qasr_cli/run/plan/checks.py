"""Refusals, before any work, of files and folders that make no sense as they were named."""

import os
import shlex
import sys
from collections.abc import Iterable, Sequence

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.errors import UsageError
from qasr_cli.formats.registry import all_suffixes
from qasr_cli.media.suffixes import MEDIA_SUFFIXES
from qasr_cli.options import OutputOptions

_SUFFIXES_OF_FILES = MEDIA_SUFFIXES | all_suffixes()


def check_file_names(files: Sequence[str], *, output: OutputOptions) -> None:
    """Refuse names that `qasr transcribe` can do nothing with, before any work.

    Raises:
        UsageError: a folder or an address among the files, or a file as the output folder.
    """
    check_output_dir(output.output_dir)
    for path in files:
        if os.path.isdir(path):
            raise UsageError(f"{path} is a folder: use qasr batch {path}")
        scheme, separator, _ = path.partition("://")
        if separator and scheme.isalnum() and not os.path.exists(path):
            raise UsageError(f"{path}: qasr reads no addresses; download the file first")


def check_one_picture(options: Iterable[CueOptions]) -> None:
    """Refuse one list of cuts for several pictures.

    Args:
        options: of each recording; the same object for those with the same options.

    Raises:
        UsageError: it is for several.
    """
    seen = set()
    for each in options:
        if not isinstance(each.shot_changes, tuple):
            continue
        if id(each) in seen:
            raise UsageError(
                "--shot-changes FILE is for one recording: its cuts are of one picture; "
                "--shot-changes auto finds those of each"
            )
        seen.add(id(each))


def check_names_are_utf8(paths: Iterable[str]) -> None:
    """Refuse to work on names in another encoding: the state would be that of other files.

    The command line is always in UTF-8 mode; a program that calls qasr may not be.

    Raises:
        UsageError: Python reads names in another encoding, and one of these is not ASCII.
    """
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8" and not all(map(str.isascii, paths)):
        raise UsageError(
            f"this Python reads the names of files as {encoding}; "
            f"start it with -X utf8, or with PYTHONUTF8=1"
        )


def check_output_dir(folder: str | None) -> None:
    """Refuse an output folder that has no name, or is a file, or one to all appearances.

    Raises:
        UsageError: it is so.
    """
    if folder == "":
        raise UsageError("-o takes a folder, and got an empty name")
    if folder is None or os.path.isdir(folder):
        return
    if os.path.exists(folder):
        raise UsageError(f"-o {folder}: is a file, not a folder")
    if os.path.splitext(folder)[1].lower() in _SUFFIXES_OF_FILES:
        raise UsageError(
            f"-o {folder}: takes a folder, and this is the name of a file; "
            f"one file goes there by -o - > {shlex.quote(folder)}"
        )
