"""A folder of voices: recordings of people whose names are known. Reads no sound."""

import os
import re
from collections.abc import Iterator
from typing import NoReturn

from qasr_cli.core.text import canonical
from qasr_cli.core.types import MediaFile
from qasr_cli.core.voice_types import VoiceFile
from qasr_cli.errors import UsageError
from qasr_cli.media.discover import discover
from qasr_cli.storage.files import sha256_of_file
from qasr_cli.storage.near_names import reason_of

# What speakers are called of whom nobody knows the name.
_NUMBERED = re.compile(r"(?:Speaker|Voice|left|right) [0-9]+")


def voice_files(folder: str) -> tuple[VoiceFile, ...]:
    """The recordings of a folder, each with the name of who speaks in it.

    That is the name of the file, or of the folder below this one that it lies in.

    Raises:
        UsageError: the folder or a file cannot be read, there is none, or a name is nobody's.
    """
    try:
        os.listdir(folder)
    except OSError as error:
        raise UsageError(f"--voices {folder}: {reason_of(error)}") from error
    found = tuple(_voice_files_in(folder))
    if not found:
        raise UsageError(
            f"--voices {folder}: no recordings in it; each is called as who speaks in it: Anna.wav"
        )
    return found


def _voice_files_in(folder: str) -> Iterator[VoiceFile]:
    def refuse(path: str, error: OSError) -> NoReturn:
        raise UsageError(f"--voices {path}: {reason_of(error)}") from error

    for media in discover(folder, recursive=True, follow_links=True, on_unreadable=refuse):
        name = _name_in(media)
        if not name:
            raise UsageError(f"--voices {media.path}: call it as who speaks in it: Anna.wav")
        if _NUMBERED.fullmatch(name):
            raise UsageError(
                f"--voices {media.path}: {name} is what somebody unknown is called; "
                f"give it another name"
            )
        try:
            sha256 = sha256_of_file(media.path)
        except OSError as error:
            refuse(media.path, error)
        yield VoiceFile(name=name, path=media.path, sha256=sha256)


def _name_in(media: MediaFile) -> str:
    first, _, below = media.relative_path.partition("/")
    return canonical(first if below else os.path.splitext(first)[0]).strip()
