"""What the recording of a job is, for whoever plays it."""

import os

from qasr_cli.errors import InputError
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.source import open_source

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
