"""Sound that goes on in another track of the file, where the track that was heard has ended.

A station that changes the number (PID) of its sound in the middle of a recording does this.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from qasr_cli.core.timing import ms_from_seconds
from qasr_cli.errors import DecodeError, NoAudioStream
from qasr_cli.media.decoding.file_parts import WHOLE_FILE, FilePart
from qasr_cli.media.decoding.log import NewTrack
from qasr_cli.media.decoding.packets import byte_ranges, first_frame_s
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.decoding.tracks import main_track

# Tracks of other formats stand side by side from beginning to end, whatever their lengths.
_FORMATS = frozenset(("mpegts", "mpeg"))
_OVERLAP_MS = 500  # a packet or two of both tracks may cross


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A track that begins where another has ended.

    Attributes:
        start_ms: when, from the start of the file.
    """

    part: FilePart
    found: Probe
    track: AudioTrack
    start_ms: int


def continued_in(continuations: Iterable[Continuation]) -> set[int]:
    """Numbers of the tracks of the whole file in which the sound went on."""
    return {more.track.index for more in continuations if more.part.is_whole_file}


def next_continuation(
    fd: int,
    *,
    path: str,
    found: Probe,
    heard: set[int],
    ended: Collection[AudioTrack],
    new_tracks: Sequence[NewTrack],
    end_ms: int,
) -> Continuation | None:
    """The track that begins next after the sound has ended; None where there is none.

    Args:
        heard: numbers of tracks that are done; those that are no continuation are added.
        ended: the tracks that were heard.
        new_tracks: tracks that the header did not announce.
        end_ms: where the sound heard so far ends.
    """
    if _FORMATS.isdisjoint(found.format_names):
        return None
    candidates = [
        *_announced(fd, found, heard, ended, end_ms),
        *_unannounced(fd, found, new_tracks, ended, end_ms, path=path),
    ]
    if not candidates:
        return None
    first = _first_of(candidates)
    if first.part.is_whole_file:
        heard.add(first.track.index)
    return first


def _first_of(candidates: Sequence[Continuation]) -> Continuation:
    """The earliest; of those that begin together with it, the main one."""
    ordered = sorted(candidates, key=lambda candidate: candidate.start_ms)
    latest_ms = ordered[0].start_ms + _OVERLAP_MS
    together = [candidate for candidate in ordered if candidate.start_ms <= latest_ms]
    main = main_track([candidate.track for candidate in together])
    return next(candidate for candidate in together if candidate.track is main)


def _announced(
    fd: int, found: Probe, heard: set[int], ended: Collection[AudioTrack], end_ms: int
) -> list[Continuation]:
    candidates = []
    for track in found.tracks:
        if track.index in heard:
            continue
        start_s = first_frame_s(fd, track)
        start_ms = None if start_s is None else ms_from_seconds(start_s - found.start_s)
        if start_ms is not None and start_ms < end_ms - _OVERLAP_MS:
            start_ms = end_ms if _lies_behind(fd, ended, track) else None
        if start_ms is None:
            heard.add(track.index)  # beside the other one, or empty
            continue
        candidates.append(
            Continuation(part=WHOLE_FILE, found=found, track=track, start_ms=start_ms)
        )
    return candidates


def _unannounced(
    fd: int,
    found: Probe,
    new_tracks: Sequence[NewTrack],
    ended: Collection[AudioTrack],
    end_ms: int,
    *,
    path: str,
) -> list[Continuation]:
    candidates = []
    for new in new_tracks:
        start_ms = ms_from_seconds(new.at_s - found.start_s)
        if start_ms < end_ms - _OVERLAP_MS:
            if not _lies_behind(fd, ended, new):
                continue
            start_ms = end_ms  # its time stamps begin anew
        part = FilePart(start_byte=new.at_byte)
        try:
            later = probe(fd, path=path, part=part)
        except (DecodeError, NoAudioStream):
            continue
        candidates.append(
            Continuation(part=part, found=later, track=main_track(later.tracks), start_ms=start_ms)
        )
    return candidates


def _lies_behind(fd: int, ended: Collection[AudioTrack], later: AudioTrack | NewTrack) -> bool:
    """Whether a track begins in the file where those that were heard are over.

    Then its time stamps begin anew, as where two recordings were appended to one another.
    """
    ranges = byte_ranges(fd)
    ends = [ranges[track.pid][1] for track in ended if track.pid in ranges]
    if isinstance(later, NewTrack):
        first_byte = later.at_byte
    elif later.pid in ranges:
        first_byte = ranges[later.pid][0]
    else:
        return False
    return bool(ends) and first_byte > max(ends)
