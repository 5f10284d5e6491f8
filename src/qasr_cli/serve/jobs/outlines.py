"""The outlines of jobs, as far as they are known: made once, looked at meanwhile."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import InputError, QasrError
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.jumping.sketch import sketch
from qasr_cli.media.peaks import FRAMES_A_S, columns_of, outline_of
from qasr_cli.options import DecodeOptions
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.orders.orders import refusal_of
from qasr_cli.storage.documents import DamagedDocument
from qasr_cli.storage.files import write_atomically

_FRAME_MS = 1000 // FRAMES_A_S
_PEAKS_NAME = "peaks.bin"
_LANDMARKS_NAME = "landmarks.bin"
_SOUND_NAME = "sound.json"

_log = logging.getLogger(__name__)


class Peaks(NamedTuple):
    """What a stretch of a recording looks like.

    Attributes:
        duration_s: of its decoded sound; what it claims, while that is not known.
        known_s: how much of it, from its beginning, was decoded; what is behind is a sketch. None =
            all of it.
    """

    columns: bytes
    duration_s: float
    known_s: float | None


@dataclass(slots=True, kw_only=True, eq=False)
class Outline:
    """The outline of one job. A thread makes it; whoever likes looks on.

    Attributes:
        frames: the loudest sample of every hundredth of a second: first those that are known, then
            those of a sketch.
        known_count: of frames.
        sample_count: of the decoded sound; None while it is not known.
        is_kept: the disk has it.
        making: done once it is known; None where nobody has begun.
    """

    frames: bytearray = field(default_factory=bytearray)
    known_count: int = 0
    sample_count: int | None = None
    landmarks: Landmarks = field(default_factory=Landmarks)
    is_kept: bool = False
    making: asyncio.Future[None] | None = None

    def peaks(self, *, start_ms: int, end_ms: int | None, column_count: int) -> Peaks:
        """The loudest sample of each of so many equal parts of a stretch, as 0 to 255.

        Args:
            end_ms: None = its end.
        """
        frames, sample_count = bytes(self.frames), self.sample_count
        first = start_ms // _FRAME_MS
        end = len(frames) if end_ms is None else -(-end_ms // _FRAME_MS)
        columns = columns_of(
            frames, first_frame=first, end_frame=max(end, first + 1), column_count=column_count
        )
        if sample_count is not None:
            return Peaks(columns, sample_count / SAMPLE_RATE_HZ, None)
        return Peaks(columns, len(frames) / FRAMES_A_S, self.known_count / FRAMES_A_S)

    def make(
        self,
        folder: JobFolder,
        accepted: Accepted,
        decode: DecodeOptions,
        go_on: Callable[[], None],
    ) -> None:
        """Decode all of the recording, and keep what was found. Takes a while.

        Args:
            go_on: called again and again; it may raise, to end this.

        Raises:
            Refused: it cannot be decoded.
        """
        self.frames, self.known_count, self.landmarks = bytearray(), 0, Landmarks()
        try:
            sketch(
                folder.media,
                decode=decode,
                on_duration=self._claim,
                on_look=_heeding(go_on, self._look),
            )
            whole = outline_of(
                folder.media,
                decode=decode,
                landmarks=self.landmarks,
                on_frames=_heeding(go_on, self._add),
            )
        except InputError as error:
            raise refusal_of(error, accepted.name) from error
        self.frames = bytearray(whole.frames)
        self.known_count = len(self.frames)
        self.sample_count = whole.sample_count
        if _is_wanted(folder):
            self._keep(folder)

    def _keep(self, folder: JobFolder) -> None:
        try:
            write_atomically(folder.place(_LANDMARKS_NAME), self.landmarks.content)
            write_atomically(folder.place(_PEAKS_NAME), bytes(self.frames))
            folder.write(_SOUND_NAME, {"sample_count": self.sample_count})
        except QasrError as error:  # a full disk: it is known all the same, until the process ends
            _log.warning("job %s: its outline is not kept: %s", folder.id, error)
        else:
            self.is_kept = True

    def _claim(self, duration_ms: int) -> None:
        self.frames = bytearray(duration_ms // _FRAME_MS)

    def _look(self, loudest: int, start_ms: int, end_ms: int) -> None:
        first, end = start_ms // _FRAME_MS, end_ms // _FRAME_MS
        self.frames[first:end] = bytes([loudest]) * (end - first)

    def _add(self, frames: bytes) -> None:
        known_count = self.known_count + len(frames)
        self.frames[self.known_count : known_count] = frames
        self.known_count = known_count


def _is_wanted(folder: JobFolder) -> bool:
    """Whether its job was not removed meanwhile; one of a recording outside never is."""
    return folder.recording is not None or os.path.exists(folder.place("job.json"))


def kept_outline(folder: JobFolder) -> Outline | None:
    """The one that was made before; None where there is none."""
    sample_count = _kept_sample_count(folder)
    with contextlib.suppress(OSError), open(folder.place(_PEAKS_NAME), "rb") as file:
        frames = bytearray(file.read())
        if sample_count is not None:
            return Outline(frames=frames, known_count=len(frames), sample_count=sample_count)
    return None


def kept_landmarks(folder: JobFolder) -> tuple[Landmarks, int | None]:
    """The landmarks that were found before, and how many samples the recording has."""
    with (
        contextlib.suppress(OSError),  # earlier versions kept none
        open(folder.place(_LANDMARKS_NAME), "rb") as file,
    ):
        return Landmarks(file.read()), _kept_sample_count(folder)
    return Landmarks(), None


def _kept_sample_count(folder: JobFolder) -> int | None:
    with contextlib.suppress(DamagedDocument):
        return folder.read(_SOUND_NAME, lambda fields: fields.whole("sample_count"))
    return None


def _heeding(go_on: Callable[[], None], take: Callable[..., None]) -> Callable[..., None]:
    def taken(*what: object) -> None:
        go_on()
        take(*what)

    return taken
