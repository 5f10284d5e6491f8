"""All sound of a file, piece by piece, in the order in which it is heard.

Of a track whose parameters change or whose time stamps go back, of files that were appended to one
another, and of sound that goes on in another track.
"""

import contextlib
import os
from collections.abc import Generator, Sequence
from functools import partial

from qasr_cli.core.timing import ms_from_samples, samples_from_ms
from qasr_cli.errors import DecodeError, DecoderLost, NoAudioStream
from qasr_cli.media.decoding.account import Account
from qasr_cli.media.decoding.continuation import next_continuation
from qasr_cli.media.decoding.file_ends import uncounted_bytes
from qasr_cli.media.decoding.file_parts import FilePart, parts_by_search, parts_by_structure
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.log import DecoderLog
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.decoding.track import Irregular, TrackDecoder, Way, silence
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.pcm import Pcm

_MOST_CONTINUATIONS = 1000

Pieces = Generator[Pcm]


class Sound:
    """The samples of a file: float32, mono, 16 kHz; not yet bounded, in pieces of any length.

    Args:
        found: what the container claims of the file; of its first file, where it holds several.
        channel: index of the one to hear; None = all of them, mixed.
        max_duration_s: bounds the processor time of each child.
        no_progress_s: how long a child may say nothing.

    Attributes:
        account: what was odd about the sound; complete at the end.
    """

    def __init__(
        self,
        fd: int,
        *,
        path: str,
        found: Probe,
        track: AudioTrack,
        channel: int | None,
        max_duration_s: float,
        no_progress_s: float,
    ) -> None:
        self.account = Account(found)
        self._fd = fd
        self._path = path
        self._found = found
        self._track = track
        self._channel = channel
        self._new_decoder = partial(
            TrackDecoder,
            fd,
            path=path,
            max_duration_s=max_duration_s,
            no_progress_s=no_progress_s,
        )
        self._position = 0  # of the next sample

    def pieces(self) -> Pieces:
        """All of it, once only. Closing the iterator ends the child.

        Raises:
            DecodeError: ffmpeg stopped; also after good pieces. `DecoderLost`: it was ended, or
                does not go on.
        """
        parts = parts_by_structure(self._fd)
        if len(parts) > 1:
            self.account.file_count = len(parts)
            yield from self._files(parts)
        else:
            yield from self._counted(self._file(parts[0], self._found, self._track))
            yield from self._counted(self._continuations())

    def _counted(self, pieces: Pieces) -> Pieces:
        with contextlib.closing(pieces):
            for piece in pieces:
                self._position += len(piece)
                yield piece

    def _files(self, parts: Sequence[FilePart]) -> Pieces:
        """Whole files, one after the other; those after the first as far as they can be read."""
        for part in parts:
            if part.start_byte == 0:
                yield from self._file(part, self._found, self._track)
                continue
            try:
                found = probe(self._fd, path=self._path, part=part)
                self.account.add_claim(found)
                yield from self._file(part, found, _counterpart(self._track, found, self._path))
            except DecoderLost:
                raise
            except (DecodeError, NoAudioStream) as error:
                self.account.note_unreadable(part, error)

    def _file(self, part: FilePart, found: Probe, track: AudioTrack) -> Pieces:
        """One file, or all of them where it turns out to hold more."""
        given_count = 0
        decoder = self._track_decoder(part, found, track, "regular")
        try:
            with contextlib.closing(decoder.pieces()) as pieces:
                for piece in pieces:
                    given_count += len(piece)
                    yield piece
        except Irregular:
            files = parts_by_search(self._fd, part, found.format_names)
            if len(files) > 1:
                self.account.add_files(len(files) - 1)
                anew = self._files(files)
            else:
                anew = self._frames(part, found, track, "by frames")
            yield from _without_first(anew, given_count)
            return
        others: tuple[FilePart, ...] = ()
        if _is_left_unread(self._fd, part, decoder.log):
            first, *rest = parts_by_search(self._fd, part, found.format_names)
            if not _is_read_past(first, decoder.log):
                others = tuple(rest)
        self.account.add(decoder.log, sample_count=given_count, heeds_complaint=not others)
        self.account.add_unread(_uncounted_bytes(self._fd, part), decoder.log, given_count)
        if others:
            self.account.add_files(len(others))
            yield from self._files(others)

    def _frames(self, part: FilePart, found: Probe, track: AudioTrack, way: Way) -> Pieces:
        """A track that does not go on as it begins, or that goes on where another ended."""
        count = 0
        decoder = self._track_decoder(part, found, track, way)
        with contextlib.closing(decoder.pieces()) as pieces:
            for piece in pieces:
                count += len(piece)
                yield piece
        self.account.add(decoder.log, sample_count=count)
        self.account.add_placing(decoder.timeline)

    def _continuations(self) -> Pieces:
        """Sound that goes on in other tracks where this one has ended."""
        heard = {self._track.index}
        for _ in range(_MOST_CONTINUATIONS):
            more = next_continuation(
                self._fd,
                path=self._path,
                found=self._found,
                heard=heard,
                ended=(self._track, *(each.track for each in self.account.continuations)),
                new_tracks=self.account.new_tracks,
                end_ms=ms_from_samples(self._position),
            )
            if more is None:
                return
            self.account.continuations.append(more)
            gap = samples_from_ms(more.start_ms) - self._position
            if gap > 0:
                yield from silence(gap)
            frames = self._frames(more.part, more.found, more.track, "from its first frame")
            # Encoders fill the last frame of the one and begin the other with one of their own.
            yield from _without_first(frames, max(0, -gap))

    def _track_decoder(
        self, part: FilePart, found: Probe, track: AudioTrack, way: Way
    ) -> TrackDecoder:
        channel = None if is_mono(track.channel_layout) else self._channel
        return self._new_decoder(part=part, found=found, track=track, channel=channel, way=way)


def _is_left_unread(fd: int, part: FilePart, log: DecoderLog) -> bool:
    """Whether ffmpeg stopped before the end, or stumbled: there may be another file.

    It stumbles silently, too: it takes the header of an FLV for a packet, and leaps past the end.
    """
    end_byte = os.fstat(fd).st_size if part.end_byte is None else part.end_byte
    # The child reads through our descriptor's own position.
    return bool(log.complaint) or os.lseek(fd, 0, os.SEEK_CUR) != end_byte


def _uncounted_bytes(fd: int, part: FilePart) -> int:
    end_byte = os.fstat(fd).st_size if part.end_byte is None else part.end_byte
    return uncounted_bytes(fd, part.start_byte, end_byte)


def _is_read_past(part: FilePart, log: DecoderLog) -> bool:
    """Whether ffmpeg went on behind the end of a file, and what follows was heard already."""
    if part.end_byte is None or log.packets is None:
        return False
    return log.packets.byte_count > part.end_byte - part.start_byte


def _counterpart(track: AudioTrack, found: Probe, path: str) -> AudioTrack:
    """The track of another file that goes on with this one.

    Raises:
        DecodeError: none of them can be decoded.
    """
    number = min(track.index, len(found.tracks) - 1)
    alike = [other for other in found.tracks if other.language == track.language is not None]
    same = found.tracks[number]
    if alike and same not in alike:
        same = alike[0]
    return choose_track(found, None, path=path) if same.obstacle else same


def _without_first(pieces: Pieces, count: int) -> Pieces:
    with contextlib.closing(pieces):
        for piece in pieces:
            rest = piece[count:]
            count = max(0, count - len(piece))
            if len(rest):
                yield rest
