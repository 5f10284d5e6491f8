"""What a browser plays of a job: its recording, or else copies of its sound and its picture."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import InputError, QasrError, UsageError
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.jumping.jump import Jumper
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.playing import picture, proxy
from qasr_cli.media.playing.playable import is_playable
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions
from qasr_cli.serve.jobs.folder import Accepted, JobFolder, not_kept
from qasr_cli.serve.jobs.job import Playable
from qasr_cli.serve.orders.orders import refusal_of
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.files import sync

# What keeps a time for every packet; of the others a decoder does not know where it is after a jump
# before something that is known was found.
_TIMED = frozenset(("asf", "avi", "flac", "matroska", "mov", "wav", "w64", "aiff", "caf", "au"))

_PART_SUFFIX = ".part"  # of what is not whole yet


class Copy(StrEnum):
    """A copy of a recording for players, by the name of its file."""

    SOUND = "sound.webm"
    PICTURE = "picture.mp4"

    @property
    def media_type(self) -> str:
        """What it is."""
        return proxy.MEDIA_TYPE if self is Copy.SOUND else picture.MEDIA_TYPE


def playable_of(path: str, decode: DecodeOptions) -> Playable:
    """What browsers play of a recording: itself, a copy of its sound, or nothing at all."""
    try:
        return True if is_playable(path, decode) else "proxy"
    except QasrError:
        return False


def has_picture(path: str) -> bool:
    """Whether there is anything to see of a recording."""
    try:
        return picture.has_picture(path)
    except QasrError:
        return False


def kept_copy(folder: JobFolder, copy: Copy) -> str | None:
    """The path of a copy that is made; None where it is not."""
    path = folder.place(copy)
    return path if os.path.exists(path) else None


def write_copy(
    folder: JobFolder,
    accepted: Accepted,
    decode: DecodeOptions,
    copy: Copy,
    *,
    on_share: Callable[[float], None],
) -> str:
    """The path of a copy; it is made once, which takes a while.

    Only one at a time of a job and a kind.

    Args:
        on_share: given again and again how much is done; it may raise, to end this.

    Raises:
        Refused: there is no such thing in it, or the disk is full.
    """
    path = folder.place(copy)
    if os.path.exists(path):
        return path
    part = f"{path}{_PART_SUFFIX}"
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write(copy, folder.media, descriptor, decode, on_share)
            sync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(part, path)
    except FileNotFoundError as error:
        raise Refused(404, "its recording is gone", code="recording_gone") from error
    except OSError as error:
        raise not_kept(error) from error
    except (InputError, UsageError) as error:
        raise refusal_of(error, accepted.name) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    return path


def _write(
    copy: Copy,
    path: str,
    to_fd: int,
    decode: DecodeOptions,
    on_share: Callable[[float], None],
) -> None:
    if copy is Copy.SOUND:
        proxy.write_proxy(path, to_fd, decode=decode, on_look=lambda: on_share(0.0))
    else:
        picture.write_picture(path, to_fd, decode=decode, on_share=on_share)


def remove_parts(folder: JobFolder) -> None:
    """Remove copies that an earlier process had begun to write."""
    for copy in Copy:
        with contextlib.suppress(OSError):
            os.unlink(f"{folder.place(copy)}{_PART_SUFFIX}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundPiece:
    """A piece of the copy of a job's sound, long before all of that is made.

    Attributes:
        landmarks: of the recording, as far as they are known.
        on_look: called again and again; it may raise, to end this.
    """

    folder: JobFolder
    accepted: Accepted
    decode: DecodeOptions
    start_ms: int
    duration_ms: int
    landmarks: Landmarks
    on_look: Callable[[], None]

    def content(self) -> bytes:
        """A file of it alone. Takes a moment.

        Raises:
            Refused: there is no sound in it, or only the whole copy can be had.
        """
        try:
            fd = open_source(self.folder.media)
            try:
                return self._coded(fd, self.folder.media)
            finally:
                os.close(fd)
        except (InputError, UsageError) as error:
            raise refusal_of(error, self.accepted.name) from error

    def _coded(self, fd: int, path: str) -> bytes:
        found = probe(fd, path=path)
        track = choose_track(found, self.decode.audio_track, path=path)
        piece = proxy.Piece(
            start_ms=self.start_ms,
            duration_ms=self.duration_ms,
            miss_ms=self._miss_ms(fd, path, found, track),
        )
        return piece.content(fd, path=path, track=track, on_look=self.on_look)

    def _miss_ms(self, fd: int, path: str, found: Probe, track: AudioTrack) -> float:
        """By how much a jump to it misses.

        Raises:
            Refused: nobody knows.
        """
        if self.start_ms < proxy.JUMPS_FROM_MS:
            return 0.0
        jumper = Jumper(
            fd=fd,
            path=path,
            found=found,
            track=track,
            landmarks=self.landmarks,
            sample_count=None,
            on_look=self.on_look,
        )
        first_sample = self.start_ms * SAMPLE_RATE_HZ // 1000
        jump = jumper.jump_before(first_sample)
        if jump is not None:
            return 1000 * jump.miss_s
        is_contradicted = self.landmarks.before(first_sample) is not None
        if not (is_contradicted or _TIMED.isdisjoint(found.format_names)):
            return 0.0
        message = "its sound cannot be had in pieces; ask for all of it, without start_ms"
        raise Refused(409, message, code="whole_only")
