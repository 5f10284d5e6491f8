"""What a container says about itself: duration and audio tracks. Claims, not facts.

imageio-ffmpeg brings no ffprobe, so this reads what `ffmpeg -i` prints.
"""

import os
import re
from dataclasses import dataclass, replace
from typing import Literal

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.errors import ChannelNotFound, DecodeError, NoAudioStream, TrackNotFound
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.file_parts import FilePart, parts_by_structure
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.log import LINE, reason_from
from qasr_cli.media.decoding.riff import claimed_ms

_TIME_LIMIT_S = 60.0
_CPU_LIMIT_S = 60
_MAX_DESCRIPTION_BYTES = 8 << 20  # lyrics and chapters are printed, too


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
    """

    index: int
    codec: str
    language: str | None
    sample_rate_hz: int
    channel_layout: str
    start_offset_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a container claims.

    Attributes:
        format_names: of the demuxer ("mov,mp4,m4a,3gp,3g2,mj2" -> six names).
        duration_ms: None when the container does not say.
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
    lines = _description(fd, path, part)
    found = _parsed(lines)
    if found is None:
        reason = reason_from(text for level, text in lines if level == "error")
        raise DecodeError(path, _plain(reason) or "not a media file")
    if not found.tracks:
        raise NoAudioStream(path)
    is_uncertain = found.duration_ms is None or found.is_duration_estimated
    if is_uncertain and "wav" in found.format_names:
        claim_ms = claimed_ms(fd, part)
        if claim_ms is not None:
            return replace(found, duration_ms=claim_ms, is_duration_estimated=False)
    return found


def choose_track(found: Probe, wanted: str | None, *, path: str) -> AudioTrack:
    """The track that `--audio-track` names: a number from 0, or a language in any usual spelling.

    None = the first. A language takes the first track of that language.

    Raises:
        TrackNotFound: there is none; names those there are.
    """
    if wanted is None:
        return found.tracks[0]
    for track in found.tracks:
        if wanted == str(track.index) or _is_same_language(wanted, track.language):
            return track
    raise TrackNotFound(path, wanted, tuple(_spoken_of(track) for track in found.tracks))


def choose_channels(
    track: AudioTrack, wanted: Literal["mix", "left", "right", "split"], *, path: str
) -> tuple[Channel | None, ...]:
    """The channels to hear one after the other; None = all of them, mixed.

    Raises:
        ChannelNotFound: the track has only one, which is no answer to the wish for another.
    """
    if wanted == "mix" or (wanted == "left" and is_mono(track.channel_layout)):
        return (None,)
    if is_mono(track.channel_layout):
        raise ChannelNotFound(path, wanted)
    return CHANNELS if wanted == "split" else (wanted,)


def _spoken_of(track: AudioTrack) -> str:
    return str(track.index) if track.language is None else f"{track.index} ({track.language})"


def _is_same_language(wanted: str, tag: str | None) -> bool:
    if tag is None:
        return False
    if wanted.lower() == tag.lower():
        return True
    # Region and script ("pt-BR") do not matter here.
    names = [language_from_model(value.replace("_", "-").split("-")[0]) for value in (wanted, tag)]
    return names[0] is not None and names[0] == names[1]


# --- what ffmpeg prints -------------------------------------------------------------------------

_INPUT = re.compile(r"^Input #0, ([\w,]+), from ")
_DURATION = re.compile(r"^  Duration: (?:N/A|(\d+):(\d\d):(\d\d)\.(\d\d))")
_FILE_START = re.compile(r", start: (-?\d+\.\d+)")
_AUDIO = re.compile(r"^  Stream #0:\d+(?:\[0x[0-9a-f]+\])?(?:\(([^)]*)\))?: Audio: (\w+)(.*)$")
_SOUND = re.compile(r", (\d+) Hz(?:, ([^,]+))?")
_TRACK_START = re.compile(r", start (-?\d+\.\d+)")


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


def _description(fd: int, path: str, part: FilePart) -> list[tuple[str, str]]:
    """Every line of `ffmpeg -i` as (level, text).

    Levels set ffmpeg's own lines apart from text of the file: continuation lines of a tag carry
    none and are left out.
    """
    command = input_arguments(ffmpeg_path(), fd, verbosity="level+info", part=part)
    printed = bytearray()
    with Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S, merge_errors=True) as child:
        try:
            while piece := child.read(_TIME_LIMIT_S):
                printed += piece
                if len(printed) > _MAX_DESCRIPTION_BYTES:
                    raise DecodeError(path, "the text in its header does not end")
        except TimeoutError as error:
            raise DecodeError(path, f"ffmpeg said nothing for {_TIME_LIMIT_S:g} s") from error
    matches = (LINE.match(line) for line in printed.decode(errors="replace").split("\n"))
    return [(match[2], match[3]) for match in matches if match]


def _parsed(lines: list[tuple[str, str]]) -> Probe | None:
    format_names: tuple[str, ...] | None = None
    duration_ms: int | None = None
    file_start_s = 0.0
    is_estimated = False
    tracks: list[AudioTrack] = []
    for _, text in lines:
        if match := _INPUT.match(text):
            format_names = tuple(match[1].split(","))
        elif match := _DURATION.match(text):
            duration_ms = _ms_from_clock(match) if match[1] else None
            start = _FILE_START.search(text)
            file_start_s = float(start[1]) if start else 0.0
        elif match := _AUDIO.match(text):
            tracks.append(_track(match, index=len(tracks), file_start_s=file_start_s))
        elif text.startswith("Estimating duration from bitrate"):
            is_estimated = True
    if format_names is None:
        return None
    return Probe(
        format_names=format_names,
        duration_ms=duration_ms,
        start_s=file_start_s,
        is_duration_estimated=is_estimated,
        tracks=tuple(tracks),
    )


def _ms_from_clock(match: re.Match[str]) -> int:
    hours, minutes, seconds, hundredths = (int(match[group]) for group in (1, 2, 3, 4))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10


def _track(match: re.Match[str], *, index: int, file_start_s: float) -> AudioTrack:
    tag, codec, details = match.groups()
    sound = _SOUND.search(details)
    start = _TRACK_START.search(details)
    offset_s = float(start[1]) - file_start_s if start else 0.0
    return AudioTrack(
        index=index,
        codec=codec,
        language=None if tag in (None, "", "und") else tag,
        sample_rate_hz=int(sound[1]) if sound else 0,
        channel_layout=(sound[2] or "") if sound else "",
        start_offset_ms=max(0, round(offset_s * 1000)),
    )
