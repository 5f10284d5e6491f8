"""What is known of a recording once all its clips were taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from qasr_cli.core.counts import counted
from qasr_cli.core.types import Channel, ShotChanges, Span
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.media.heard_sound import HeardSound


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSummary:
    """What is known of a file once all its clips were taken.

    Attributes:
        duration_ms: of the decoded sound.
        speech: regions of speech in it, in order, not overlapping.
        warnings: one line each, for people.
        levels: of each channel, as `core.transcript.channels` takes them, where each was
            heard by itself.
        shot_changes: of its picture; None where nobody wanted to know, or there is none.
        activity: who speaks when, on each channel (None: of all together); empty where nobody
            listened to all of the sound for that.
    """

    duration_ms: int
    speech: tuple[Span, ...]
    warnings: tuple[str, ...]
    levels: Mapping[Channel, Sequence[float]] = field(default_factory=dict)
    shot_changes: ShotChanges | None = None
    activity: Mapping[Channel | None, VoiceActivity] = field(default_factory=dict)


def warnings_of(sound: HeardSound, *others: str | None, is_apart: bool) -> tuple[str, ...]:
    """A line for whatever was not as it should be.

    Args:
        others: what else there is to say, if anything.
        is_apart: each channel is a speaker's, who may well say nothing.
    """
    decoder = sound.decoder
    lines = (*others, sound.channel_warning, None if is_apart else sound.level_warning)
    warnings = [line for line in lines if line is not None]
    if decoder.sample_count == 0:
        warnings = ["holds no sound at all"]
    warnings += decoder.account.lines
    if decoder.repaired_count:
        samples = counted(decoder.repaired_count, "sample was", "samples were")
        warnings.append(f"{samples} not numbers; made silent")
    return tuple(warnings)


def together(summaries: Sequence[RecordingSummary]) -> RecordingSummary:
    """What is known of a file from what is known of its channels."""
    levels: dict[Channel, Sequence[float]] = {}
    activity: dict[Channel | None, VoiceActivity] = {}
    for summary in summaries:
        levels |= summary.levels
        activity |= summary.activity
    return RecordingSummary(
        duration_ms=max(summary.duration_ms for summary in summaries),
        speech=_united(sorted(chain.from_iterable(summary.speech for summary in summaries))),
        warnings=tuple(dict.fromkeys(chain.from_iterable(s.warnings for s in summaries))),
        levels=levels,
        activity=activity,
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
