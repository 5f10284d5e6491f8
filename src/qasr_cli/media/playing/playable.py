"""Whether browsers play a recording as it is: by its container, and by what is in it."""

import os

from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.embedding.contents import contents
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

# What Chromium, Firefox and Safari of 2024 have in common, or nearly.
# Source: https://developer.mozilla.org/docs/Web/Media/Guides/Formats/Containers
_PLAYED = {
    "aac": {"aac"},
    "flac": {"flac"},
    "matroska": {"vp8", "vp9", "av1", "vorbis", "opus"},  # which is WebM
    "mov": {"h264", "av1", "vp9", "aac", "mp3", "opus", "flac"},
    "mp3": {"mp3"},
    "ogg": {"vorbis", "opus", "flac"},
    "wav": {
        "pcm_u8",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_alaw",
        "pcm_mulaw",
    },
}

_PLAYED_TRACK = 0  # whatever the others are marked as


def is_playable(path: str, decode: DecodeOptions) -> bool:
    """Whether browsers play its picture and, of its sound, the track that is heard.

    Raises:
        InputError: it is no recording, or holds no sound.
    """
    fd = open_source(path)
    try:
        found = probe(fd, path=path)
        track = choose_track(found, decode.audio_track, path=path)
        held = contents(fd, path=path)
    finally:
        os.close(fd)
    if track.index != _PLAYED_TRACK:
        return False
    known = (_PLAYED[name] for name in found.format_names if name in _PLAYED)
    played = next(known, frozenset[str]())
    shown = (stream for stream in held.streams if stream.kind == "audio" or stream.is_picture)
    return all(stream.codec in played for stream in shown)
