"""From one media file to its clips: probe, decode, condition, split."""

import contextlib
import os
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Channel, Clip, MediaFile, Span
from qasr_cli.core.voice_types import HeardVoices, VoiceActivity
from qasr_cli.errors import DecodeError, EmptyAudio, MediaChanged
from qasr_cli.media.claims import check_not_empty, missing_sound
from qasr_cli.media.condition import normalized, without_rumble
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.decoding.tracks import choice_note, choose_channels, choose_track
from qasr_cli.media.heard_sound import HeardSound, cancelled_warning, heard_sound
from qasr_cli.media.levels import noted_levels
from qasr_cli.media.loudness import QUIET_PEAK_DBFS, LiftedDetector, lifted
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording_summary import RecordingSummary, together, warnings_of
from qasr_cli.media.source import open_source
from qasr_cli.media.split import Stretch, split
from qasr_cli.media.vad import SpeechDetector, detector_for
from qasr_cli.options import DecodeOptions, SplitOptions

Opener = Callable[[], int]
VoicesOf = Callable[[Clip], HeardVoices | None]


class SoundListener(Protocol):
    """Hears all sound of a recording, or of a channel, and says who speaks when."""

    def hear(self, pcm: Pcm, /) -> None:
        """Take the next sound."""
        ...

    def finish(self) -> VoiceActivity:
        """Who speaks when; asked once, behind all sound."""
        ...


ListenerOf = Callable[[Channel | None], SoundListener | None]


class Recording:
    """A file that gives its clips, lazily, in bounded memory.

    Args:
        max_clip_s: what the models take at most; the shorter of this and the user's wish counts.
        language, context: of the clips: a full English name or None; what the recogniser is told.
        open_fd: gives a new descriptor that can seek, which is closed here; by default
            `media.path` is opened.
        on_samples: told of each block's samples; 0 = it is only looked at. May raise, to end this.
        voices_of: how the voices in a clip sound; None where nobody wants to know.
        listener_of: hears a channel, or all together (None), for who speaks when; it may raise.
        completed: adds to the summary what is not heard; may raise, as `on_samples` may.
    """

    def __init__(
        self,
        media: MediaFile,
        *,
        decode: DecodeOptions,
        split: SplitOptions,
        max_clip_s: float | None,
        language: str | None,
        context: str = "",
        open_fd: Opener | None = None,
        on_samples: Callable[[int], None] | None = None,
        voices_of: VoicesOf = lambda _: None,
        listener_of: ListenerOf = lambda _: None,
        completed: Callable[[RecordingSummary], RecordingSummary] = lambda summary: summary,
    ) -> None:
        self._media = media
        self._decode = decode
        self._split = split
        self._max_clip_s = min(split.max_chunk_s, max_clip_s or split.max_chunk_s)
        self._language = language
        self._context = context
        self._open_fd = open_fd or (lambda: open_source(media.path))
        self._on_samples = on_samples or (lambda _: None)
        self._voices_of = voices_of
        self._listener_of = listener_of
        self._completed = completed
        self._found: Probe | None = None
        self._continued_in: set[int] = set()  # numbers of other tracks in which the sound went on
        self._summary: RecordingSummary | None = None
        self._is_heard = False

    def probe(self) -> Probe:
        """What the container claims; asked once.

        Raises:
            UnreadableInput, DecodeError, NoAudioStream: as it says.
        """
        if self._found is None:
            with _closed_in_the_end(self._open_fd()) as fd:
                self._found = probe(fd, path=self._media.path)
        return self._found

    @property
    def summary(self) -> RecordingSummary:
        """Known once `clips` is exhausted."""
        if self._summary is None:
            raise ValueError("clips are still to be taken")
        return self._summary

    @property
    def is_heard(self) -> bool:
        """Whether all sound was decoded, and only what is not heard is still looked at."""
        return self._is_heard

    def clips(self) -> Generator[Clip]:
        """Every stretch of speech, in order, channel by channel; closing it ends the decoder.

        Raises:
            InputError: at any point: the file cannot be done, and clips so far are worthless.
        """
        found = self.probe()
        track = choose_track(found, self._decode.audio_track, path=self._media.path)
        channels = choose_channels(track, self._decode.channels, path=self._media.path)
        summaries = []
        for channel in channels:
            summary = yield from self._clips_of(found, track, channel)
            summaries.append(summary)
        summary = summaries[0] if len(summaries) == 1 else together(summaries)
        note = choice_note(
            found,
            track,
            wanted=self._decode.audio_track,
            also_heard=self._continued_in,
            has_speech=bool(summary.speech),
        )
        if note is not None:
            summary = replace(summary, warnings=(note, *summary.warnings))
        self._is_heard = True
        self._summary = self._completed(summary)

    def _clips_of(
        self, found: Probe, track: AudioTrack, channel: Channel | None
    ) -> Generator[Clip, None, RecordingSummary]:
        speech: list[Span] = []
        levels = array("f")
        is_apart = self._decode.channels == "split"
        listener = self._listener_of(channel if is_apart else None)
        on_look = partial(self._on_samples, 0)
        with _closed_in_the_end(self._open_fd()) as fd, _unchanged(fd, self._media.path):
            sound = heard_sound(
                fd,
                path=self._media.path,
                found=found,
                track=track,
                channel=channel,
                max_duration_s=self._decode.max_duration_s,
                on_look=on_look,
            )
            for stretch in self._stretches(sound, levels if is_apart else None, listener):
                speech += stretch.speech
                yield self._clip(stretch, channel if is_apart else None, is_quiet=sound.lift_db > 0)
            check_not_empty(self._media.path, sound.decoder, found, track)
            missing = missing_sound(fd, sound.decoder, found, track)
            cancelled = cancelled_warning(fd, track=track, sound=sound, on_look=on_look)
        self._continued_in |= sound.decoder.account.continued_in
        return RecordingSummary(
            duration_ms=ms_from_samples(sound.decoder.sample_count),
            speech=tuple(speech),
            warnings=warnings_of(sound, missing, cancelled, is_apart=is_apart),
            levels={channel: levels} if is_apart and channel is not None else {},
            activity={} if listener is None else {channel if is_apart else None: listener.finish()},
        )

    def _stretches(
        self, sound: HeardSound, levels: "array[float] | None", listener: SoundListener | None
    ) -> Iterator[Stretch]:
        # Generators do not close what they read from, and the decoder holds a child.
        with contextlib.closing(sound.blocks) as decoded:
            blocks = _prepared(decoded, self._on_samples, levels, self._decode.highpass_hz)
            blocks = _listened_to(blocks, listener, lift_db=sound.lift_db)
            detector = _detector(self._split, lift_db=sound.lift_db)
            yield from split(blocks, detector=detector, max_clip_s=self._max_clip_s)

    def _clip(self, stretch: Stretch, channel: Channel | None, *, is_quiet: bool) -> Clip:
        span = stretch.span
        name = "/".join((self._media.relative_path, *(() if channel is None else (channel,))))
        clip = Clip(
            clip_id=f"{name}/{span.start_sample}-{span.end_sample}",
            span=span,
            language=self._language,
            pcm=_levelled(stretch.pcm, self._decode.normalize_dbfs, is_quiet=is_quiet),
            context=self._context,
            channel=channel,
            speech=stretch.speech,
        )
        return replace(clip, voices=self._voices_of(clip))


def _detector(options: SplitOptions, *, lift_db: float) -> SpeechDetector:
    detector = detector_for(options.vad)
    return LiftedDetector(detector, lift_db=lift_db) if lift_db else detector


def _levelled(pcm: Pcm, peak_dbfs: float | None, *, is_quiet: bool) -> Pcm:
    if peak_dbfs is None and is_quiet:
        peak_dbfs = QUIET_PEAK_DBFS
    return pcm if peak_dbfs is None else normalized(pcm, peak_dbfs=peak_dbfs)


def _prepared(
    decoded: Iterable[Pcm],
    on_samples: Callable[[int], None],
    levels: "array[float] | None",
    highpass_hz: int | None,
) -> Iterator[Pcm]:
    blocks = _counted(decoded, on_samples)
    if levels is not None:
        blocks = noted_levels(blocks, levels)
    return blocks if highpass_hz is None else without_rumble(blocks, cutoff_hz=highpass_hz)


def _counted(blocks: Iterable[Pcm], on_samples: Callable[[int], None]) -> Iterator[Pcm]:
    for block in blocks:
        on_samples(len(block))
        yield block


def _listened_to(
    blocks: Iterable[Pcm], listener: SoundListener | None, *, lift_db: float
) -> Iterator[Pcm]:
    for block in blocks:
        if listener is not None:
            listener.hear(lifted(block, lift_db=lift_db) if lift_db else block)
        yield block


@contextlib.contextmanager
def _closed_in_the_end(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _unchanged(fd: int, path: str) -> Iterator[None]:
    """Raise `MediaChanged` if the file was written to meanwhile, also when decoding failed."""
    before = os.fstat(fd)
    failure: DecodeError | EmptyAudio | None = None
    try:
        yield
    except (DecodeError, EmptyAudio) as error:
        failure = error
    after = os.fstat(fd)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise MediaChanged(path) from failure
    if failure is not None:
        raise failure
