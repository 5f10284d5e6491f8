"""From one media file to its clips: probe, decode, condition, split."""

import contextlib
import os
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_samples
from qasr_cli.core.types import Channel, Clip, MediaFile, Span
from qasr_cli.errors import DecodeError, EmptyAudio, MediaChanged
from qasr_cli.media.condition import normalized, without_rumble
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.packets import another_track_reaches
from qasr_cli.media.decoding.probe import AudioTrack, Probe, choose_channels, choose_track, probe
from qasr_cli.media.levels import noted_levels
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source
from qasr_cli.media.split import Stretch, split
from qasr_cli.media.vad import detector_for
from qasr_cli.options import DecodeOptions, SplitOptions

Opener = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSummary:
    """What is known of a file once all its clips were taken.

    Attributes:
        duration_ms: of the decoded sound.
        speech: regions of speech in it, in order, not overlapping.
        warnings: one line each, for people.
        levels: of each channel, as `core.transcript.channels` takes them, where each was
            heard by itself.
    """

    duration_ms: int
    speech: tuple[Span, ...]
    warnings: tuple[str, ...]
    levels: Mapping[Channel, Sequence[float]] = field(default_factory=dict)


class Recording:
    """A file that gives its clips, lazily, in bounded memory.

    Args:
        max_clip_s: what the models take at most; the shorter of this and the user's wish counts.
        language: full English name to force, or None; handed on to the clips.
        context: what the recogniser is told; handed on to the clips.
        open_fd: gives a new descriptor that can seek, which is closed here; by default
            `media.path` is opened.
        on_samples: told how many samples were decoded, block by block.
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
    ) -> None:
        self._media = media
        self._decode = decode
        self._split = split
        self._max_clip_s = min(split.max_chunk_s, max_clip_s or split.max_chunk_s)
        self._language = language
        self._context = context
        self._open_fd = open_fd or (lambda: open_source(media.path))
        self._on_samples = on_samples or (lambda _: None)
        self._found: Probe | None = None
        self._summary: RecordingSummary | None = None

    def probe(self) -> Probe:
        """What the container claims; asked once.

        Raises:
            UnreadableInput, DecodeError, NoAudioStream: as it says.
        """
        if self._found is None:
            with self._opened() as fd:
                self._found = probe(fd, path=self._media.path)
        return self._found

    @property
    def summary(self) -> RecordingSummary:
        """Known once `clips` is exhausted."""
        if self._summary is None:
            raise ValueError("clips are still to be taken")
        return self._summary

    def clips(self) -> Generator[Clip]:
        """Every stretch of speech, in order, channel after channel where they are apart.

        Closing the iterator ends the decoder.

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
        self._summary = summaries[0] if len(summaries) == 1 else _together(summaries)

    def _clips_of(
        self, found: Probe, track: AudioTrack, channel: Channel | None
    ) -> Generator[Clip, None, RecordingSummary]:
        speech: list[Span] = []
        levels = array("f")
        is_apart = self._decode.channels == "split"
        with self._opened() as fd, _unchanged(fd, self._media.path):
            decoder = Decoder(
                fd,
                path=self._media.path,
                found=found,
                track=track,
                max_duration_s=self._decode.max_duration_s,
                channel=channel,
            )
            for stretch in self._stretches(decoder, levels if is_apart else None):
                speech += stretch.speech
                yield self._clip(stretch, channel if is_apart else None)
            warnings = self._warnings(decoder, found, missing=_missing(fd, decoder, found, track))
        return RecordingSummary(
            duration_ms=ms_from_samples(decoder.sample_count),
            speech=tuple(speech),
            warnings=warnings,
            levels={channel: levels} if is_apart and channel is not None else {},
        )

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        fd = self._open_fd()
        try:
            yield fd
        finally:
            os.close(fd)

    def _stretches(self, decoder: Decoder, levels: "array[float] | None") -> Iterator[Stretch]:
        # Generators do not close what they read from, and the decoder holds a child.
        with contextlib.closing(decoder.blocks()) as decoded:
            blocks: Iterable[Pcm] = self._counted(decoded)
            if levels is not None:
                blocks = noted_levels(blocks, levels)
            if self._decode.highpass_hz is not None:
                blocks = without_rumble(blocks, cutoff_hz=self._decode.highpass_hz)
            yield from split(
                blocks, detector=detector_for(self._split.vad), max_clip_s=self._max_clip_s
            )

    def _counted(self, blocks: Iterable[Pcm]) -> Iterator[Pcm]:
        for block in blocks:
            self._on_samples(len(block))
            yield block

    def _clip(self, stretch: Stretch, channel: Channel | None) -> Clip:
        span, pcm = stretch.span, stretch.pcm
        if self._decode.normalize_dbfs is not None:
            pcm = normalized(pcm, peak_dbfs=self._decode.normalize_dbfs)
        name = "/".join((self._media.relative_path, *(() if channel is None else (channel,))))
        return Clip(
            clip_id=f"{name}/{span.start_sample}-{span.end_sample}",
            span=span,
            language=self._language,
            pcm=pcm,
            context=self._context,
            channel=channel,
            speech=stretch.speech,
        )

    def _warnings(self, decoder: Decoder, found: Probe, *, missing: str | None) -> tuple[str, ...]:
        warnings = []
        if decoder.sample_count == 0:
            if found.duration_ms:
                reason = f"the container claims {found.duration_ms / 1000:g} s"
                raise EmptyAudio(self._media.path, reason)
            warnings.append("holds no sound at all")
        elif missing is not None:
            warnings.append(missing)
        warnings += decoder.account.lines
        if decoder.repaired_count:
            warnings.append(f"{decoder.repaired_count} samples were not numbers; made silent")
        return tuple(warnings)


def _together(summaries: Sequence[RecordingSummary]) -> RecordingSummary:
    """What is known of a file from what is known of its channels."""
    levels: dict[Channel, Sequence[float]] = {}
    for summary in summaries:
        levels |= summary.levels
    return RecordingSummary(
        duration_ms=max(summary.duration_ms for summary in summaries),
        speech=_united(sorted(chain.from_iterable(summary.speech for summary in summaries))),
        warnings=tuple(dict.fromkeys(chain.from_iterable(s.warnings for s in summaries))),
        levels=levels,
    )


def _united(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, with those that overlap or touch made one."""
    united: list[Span] = []
    for span in spans:
        if united and span.start_sample <= united[-1].end_sample:
            last = united.pop()
            end_sample = max(span.end_sample, last.end_sample)
            united.append(Span(start_sample=last.start_sample, end_sample=end_sample))
        else:
            united.append(span)
    return tuple(united)


def _missing(fd: int, decoder: Decoder, found: Probe, track: AudioTrack) -> str | None:
    """How much less sound there is than the container claims; None within max(1 s, 1 %).

    Nor is anything missing where a picture goes on to the claimed end.
    """
    if decoder.account.claimed_ms is None:
        return None
    claimed_s = decoder.account.claimed_ms / 1000
    decoded_s = decoder.sample_count / SAMPLE_RATE_HZ
    slack_s = max(1.0, 0.01 * claimed_s)
    if claimed_s - decoded_s <= slack_s or another_track_reaches(
        fd, track=track, from_s=claimed_s - slack_s, file_start_s=found.start_s
    ):
        return None
    return f"the sound ends after {decoded_s:.1f} s of {claimed_s:.1f} s; is the file complete?"


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
