"""The recording that a saved result is of, for what needs it once more."""

import os
from collections.abc import Iterator

from qasr_cli.errors import UnreadableInput
from qasr_cli.media.embedding.containers import container_of
from qasr_cli.saved.results import place_of


def recording_of(result_path: str, file: str, *, media: str | None) -> str:
    """Path of the recording that a result is of.

    Args:
        result_path: of the result.
        file: what it says that it is of; of other programs only the name of the result.
        media: the recording or a folder, where the user named one; None = where outputs go.

    Raises:
        UnreadableInput: it is not there, and what to do.
    """
    if media is not None and not os.path.isdir(media):
        if os.path.isfile(media):
            return media
        raise UnreadableInput(media, "--media names a recording, or a folder with recordings")
    folder = place_of(result_path).folder_path if media is None else media
    for candidate in _candidates(folder, file):
        if os.path.isfile(candidate):
            return candidate
    name = os.path.basename(file)
    where = "beside it" if media is None else f"in {media}"
    reason = f"no recording {name} is {where}; --media FILE or FOLDER says where it is"
    raise UnreadableInput(result_path, reason)


def _candidates(folder: str, file: str) -> Iterator[str]:
    name = os.path.basename(file)
    if not (os.path.isabs(file) or ".." in file.split("/")):
        yield os.path.join(folder, file)
    yield os.path.join(folder, name)
    # Other programs do not say which suffix it had; one of several would be a guess.
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return
    of_name = [
        entry
        for entry in entries
        if os.path.splitext(entry)[0] == name and container_of(entry) is not None
    ]
    if len(of_name) == 1:
        yield os.path.join(folder, of_name[0])
