"""What was odd about the sound of a recording: one line each for people."""

from qasr_cli.core.timing import SAMPLE_RATE_HZ, clock_from_ms
from qasr_cli.errors import InputError
from qasr_cli.media.decoding.continuation import Continuation, continued_in
from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.media.decoding.log import DecoderLog, NewTrack
from qasr_cli.media.decoding.probe import Probe
from qasr_cli.media.decoding.timeline import Timeline

_LEAST_LOST_S = 0.05  # a packet or two at a cut
_LEAST_DROPPED_S = 0.5  # tracks drift a little from their time stamps


class Account:
    """Adds up what decoders tell of a recording.

    Attributes:
        claimed_ms: what the containers claim together; None where one claims nothing sure.
        file_count: files that were appended to one another.
        continuations: other tracks in which the sound goes on.
        new_tracks: tracks that no header announced.
    """

    def __init__(self, found: Probe) -> None:
        self.claimed_ms: int | None = 0
        self.file_count = 1
        self.restart_count = 0
        self.continuations: list[Continuation] = []
        self.new_tracks: list[NewTrack] = []
        self._complaint = ""
        self._lost_s = 0.0
        self._dropped_s = 0.0
        self._unread_s = 0.0
        self._unreadable: list[str] = []
        self.add_claim(found)

    def add_claim(self, found: Probe) -> None:
        """Count the length that a file's container claims."""
        if self.claimed_ms is None or found.duration_ms is None or found.is_duration_estimated:
            self.claimed_ms = None
        else:
            self.claimed_ms += found.duration_ms

    def add_files(self, count: int) -> None:
        """Count more files; what the first one claimed is then of another length."""
        self.file_count += count
        self.claimed_ms = None

    def add(self, log: DecoderLog, *, sample_count: int, heeds_complaint: bool = True) -> None:
        """Count what a decoder that reached its end said.

        Args:
            sample_count: what it gave, at 16 kHz.
            heeds_complaint: False where it stumbled over the next file, which is heard by itself.
        """
        if heeds_complaint:
            self._complaint = log.complaint or self._complaint
        self.new_tracks += log.new_tracks
        self._dropped_s += log.dropped_count / SAMPLE_RATE_HZ
        if log.packets is not None and log.packets.frame_count:
            frame_s = sample_count / SAMPLE_RATE_HZ / log.packets.frame_count
            self._lost_s += log.packets.error_count * frame_s

    def add_unread(self, byte_count: int, log: DecoderLog, sample_count: int) -> None:
        """Count what lies behind the sound that a header counts, at the rate of the sound."""
        if byte_count and log.packets is not None and log.packets.byte_count:
            sound_s = sample_count / SAMPLE_RATE_HZ
            self._unread_s += byte_count * sound_s / log.packets.byte_count

    def add_placing(self, timeline: Timeline) -> None:
        """Count what became of frames whose time stamps did not follow one another."""
        self.restart_count += timeline.restart_count
        self._dropped_s += timeline.cut_count / SAMPLE_RATE_HZ

    def note_unreadable(self, part: FilePart, error: InputError) -> None:
        """Note that a file behind the first cannot be read."""
        self._unreadable.append(
            f"what begins at byte {part.start_byte} cannot be read: {error.reason or error}"
        )

    @property
    def continued_in(self) -> set[int]:
        """Numbers of other tracks of the file in which the sound went on."""
        return continued_in(self.continuations)

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each oddity; () where there was none."""
        lines = list(self._unreadable)
        if self.file_count > 1:
            lines.append(f"holds {self.file_count} files, which are heard one after the other")
        lines += (
            f"{clock_from_ms(more.start_ms)}: the sound goes on in another track"
            for more in self.continuations
        )
        if self.restart_count:
            lines.append(
                "time stamps go back or leap; what follows is heard right after what was before"
            )
        if self._dropped_s >= _LEAST_DROPPED_S:
            lines.append(
                f"{self._dropped_s:.1f} s of sound overlap by their times and are left out"
            )
        if self._unread_s >= 1:
            lines.append(
                f"about {self._unread_s:.1f} s more lie behind the sound that its header counts"
            )
        if self._complaint:
            lost = f" (about {self._lost_s:.1f} s)" if self._lost_s >= _LEAST_LOST_S else ""
            lines.append(f"damaged in places, which are left out{lost}: {self._complaint}")
        return tuple(lines)
