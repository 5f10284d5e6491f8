"""Refusals, before any work, of files and folders that make no sense as they were named."""

import os
from collections.abc import Sequence

from qasr_cli.errors import UsageError
from qasr_cli.options import OutputOptions


def check_file_names(files: Sequence[str], *, output: OutputOptions) -> None:
    """Refuse names that `qasr transcribe` can do nothing with, before any work.

    Raises:
        UsageError: a folder or an address among the files, or a file as the output folder.
    """
    check_output_dir(output)
    for path in files:
        if os.path.isdir(path):
            raise UsageError(f"{path} is a folder: use qasr batch {path}")
        scheme, separator, _ = path.partition("://")
        if separator and scheme.isalnum() and not os.path.exists(path):
            raise UsageError(f"{path}: qasr reads no addresses; download the file first")


def check_output_dir(output: OutputOptions) -> None:
    """Refuse an output folder that has no name, or is a file.

    Raises:
        UsageError: it is so.
    """
    folder = output.output_dir
    if folder == "":
        raise UsageError("-o takes a folder, and got an empty name")
    if folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"-o {folder}: is a file, not a folder")
