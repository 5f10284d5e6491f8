"""A copy of a recording with subtitles as one more track: nothing is coded anew, nothing lost.

What the container cannot take is left out only where the picture and the sound do without it, and
it is said. ffmpeg is told so by trial: its muxers refuse before they write a frame.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.errors import DecoderLost, NotEmbedded, NotOnWindows, UsageError
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments, takes_descriptors
from qasr_cli.media.decoding.log import LINE, reason_from
from qasr_cli.media.embedding.containers import Container, container_of
from qasr_cli.media.embedding.contents import Contents, Stream, contents
from qasr_cli.media.source import open_source
from qasr_cli.system import open_files, processes

_STALL_LIMIT_S = 120.0  # it tells twice a second how far it is
_CPU_LIMIT_S, _BYTES_PER_CPU_S = 600, 1 << 20  # copying does a hundred times as many
_SPARE_BYTES = 64 << 20  # a copy may be larger than its source: another index, the subtitles
_MOST_SAID_BYTES = 1 << 20
_REFUSED_STREAM = re.compile(r"Could not find tag for codec .* in stream #(\d+)")
_SHORTER_MS = 2000  # containers count to the end of different tracks
_TEXT_DEMUXERS = {"srt": "srt", "ass": "ass", "vtt": "webvtt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleText:
    """Subtitles to put into a recording.

    Attributes:
        content: the file, in UTF-8.
        format_name: "srt", "ass" or "vtt".
        language: its code of ISO 639-2/T.
    """

    content: bytes
    format_name: str
    language: str


def check_embeddable(path: str) -> None:
    """Find out, without writing, whether a recording has a place for subtitles.

    Raises:
        NotEmbedded: it has none, and why.
        DecodeError, UnreadableInput, UsageError: as `embed`.
    """
    container = _container(path)
    fd = open_source(path)
    try:
        _checked_contents(fd, path, container)
    finally:
        os.close(fd)


def embed(path: str, subtitles: SubtitleText, to_fd: int) -> tuple[str, ...]:
    """Write the copy to an open, empty file; what could not be taken over, a line each.

    Args:
        path: of the recording.
        to_fd: can seek, read and write.

    Raises:
        NotEmbedded: it has no place for them, or ffmpeg cannot copy it.
        DecoderLost, DecodeError: ffmpeg was ended, stands still, or says no end.
        UnreadableInput: it cannot be opened any more.
        UsageError: there is no ffmpeg that can.
        OSError: the disk takes no more.
    """
    container = _container(path)
    fd = open_source(path)
    try:
        before = _checked_contents(fd, path, container)
        with tempfile.TemporaryFile() as text:
            text.write(subtitles.content)
            text.flush()
            muxing = _Muxing(
                path=path,
                fds=(fd, text.fileno(), to_fd),
                container=container,
                subtitles=subtitles,
                before=before,
            )
            left_out = muxing.write()
    finally:
        os.close(fd)
    after = contents(to_fd, path=path)
    return tuple(_losses(before, after, left_out, container))


def _container(path: str) -> Container:
    if not processes.PASSES_DESCRIPTORS:
        raise NotOnWindows("--embed")
    found = container_of(path)
    if found is None:
        kind = os.path.splitext(path)[1] or "a file without a suffix"
        raise NotEmbedded(path, f"{kind} carries no subtitles; mp4, mov, mkv and webm do")
    return found


def _checked_contents(fd: int, path: str, container: Container) -> Contents:
    found = contents(fd, path=path)
    if not found.streams:
        raise NotEmbedded(path, "ffmpeg finds nothing in it that it could copy")
    pictures = [stream for stream in found.streams if stream.is_picture]
    if not pictures:
        raise NotEmbedded(path, "it has no picture that subtitles could stand on")
    for stream in found.streams:
        is_needed = stream.is_picture or stream.kind == "audio"
        if is_needed and container.codecs is not None and stream.codec not in container.codecs:
            raise NotEmbedded(
                path, f"{container.muxer} cannot hold its {stream.codec}; name it .mkv"
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Muxing:
    """One copy in the making; `fds` are source, subtitles and target."""

    path: str
    fds: tuple[int, int, int]
    container: Container
    subtitles: SubtitleText
    before: Contents

    def write(self) -> tuple[Stream, ...]:
        """Write the copy; the streams that it could not take."""
        known = self.container.codecs
        kept = [stream for stream in self.before.streams if not stream.is_of_muxer]
        if known is not None:
            kept = [stream for stream in kept if stream.codec in known]
        while True:
            said = self._run(kept)
            if said is None:
                break
            refused = self._refused(kept, said)
            if not refused:
                reason = reason_from(said) or "and does not say why"
                raise NotEmbedded(self.path, f"ffmpeg cannot copy it: {reason}")
            kept = [stream for stream in kept if stream not in refused]
        return tuple(
            stream
            for stream in self.before.streams
            if stream not in kept and not stream.is_of_muxer
        )

    def _refused(self, kept: Sequence[Stream], said: Sequence[str]) -> list[Stream]:
        """Which streams to try without; none where it would be no copy any more."""
        numbers = [int(match[1]) for match in map(_REFUSED_STREAM.search, said) if match]
        named = [kept[number] for number in numbers if number < len(kept)]
        suspects = named or [stream for stream in kept if stream.kind not in ("video", "audio")]
        if any(stream.is_picture or stream.kind == "audio" for stream in suspects):
            return []
        return suspects

    def _run(self, kept: Sequence[Stream]) -> list[str] | None:
        """What ffmpeg complained of where it failed; None where the copy is whole.

        Raises:
            DecoderLost: it was ended, or stands still.
            OSError: the disk takes no more.
        """
        fd, text_fd, to_fd = self.fds
        size_bytes = os.fstat(fd).st_size
        os.ftruncate(to_fd, 0)
        for descriptor in (text_fd, to_fd):
            os.lseek(descriptor, 0, os.SEEK_SET)
        said = bytearray()
        with Child(
            self._command(kept),
            fd=fd,
            other_fds=(text_fd, to_fd),
            cpu_limit_s=_CPU_LIMIT_S + size_bytes // _BYTES_PER_CPU_S,
            written_limit_bytes=2 * size_bytes + _SPARE_BYTES,
            on_error_output=lambda piece: said.extend(piece[: _MOST_SAID_BYTES - len(said)]),
        ) as child:
            try:
                while child.read(_STALL_LIMIT_S):
                    pass
                code = child.finish(_STALL_LIMIT_S)
            except TimeoutError as error:
                reason = f"ffmpeg copied nothing for {_STALL_LIMIT_S:g} s"
                raise DecoderLost(self.path, reason) from error
        if code == 0:
            return None
        _check_disk(to_fd)
        if code < 0:
            raise DecoderLost(self.path, f"ffmpeg was ended by signal {-code}")
        lines = (LINE.match(line) for line in said.decode(errors="replace").split("\n"))
        return [match[3] for match in lines if match and match[2] in ("error", "fatal")]

    def _command(self, kept: Sequence[Stream]) -> list[str]:
        binary = ffmpeg_path()
        if not takes_descriptors(binary):
            raise UsageError(f"--embed needs ffmpeg 6.0 or later; {binary} is older")
        fd, text_fd, to_fd = self.fds
        maps = [option for stream in kept for option in ("-map", f"0:{stream.number}")]
        return [
            *input_arguments(binary, fd, verbosity="level+info"),
            *("-protocol_whitelist", "fd", "-f", _TEXT_DEMUXERS[self.subtitles.format_name]),
            *("-fd", str(text_fd), "-i", "fd:"),
            *(*maps, "-map", "1:0", "-map_metadata", "0", "-map_chapters", "0"),
            *("-c", "copy", *self._track_options(len(kept)), *self._spellings(kept)),
            # What the source has, it may have, too: TrueHD in MP4 counts as an experiment.
            *("-strict", "experimental", *self._tag_options()),
            # Without version and random numbers: the same copy of the same source.
            *("-fflags", "+bitexact", "-nostats", "-progress", "pipe:1"),
            *("-f", self.container.muxer, "-fd", str(to_fd), "fd:"),
        ]

    def _track_options(self, number: int) -> Iterator[str]:
        """Of the new track, the last one."""
        language = self.container.spelling_of(self.subtitles.language)
        yield from (f"-c:{number}", self.container.codec)
        yield from (f"-metadata:s:{number}", f"language={language}")
        yield from (f"-disposition:{number}", "default")
        if self.container.codec == "mov_text":
            # ffmpeg counts this track in microseconds, in 32 bits: half an hour without a word.
            yield from (f"-bsf:{number}", "setts=time_base=1/1000")
        if self.container.tag:
            yield from (f"-tag:{number}", self.container.tag)

    def _spellings(self, kept: Sequence[Stream]) -> Iterator[str]:
        """Languages of the other tracks where this muxer would not know them again."""
        if self.container.muxer == "mov":
            for number, stream in enumerate(kept):
                spelling = self.container.spelling_of(stream.language)
                if spelling != stream.language:
                    yield from (f"-metadata:s:{number}", f"language={spelling}")

    def _tag_options(self) -> tuple[str, ...]:
        # What cameras note (com.apple.quicktime.location) has no place among the usual tags.
        is_of_camera = any(tag.startswith("com.") for tag in self.before.tags)
        is_mp4 = self.container.muxer in ("mp4", "mov")
        return ("-movflags", "+use_metadata_tags") if is_mp4 and is_of_camera else ()


def _check_disk(fd: int) -> None:
    """Find out whether it was the disk that stopped ffmpeg.

    Raises:
        OSError: it takes no more.
    """
    end_byte = os.lseek(fd, 0, os.SEEK_END)
    open_files.write_at(fd, bytes(_MOST_SAID_BYTES), end_byte)
    os.fsync(fd)


def _losses(
    before: Contents, after: Contents, left_out: Sequence[Stream], container: Container
) -> Iterator[str]:
    """What the copy lacks, a line each."""
    for stream in left_out:
        yield f"the copy is without {stream}: {container.muxer} cannot hold it"
    if after.chapter_count < before.chapter_count:
        yield f"the copy has {after.chapter_count} of {before.chapter_count} chapters"
    missing = sorted(before.tags - after.tags)
    if missing:
        yield f"the copy is without these tags: {', '.join(missing)}"
    if (before.duration_ms or 0) - (after.duration_ms or 0) > _SHORTER_MS:
        yield (
            f"the copy holds {(after.duration_ms or 0) / 1000:.1f} s of "
            f"{(before.duration_ms or 0) / 1000:.1f} s: the recording is damaged"
        )
    if container.muxer != "matroska":  # which has the time code as a tag, chapters as such
        made = [stream.codec for stream in after.streams if stream.is_of_muxer]
        for stream in before.streams:
            if stream.is_of_muxer and stream.codec not in made:
                yield f"the copy is without {stream}"
    yield from _changed_streams(before, after, left_out)


def _changed_streams(
    before: Contents, after: Contents, left_out: Sequence[Stream]
) -> Iterator[str]:
    of_source = [
        stream for stream in before.streams if not stream.is_of_muxer and stream not in left_out
    ]
    copied = [stream for stream in after.streams if not stream.is_of_muxer]
    for stream, copy in zip(of_source, copied, strict=False):
        if stream.language and not copy.language:
            yield f"the copy does not say the language of {stream}"
        if stream.title and stream.title != copy.title:
            yield f"the copy does not have the title of {stream}"
