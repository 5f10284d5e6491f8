"""The recording of a job, for whoever plays or draws it."""

import contextlib
import os
from collections.abc import Callable
from typing import NamedTuple

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import InputError
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.peaks import FRAMES_A_S, Outline, columns_of, outline_of
from qasr_cli.media.source import open_source
from qasr_cli.options import Options
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.orders.orders import refusal_of
from qasr_cli.storage.documents import DamagedDocument
from qasr_cli.storage.files import write_atomically

_FRAME_MS = 1000 // FRAMES_A_S
_PEAKS_NAME = "peaks.bin"
_SOUND_NAME = "sound.json"
# A browser runs what it is told is a page, whatever was sent as a recording: these it only plays.
_MEDIA_TYPES = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "matroska": "video/webm",
    "mov": "video/mp4",
    "mp3": "audio/mpeg",
    "mpegts": "video/mp2t",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
UNKNOWN_TYPE = "application/octet-stream"


class Peaks(NamedTuple):
    """What a recording looks like, and how long its decoded sound is."""

    columns: bytes
    duration_s: float


def media_type_of(path: str) -> str:
    """What a recording is, by its container; `UNKNOWN_TYPE` where nobody should play it."""
    try:
        fd = open_source(path)
        try:
            names = probe(fd, path=path).format_names
        finally:
            os.close(fd)
    except InputError:
        return UNKNOWN_TYPE
    return next((_MEDIA_TYPES[name] for name in names if name in _MEDIA_TYPES), UNKNOWN_TYPE)


def peaks_of_job(
    folder: JobFolder,
    accepted: Accepted,
    options: Options,
    *,
    start_ms: int,
    end_ms: int | None,
    column_count: int,
    on_look: Callable[[], None] = lambda: None,
) -> Peaks:
    """The loudest sample of each of so many equal parts of a stretch, as 0 to 255.

    The recording is gone through once, and what is needed of it kept.

    Args:
        options: of the service.
        end_ms: None = its end.
        on_look: as `outline_of` has it.

    Raises:
        Refused: it cannot be decoded.
    """
    outline = _kept(folder) or _made(folder, accepted, options, on_look)
    first = start_ms // _FRAME_MS
    end = len(outline.frames) if end_ms is None else -(-end_ms // _FRAME_MS)
    columns = columns_of(
        outline.frames,
        first_frame=first,
        end_frame=max(end, first + 1),
        column_count=column_count,
    )
    return Peaks(columns=columns, duration_s=outline.sample_count / SAMPLE_RATE_HZ)


def _made(
    folder: JobFolder, accepted: Accepted, options: Options, on_look: Callable[[], None]
) -> Outline:
    decode = accepted.asked.options_over(options).decode
    try:
        outline = outline_of(folder.media, decode=decode, on_look=on_look)
    except InputError as error:
        raise refusal_of(error, accepted.name) from error
    if os.path.exists(folder.place("job.json")):  # else it was removed meanwhile
        write_atomically(folder.place(_PEAKS_NAME), outline.frames)
        folder.write(_SOUND_NAME, {"sample_count": outline.sample_count})
    return outline


def _kept(folder: JobFolder) -> Outline | None:
    with contextlib.suppress(OSError, DamagedDocument):
        sample_count = folder.read(_SOUND_NAME, lambda fields: fields.whole("sample_count"))
        with open(folder.place(_PEAKS_NAME), "rb") as file:
            frames = file.read()
        if sample_count is not None:
            return Outline(frames=frames, sample_count=sample_count)
    return None
