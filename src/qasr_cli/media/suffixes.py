"""Which names are those of recordings, and which first bytes make one where a name leaves doubt."""

import os
import re

from qasr_cli.media.source import open_source
from qasr_cli.system.open_files import read_at

# What ffmpeg's allow-listed demuxers (media.decoding.ffmpeg) read, by the names in use for it.
_SOUND_SUFFIXES = (
    "3ga aac ac3 adts aif aifc aiff amr au awb bwf caf eac3 ec3 f4a f4b flac m2a m4a m4b m4r mka "
    "mp1 mp2 mp3 mpa mpga oga ogg ogx opus qta ra rf64 snd spx tta w64 wav wave weba wma wv"
)
_VIDEO_SUFFIXES = (
    "3g2 3gp 3gp2 3gpp 3gpp2 asf avi divx dvr-ms evo f4v flv ismv m2p m2t m2ts m4v mk3d mkv mov "
    "mp4 mpe mpeg mpg mqv mxf ogm ogv qt rm rmvb tod trp vob vro webm wm wmv xvid"
)
# TypeScript and translations of Qt; modules of TypeScript; modules of Go and of trackers ...
_SHARED_SUFFIXES = "mod mts rec tp ts"

VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEO_SUFFIXES.split())
MEDIA_SUFFIXES = VIDEO_SUFFIXES | {f".{name}" for name in _SOUND_SUFFIXES.split()}
SHARED_SUFFIXES = frozenset(f".{name}" for name in _SHARED_SUFFIXES.split())

# At the very beginning of a file, of every allow-listed container that has such a sign.
_SIGNS = (
    *(b"riff.\x91\xcf\x11", b"caff", b".snd"),
    *(b"fLaC", b"OggS", b"wvpk", b"TTA1", b"#!AMR", b"\x0b\x77", b"FLV\x01"),
    # Frames of MPEG sound and of AAC; not 0xfe, with which UTF-16 begins.
    *(bytes((0xFF, second)) for second in range(0xF0, 0xFE)),
    b"\x1a\x45\xdf\xa3",  # Matroska
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    b"\x00\x00\x01\xba",  # the first pack of an MPEG programme stream, as camcorders write it
    b"\x06\x0e\x2b\x34",  # MXF
    *(b".RMF", b".ra\xfd"),
)
_TYPED_SIGNS = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM")  # the kind of content stands at 8
_TYPES = frozenset(
    {b"WAVE", b"AVI ", b"AVI\x19", b"AVIX", b"AMV ", b"CDXA", b"RMP3", b"AIFF", b"AIFC"}
)
_ID3 = re.compile(rb"ID3[\x02-\x04][^\xff][\x00-\xff][\x00-\x7f]{4}", re.DOTALL)
_BOX_NAMES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})  # at 4: mov

# MPEG transport streams: a packet begins with this byte. They have 188 bytes, 4 more before them
# on camcorders and discs, 16 more behind them from some receivers.
_SYNC = b"\x47"
_PACKET_BYTES = (188, 192, 204)
_PACKET_COUNT = 5
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_TEXT_BYTES = 512  # no recording has so many without one of these
_NOT_PRINTABLE = re.compile(rb"[^\t\n\r\x20-\x7e]")
_HEAD_BYTES = 16_384  # receivers put up to 4 KB of their own first, and cut where they like


def suffix_of(name: str) -> str:
    """The extension in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()


def begins_like_recording(path: str) -> bool:
    """Whether the first bytes of a file are those of a recording; an empty one has none.

    Raises:
        UnreadableInput: it cannot be opened, or is not a regular file any more.
        OSError: it cannot be read.
    """
    descriptor = open_source(path)
    try:
        head = read_at(descriptor, _HEAD_BYTES, 0)
    finally:
        os.close(descriptor)
    if not _CONTROL.search(head, 0, _TEXT_BYTES):
        return False  # words that a text may begin with are signs of recordings, too
    return head.startswith(_SIGNS) or _begins_with_header(head) or _has_packets(head)


def _begins_with_header(head: bytes) -> bool:
    """Whether fields that stand at the beginning are as in a container, not only a word."""
    if head.startswith(_TYPED_SIGNS):
        return head[8:12] in _TYPES
    is_box = head[4:8] in _BOX_NAMES and _NOT_PRINTABLE.search(head, 0, 4) is not None
    return is_box or _ID3.match(head) is not None


def _has_packets(head: bytes) -> bool:
    start = head.find(_SYNC)
    while start >= 0:
        for size in _PACKET_BYTES:
            end = start + size * _PACKET_COUNT
            if head[start:end:size] == _SYNC * _PACKET_COUNT:
                return True
        start = head.find(_SYNC, start + 1)
    return False
