"""How often the process died at work on a job, so that none can stop the service for ever.

Only deaths count between which nothing more of the recording was heard: whoever is killed for other
reasons, however often, still gets further, and a recording over which the models die does not.
"""

import contextlib
import os

from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.serve.jobs.folder import JobFolder
from qasr_cli.storage.documents import DamagedDocument, Fields

# More than a batch allows: there others are in work by chance, here each suspect is alone, and who
# sent it has nobody to ask for another try.
MOST_DEATHS = 10
_MARK = "begun.json"


def deaths_of(folder: JobFolder) -> int:
    """How often in a row the process died at work on a job that is at rest now."""

    def read(fields: Fields) -> int:
        gets_further = _heard_bytes(folder) > fields.whole("heard_bytes")
        return 0 if gets_further else fields.whole("deaths") + 1

    with contextlib.suppress(DamagedDocument):
        return folder.read(_MARK, read) or 0
    return 1


def begin(folder: JobFolder, *, deaths: int) -> None:
    """Note that work on a job begins, after so many deaths.

    Raises:
        OutputError, OutputRefused: the disk takes no more.
    """
    folder.write(_MARK, {"deaths": deaths, "heard_bytes": _heard_bytes(folder)})


def take_back(folder: JobFolder) -> None:
    """Note that the process goes on, or ends on purpose."""
    with contextlib.suppress(OSError):
        os.unlink(folder.place(_MARK))


def _heard_bytes(folder: JobFolder) -> int:
    """Size of what is kept of the clips that were heard."""
    spools = os.path.join(folder.place(STATE_FOLDER), "spool")
    try:
        with os.scandir(spools) as entries:
            return sum(entry.stat().st_size for entry in entries)
    except OSError:
        return 0
