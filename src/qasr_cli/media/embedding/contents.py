"""All that a container says it holds: what a copy of it is compared with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qasr_cli.media.decoding.file_parts import WHOLE_FILE
from qasr_cli.media.description import DURATION, description, ms_from_clock

# What a muxer writes by itself, whatever the source had.
_OF_THE_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
_STREAM = re.compile(
    r"^ +Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\(([^)]*)\))?: "
    r"(Video|Audio|Subtitle|Data|Attachment|Unknown): (\w+)(.*)"
)
_CHAPTER = re.compile(r"^ +Chapter #0:\d+")
_FILE_TAG = re.compile(r"^    (\S.*?) *: ")
_TITLE = re.compile(r"^ +title +: (.*)$", re.IGNORECASE)
_CODEC_TAG = re.compile(r" \((\w+) / 0x")
_STILL = ("(attached pic)", "(still image)", "(timed thumbnails)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream of a container.

    Attributes:
        number: in the container, from 0.
        kind: "video", "audio", "subtitle", "data", "attachment" or "unknown".
        codec: ffmpeg's name for it, or the container's where it has none.
        language: the container's tag as it stands; "" where it says nothing.
        is_picture: video that moves, not a cover.
        is_of_muxer: made of what is elsewhere in the file: the time code, the chapters.
    """

    number: int
    kind: str
    codec: str
    language: str
    is_picture: bool
    is_of_muxer: bool
    title: str = ""

    def __str__(self) -> str:
        words = (word for word in (self.language, self.title) if word)
        named = f" ({', '.join(words)})" if self.language or self.title else ""
        return f"stream {self.number}: {self.kind}, {self.codec}{named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a container holds.

    Attributes:
        streams: by their numbers.
        tags: names of what it says about the whole file, in lower case.
        duration_ms: as it claims; None where it does not.
    """

    streams: tuple[Stream, ...]
    chapter_count: int
    tags: frozenset[str]
    duration_ms: int | None


def contents(fd: int, *, path: str) -> Contents:
    """What an open container holds.

    Args:
        fd: a descriptor that can seek; its position is changed.
        path: for messages only.

    Raises:
        DecodeError: ffmpeg says nothing, or does not stop.
        UsageError: there is no ffmpeg.
    """
    lines = [text for _, text in description(fd, path, WHOLE_FILE)]
    durations = (match for match in map(DURATION.match, lines) if match and match[1])
    return Contents(
        streams=tuple(sorted(_streams(lines), key=lambda stream: stream.number)),
        chapter_count=sum(_CHAPTER.match(line) is not None for line in lines),
        tags=frozenset(_file_tags(lines)) - _OF_THE_FILE,
        duration_ms=next(map(ms_from_clock, durations), None),
    )


def _streams(lines: list[str]) -> Iterator[Stream]:
    for index, line in enumerate(lines):
        match = _STREAM.match(line)
        if match is None:
            continue
        number, language, kind, codec, rest = match.groups()
        yield Stream(
            number=int(number),
            kind=kind.lower(),
            codec=_name_of(codec, rest),
            language="" if language in (None, "und") else language,
            is_picture=kind == "Video" and not any(mark in rest for mark in _STILL),
            is_of_muxer=kind == "Data" and rest.startswith((" (tmcd /", " (text /")),
            title=_title(lines[index + 1 :]),
        )


def _name_of(codec: str, rest: str) -> str:
    """The container's own name for what ffmpeg has none for."""
    tag = _CODEC_TAG.match(rest)
    return tag[1] if codec == "none" and tag else codec


def _title(following: list[str]) -> str:
    for line in following:
        if _STREAM.match(line):
            break
        if match := _TITLE.match(line):
            return match[1]
    return ""


def _file_tags(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("  Duration:") or _STREAM.match(line):
            return
        if match := _FILE_TAG.match(line):
            yield match[1].lower()
