"""Every bad input that the tests hand in, made when it is needed: no binary files are kept.

Each case says what must become of it: "done", the name of an error, or "absent" for what is no
recording and must not be in the report at all.
"""

import wave
from pathlib import Path

from tests.faults.bad_inputs import (
    cut_off,
    damaged,
    file_names,
    not_media,
    playlists,
    special_files,
    too_long,
    unusual,
    without_sound,
    wrong_headers,
)
from tests.faults.bad_inputs.case import Case
from tests.faults.bad_inputs.contents import pcm16
from tests.faults.bad_inputs.workshop import PRIVATE, RATE_HZ, Workshop


def cases() -> list[Case]:
    """The whole corpus."""
    return [
        *not_media.cases(),
        *cut_off.cases(),
        *damaged.cases(),
        *without_sound.cases(),
        *unusual.cases(),
        *wrong_headers.cases(),
        *too_long.cases(),
        *playlists.cases(),
        *file_names.cases(),
        *special_files.cases(),
    ]


def build(corpus: list[Case], folder: Path, workshop: Workshop) -> None:
    """Write the cases into a folder, and the private file beside it."""
    private = workshop.folder.parent / PRIVATE
    private.parent.mkdir()
    with wave.open(str(private), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(pcm16(workshop))
    for case in corpus:
        path = folder / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if case.place is not None:
            case.place(path)
        elif case.make is not None:
            path.write_bytes(case.make(workshop))
