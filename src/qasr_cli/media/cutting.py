"""Where a recording is cut into clips: from regions of speech to spans. Pure; sees no samples."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qasr_cli.core.timing import SAMPLES_PER_MS, samples_from_ms
from qasr_cli.core.types import Span

# A pause this long ends a clip: the aligner tends to place words in silence, and people who take
# turns, or change language, leave about as much.
BREAK_SAMPLES = samples_from_ms(1500)
# Less speech than this has too little around it to be understood, so it joins a neighbour ...
_SHORT_SAMPLES = samples_from_ms(1000)
# ... unless it is this far away.
_SHORT_BREAK_SAMPLES = samples_from_ms(4000)
# Of the silence around speech: detectors cut the soft start and end of words.
PAD_SAMPLES = samples_from_ms(250)

Quietest = Callable[[int, int], int]


# --- from probabilities to regions --------------------------------------------------------------


class SpeechRegions:
    """Regions of speech, found frame by frame; the last one may still grow.

    Attributes:
        pending: in order; who uses them takes them away from the front.
    """

    # Source: silero-vad's defaults: threshold 0.5, neg_threshold 0.15 below, pauses of 100 ms.
    _ENTER = 0.5
    _STAY = 0.35
    _PAUSE_FRAMES = 4

    def __init__(self, *, frame_samples: int) -> None:
        self.pending: list[Span] = []
        self._frame_samples = frame_samples
        self._heard_samples = 0
        self._is_speech = False

    def push(self, probabilities: Iterable[float]) -> None:
        """Take in the next frames."""
        for probability in probabilities:
            self._is_speech = probability >= (self._STAY if self._is_speech else self._ENTER)
            if self._is_speech:
                self._grow(self._heard_samples)
            self._heard_samples += self._frame_samples

    def end_at(self, sample_count: int) -> None:
        """Let the last region end where the recording does, inside the last frame."""
        if self.pending and self.pending[-1].end_sample > sample_count:
            last = self.pending.pop()
            self.pending.append(Span(start_sample=last.start_sample, end_sample=sample_count))

    def _grow(self, start_sample: int) -> None:
        end_sample = start_sample + self._frame_samples
        pause_samples = self._PAUSE_FRAMES * self._frame_samples
        if self.pending and start_sample - self.pending[-1].end_sample < pause_samples:
            start_sample = self.pending.pop().start_sample
        self.pending.append(Span(start_sample=start_sample, end_sample=end_sample))


# --- from regions to clips ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """One clip as planned, before its sound is read.

    Attributes:
        span: what the clip holds: speech, the pauses inside it, a little silence around it.
        speech: regions of speech in it, in order.
        rest: the regions that remain; the first may be what was left of one cut through.
    """

    span: Span
    speech: tuple[Span, ...]
    rest: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutter:
    """Takes clip after clip from the front of the regions. Depends on nothing after `horizon`.

    Every sample of speech lies in exactly one clip; clips are in order and do not overlap; none
    is longer than `max_samples`; speech is cut only where there is no pause in reach.

    Attributes:
        max_samples: longest clip; whole ms.
        quietest: (earliest, latest) -> a sample between them, both included, where a cut through
            speech harms least.
    """

    max_samples: int
    quietest: Quietest

    def horizon(self, first: Span) -> int:
        """Up to which sample speech must be known before the clip of `first` can be planned."""
        ahead = _SHORT_BREAK_SAMPLES + _SHORT_SAMPLES + BREAK_SAMPLES
        return first.start_sample + self.max_samples + ahead

    def next_clip(
        self, regions: Sequence[Span], *, floor_sample: int, heard_sample: int
    ) -> ClipPlan:
        """The first clip of the regions, of which there is at least one.

        Args:
            floor_sample: end of the clip before.
            heard_sample: end of what is known.
        """
        speech, rest = self._divided(regions)
        start_sample, end_sample = speech[0].start_sample, speech[-1].end_sample
        spare = self.max_samples - (end_sample - start_sample)
        # A pause between two clips is theirs by halves.
        free_after = (rest[0].start_sample - end_sample) // 2 if rest else heard_sample - end_sample
        before = _whole_ms(min(PAD_SAMPLES, start_sample - floor_sample, spare // 2))
        after = _whole_ms(min(PAD_SAMPLES, free_after, spare - before))
        return ClipPlan(
            span=Span(start_sample=start_sample - before, end_sample=end_sample + after),
            speech=tuple(speech),
            rest=tuple(rest),
        )

    def _divided(self, regions: Sequence[Span]) -> tuple[Sequence[Span], Sequence[Span]]:
        count = self._group_count(regions)
        group = regions[:count]
        if _extent(group) <= self.max_samples:
            return group, regions[count:]
        where = self._best_pause(group)
        if where is not None:
            return regions[:where], regions[where:]
        first = regions[0]
        cut_sample = self._cut_through(first)
        head = Span(start_sample=first.start_sample, end_sample=cut_sample)
        tail = Span(start_sample=cut_sample, end_sample=first.end_sample)
        return [head], [tail, *regions[1:]]

    def _group_count(self, regions: Sequence[Span]) -> int:
        """How many regions belong together, were there no longest clip."""
        count = _utterance_count(regions)
        while count < len(regions) and _extent(regions[:count]) <= self.max_samples:
            added = _utterance_count(regions[count:])
            pause = regions[count].start_sample - regions[count - 1].end_sample
            extents = _extent(regions[:count]), _extent(regions[count : count + added])
            if pause >= _SHORT_BREAK_SAMPLES or min(extents) >= self._short_samples:
                break
            count += added
        return count

    def _best_pause(self, group: Sequence[Span]) -> int | None:
        """Index of the region before which to cut, None if the first is too long already.

        The longest pause in the later half of what fits, so that clips are long; else the last
        one before it. Not so late that little is left over, if that can be had.
        """
        start_sample = group[0].start_sample
        in_reach = [
            index
            for index in range(1, len(group))
            if group[index - 1].end_sample - start_sample <= self.max_samples
        ]
        if not in_reach:
            return None
        leaves_enough = [i for i in in_reach if _extent(group[i:]) >= self._short_samples]
        choice = leaves_enough or in_reach
        half_sample = start_sample + self.max_samples // 2
        late = [i for i in choice if group[i - 1].end_sample >= half_sample]
        if not late:
            return choice[-1]
        return max(late, key=lambda i: (group[i].start_sample - group[i - 1].end_sample, i))

    def _cut_through(self, region: Span) -> int:
        earliest = region.start_sample + _whole_ms(self.max_samples // 2)
        latest = min(
            region.start_sample + self.max_samples, region.end_sample - self._short_samples
        )
        return self.quietest(earliest, latest)

    @property
    def _short_samples(self) -> int:
        return min(_SHORT_SAMPLES, self.max_samples // 4)


def _utterance_count(regions: Sequence[Span]) -> int:
    """How many of the first regions follow each other without a break."""
    for index in range(1, len(regions)):
        if regions[index].start_sample - regions[index - 1].end_sample >= BREAK_SAMPLES:
            return index
    return len(regions)


def _extent(regions: Sequence[Span]) -> int:
    return regions[-1].end_sample - regions[0].start_sample


def _whole_ms(sample_count: int) -> int:
    return sample_count - sample_count % SAMPLES_PER_MS
