"""What a container says about itself: duration and audio tracks. Claims, not facts.

imageio-ffmpeg brings no ffprobe, so this reads what `ffmpeg -i` prints.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qasr_cli.errors import DecodeError, NoAudioStream
from qasr_cli.media.decoding.encryption import encrypted_sound
from qasr_cli.media.decoding.file_parts import FilePart, parts_by_structure
from qasr_cli.media.decoding.lengths import asf_end_ms, ends_at_its_last_tag, length_from_end_ms
from qasr_cli.media.decoding.log import reason_from
from qasr_cli.media.decoding.riff import claimed_ms
from qasr_cli.media.description import DURATION, description, ms_from_clock

_IS_ENCRYPTED = "is encrypted (DRM)"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTrack:
    """One audio track of a container.

    Attributes:
        index: among the audio tracks, from 0.
        codec: ffmpeg's name for it.
        language: the container's tag as it stands ("eng"), or None.
        sample_rate_hz: 0 when the container does not say.
        channel_layout: ffmpeg's name for it ("stereo", "5.1(side)", "10 channels").
        start_offset_ms: how long after the file's own start this track begins.
        title: what its maker called it; "" where nothing tells it from others.
        dispositions: what it is marked as, in ffmpeg's words ("default", "visual_impaired").
        is_absent_at_start: ffmpeg found no sound of it where it looked.
        obstacle: why it cannot be decoded, behind "its sound"; "" where nothing is known.
        pid: its number in a transport stream; of other containers whatever they count by.
    """

    index: int
    codec: str
    language: str | None
    sample_rate_hz: int
    channel_layout: str
    start_offset_ms: int
    title: str = ""
    dispositions: frozenset[str] = frozenset()
    is_absent_at_start: bool = False
    obstacle: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a container claims.

    Attributes:
        format_names: of the demuxer ("mov,mp4,m4a,3gp,3g2,mj2" -> six names).
        duration_ms: from the file's own start; None when the container does not say.
        start_s: time stamp of the file's own start.
        is_duration_estimated: guessed by ffmpeg from bit rate and size; may be far off.
        tracks: the audio tracks; never empty.
    """

    format_names: tuple[str, ...]
    duration_ms: int | None
    start_s: float
    is_duration_estimated: bool
    tracks: tuple[AudioTrack, ...]


def probe(fd: int, *, path: str, part: FilePart | None = None) -> Probe:
    """The claims of an open media file; of its first file, where it holds several.

    Args:
        fd: a descriptor that can seek; its position is changed.
        path: for messages only.
        part: the part of the file to look into in place of the first.

    Raises:
        DecodeError: ffmpeg does not take it for a media file.
        NoAudioStream: it holds no sound.
    """
    if os.fstat(fd).st_size == 0:
        raise DecodeError(path, "the file is empty")
    part = part or parts_by_structure(fd)[0]
    lines = description(fd, path, part)
    found = _parsed(lines)
    if found is None:
        reason = reason_from(text for level, text in lines if level == "error")
        if any(_DRM.match(text) for _, text in lines):
            reason = f"its sound {_IS_ENCRYPTED}"
        raise DecodeError(path, _plain(reason) or "not a media file")
    if not found.tracks:
        raise NoAudioStream(path)
    if "mov" in found.format_names:
        found = _with_encryption(found, encrypted_sound(fd, part))
    return _with_length(found, fd, part)


def _with_encryption(found: Probe, is_encrypted: tuple[bool, ...]) -> Probe:
    if len(is_encrypted) != len(found.tracks):  # counted in another way: heed only what is certain
        is_encrypted = (bool(is_encrypted) and all(is_encrypted),) * len(found.tracks)
    tracks = (
        replace(track, obstacle=_IS_ENCRYPTED) if is_locked else track
        for track, is_locked in zip(found.tracks, is_encrypted, strict=True)
    )
    return replace(found, tracks=tuple(tracks))


def _with_length(found: Probe, fd: int, part: FilePart) -> Probe:
    """The same with the length that the container means, where ffmpeg hands on something else."""
    claim_ms, is_estimated = found.duration_ms, found.is_duration_estimated
    if "asf" in found.format_names:
        end_ms = asf_end_ms(fd, part)
        if end_ms is not None:
            claim_ms, is_estimated = length_from_end_ms(end_ms, found.start_s), False
    elif claim_ms is None or is_estimated:
        header_ms = claimed_ms(fd, part) if "wav" in found.format_names else None
        if header_ms is not None:
            claim_ms, is_estimated = header_ms, False
    elif "matroska" in found.format_names or (
        "flv" in found.format_names and ends_at_its_last_tag(fd, part, claim_ms)
    ):
        claim_ms = length_from_end_ms(claim_ms, found.start_s)
    return replace(found, duration_ms=claim_ms, is_duration_estimated=is_estimated)


# --- what ffmpeg prints -------------------------------------------------------------------------

_INPUT = re.compile(r"^Input #0, ([\w,]+), from ")
_FILE_START = re.compile(r", start: (-?\d+\.\d+)")
_AUDIO = re.compile(
    r"^  Stream #0:(\d+)(?:\[0x([0-9a-f]+)\])?(?:\(([^)]*)\))?: Audio: (\w+)(.*?)"
    r"((?: \((?:default|dub|original|comment|lyrics|karaoke|forced|captions|descriptions|metadata|"
    r"hearing.impaired|visual.impaired|clean.effects|non.diegetic|dependent|still.image|multilayer)\))*)$"
)
_MARK = re.compile(r"\(([^)]+)\)")
_SOUND = re.compile(r", (\d+) Hz(?:, ([^,]+))?")
_SAMPLE_FORMAT = re.compile(r", (?:u8|s16|s32|s64|flt|dbl)p?\b")
_CODEC_TAG = re.compile(r"^ \(([^/]+) / 0x")
_TRACK_START = re.compile(r", start (-?\d+\.\d+)")
_TAG = re.compile(r"^      (\w+) *: (.*)$")
# Names of handlers that programs put there by themselves.
_NO_TITLE = re.compile(r"handler|core media|iso media|^(?:sound|audio|soun)$", re.IGNORECASE)
_ABSENT = re.compile(r"^Could not find codec parameters for stream (\d+) \(Audio:")
_UNKNOWN_CODEC = re.compile(r"^Unknown/unsupported AVCodecID (A_.*)\.$")  # of Matroska
_DRM = re.compile(r"^(?:Ext )?DRM protected stream detected")  # of ASF

# What ffmpeg says of files that nobody should have taken for a recording, in plain words.
_PLAIN = (
    (
        re.compile(r"Format not on whitelist|Not detecting m3u8"),
        "not a kind of file that qasr reads",
    ),
    (re.compile(r"Invalid data found when processing input$"), "not a recording, or damaged"),
)


def _plain(reason: str) -> str:
    return next((plain for jargon, plain in _PLAIN if jargon.match(reason)), reason)


def _parsed(lines: list[tuple[str, str]]) -> Probe | None:
    format_names: tuple[str, ...] | None = None
    duration_ms: int | None = None
    file_start_s = 0.0
    is_estimated = False
    announced: list[tuple[re.Match[str], dict[str, str]]] = []
    tags: dict[str, str] = {}
    for _, text in lines:
        if match := _INPUT.match(text):
            format_names = tuple(match[1].split(","))
        elif match := DURATION.match(text):
            duration_ms = ms_from_clock(match) if match[1] else None
            start = _FILE_START.search(text)
            file_start_s = float(start[1]) if start else 0.0
        elif match := _AUDIO.match(text):
            tags = {}
            announced.append((match, tags))
        elif match := _TAG.match(text):
            tags.setdefault(match[1].lower(), match[2])
        elif text.startswith("Estimating duration from bitrate"):
            is_estimated = True
        elif text.rstrip() != "    Metadata:":
            tags = {}  # of something else
    if format_names is None:
        return None
    remarks = _remarks(lines)
    return Probe(
        format_names=format_names,
        duration_ms=duration_ms,
        start_s=file_start_s,
        is_duration_estimated=is_estimated,
        tracks=tuple(
            _track(match, tags, index=index, file_start_s=file_start_s, remarks=remarks)
            for index, (match, tags) in enumerate(announced)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remarks:
    """What ffmpeg says of tracks before it lists them.

    Attributes:
        absent: numbers of streams of which it found too little.
        unknown_codecs: Matroska's names of them, in the order of the tracks.
        is_encrypted: the whole file.
    """

    absent: frozenset[int]
    unknown_codecs: Iterator[str]
    is_encrypted: bool


def _remarks(lines: list[tuple[str, str]]) -> _Remarks:
    texts = [text for _, text in lines]
    return _Remarks(
        absent=frozenset(int(match[1]) for match in map(_ABSENT.match, texts) if match),
        unknown_codecs=iter([match[1] for match in map(_UNKNOWN_CODEC.match, texts) if match]),
        is_encrypted=any(map(_DRM.match, texts)),
    )


def _track(
    match: re.Match[str],
    tags: dict[str, str],
    *,
    index: int,
    file_start_s: float,
    remarks: _Remarks,
) -> AudioTrack:
    number, pid, language, codec, details, marks = match.groups()
    sound = _SOUND.search(details)
    layout = (sound[2] or "") if sound else ""
    start = _TRACK_START.search(details)
    offset_s = float(start[1]) - file_start_s if start else 0.0
    is_absent = sound is None or layout == "0 channels" or int(number) in remarks.absent
    handler = tags.get("handler_name", "")
    obstacle = _obstacle(codec, details, remarks, is_absent=is_absent)
    if "enc_key_id" in tags:  # WebM
        obstacle = _IS_ENCRYPTED
    return AudioTrack(
        index=index,
        codec=codec,
        language=None if language in (None, "", "und") else language,
        sample_rate_hz=int(sound[1]) if sound else 0,
        channel_layout=layout,
        start_offset_ms=max(0, round(offset_s * 1000)),
        title=tags.get("title")
        or tags.get("name")
        or ("" if _NO_TITLE.search(handler) else handler),
        dispositions=frozenset(mark.replace(" ", "_") for mark in _MARK.findall(marks)),
        is_absent_at_start=is_absent,
        obstacle=obstacle,
        pid=None if pid is None else int(pid, 16),
    )


def _obstacle(codec: str, details: str, remarks: _Remarks, *, is_absent: bool) -> str:
    if remarks.is_encrypted:
        return _IS_ENCRYPTED
    if codec == "none":
        tag = _CODEC_TAG.match(details)
        name = tag[1] if tag else next(remarks.unknown_codecs, "")
        return f"has a codec that ffmpeg does not know{name and f' ({name})'}"
    # Of a codec that it can decode, ffmpeg tells the format of samples, or that it found none.
    if not is_absent and not _SAMPLE_FORMAT.search(details):
        return f"has a codec that this ffmpeg does not decode ({codec})"
    return ""
