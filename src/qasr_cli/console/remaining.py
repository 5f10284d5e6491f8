"""How long a run will still take, from what it has done. No terminal and no clock here."""

from collections import Counter
from dataclasses import dataclass

from qasr_cli.core.outcomes import FileOutcome
from qasr_cli.core.types import MediaFile
from qasr_cli.media.suffixes import suffix_of
from qasr_cli.run.events import RunStarted

# Before so much of the sound was heard, or so long after the first of it, the loading of the models
# and the first group of clips are most of what there is to go by.
_ENOUGH_SHARE = 0.1
_ENOUGH_S = 30.0
# Clips come back in groups: the first of a group always makes the pace look slow.
_LATE_SHARE = 1.3
_LATE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What was done, and what is left.

    Attributes:
        now_s: on any clock.
        worked_s: seconds in which there was work.
        heard_ms, left_ms: sound.
    """

    now_s: float
    worked_s: float
    heard_ms: float
    left_ms: float

    @property
    def rest_s(self) -> float:
        """Seconds that the rest takes at the pace so far."""
        return self.worked_s * self.left_ms / self.heard_ms


class Remaining:
    """The time to go. It is kept like a promise: it falls, and rises only once it cannot be kept.

    The promise is made at results: between two groups of them time passes, and nothing is slower.
    """

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._ends_s: float | None = None
        self._late_since_s: float | None = None

    def note(self, pace: Pace) -> None:
        """Take note of how far the run is, after a result."""
        if self._first_s is None and pace.heard_ms:
            self._first_s = pace.now_s
        if not self._is_enough(pace) or pace.worked_s <= 0:
            return
        promised_s = None if self._ends_s is None else max(0.0, self._ends_s - pace.now_s)
        if promised_s is None or pace.rest_s <= promised_s:
            self._promise(pace)
        elif pace.rest_s <= promised_s * _LATE_SHARE + _LATE_S:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = pace.now_s
        elif pace.now_s - self._late_since_s > _LATE_S:
            self._promise(pace)

    def at(self, pace: Pace) -> float | None:
        """Seconds to go, or None while nothing can be said."""
        if not self._is_enough(pace):
            return None
        rest_s = pace.rest_s if self._ends_s is None else self._ends_s - pace.now_s
        return rest_s if rest_s > 0 and pace.left_ms else None

    def _promise(self, pace: Pace) -> None:
        self._ends_s = pace.now_s + pace.rest_s
        self._late_since_s = None

    def _is_enough(self, pace: Pace) -> bool:
        if not pace.heard_ms:
            return False
        share = pace.heard_ms / (pace.heard_ms + pace.left_ms)
        since_s = 0.0 if self._first_s is None else pace.now_s - self._first_s
        return share >= _ENOUGH_SHARE or since_s >= _ENOUGH_S


class WorkClock:
    """Seconds in which there was work: not those before the first file, nor between two rounds."""

    def __init__(self) -> None:
        self._before_s = 0.0
        self._since_s: float | None = None

    def go_on(self, now_s: float) -> None:
        """There is work from now on."""
        if self._since_s is None:
            self._since_s = now_s

    def rest(self, now_s: float) -> None:
        """There is none from now on."""
        self._before_s, self._since_s = self.elapsed_s(now_s), None

    def elapsed_s(self, now_s: float) -> float:
        """How long there was work."""
        return self._before_s + (0.0 if self._since_s is None else now_s - self._since_s)


class SoundToCome:
    """How much sound the files not yet opened may hold, by what the opened ones hold a byte.

    Kind by kind: a minute of film may be a hundred times as large as one of speech.
    """

    def __init__(self) -> None:
        self._has_kinds = False
        self._total_bytes: Counter[str] = Counter()
        self._gone_bytes: Counter[str] = Counter()
        self._known_bytes: Counter[str] = Counter()
        self._known_ms: Counter[str] = Counter()
        self._opened: set[str] = set()

    def expect(self, run: RunStarted) -> None:
        """Take note of all there is; a watch tells it anew for each round."""
        self._has_kinds = bool(run.bytes_by_suffix)
        self._total_bytes = Counter(run.bytes_by_suffix or {"": run.total_bytes})

    def open(self, media: MediaFile, duration_ms: int | None) -> None:
        """Take note of a file whose length is known from now on, or will be once it is heard."""
        if media.relative_path in self._opened:
            return  # another try
        self._opened.add(media.relative_path)
        self._gone_bytes[self._kind_of(media)] += media.size_bytes
        if duration_ms:
            self._learn(media, duration_ms)

    def end(self, outcome: FileOutcome) -> None:
        """Take note of a file that has its outcome; where it was not opened, it was no work."""
        media = outcome.media
        if media.relative_path not in self._opened:
            self._gone_bytes[self._kind_of(media)] += media.size_bytes
        self._opened.discard(media.relative_path)

    @property
    def unopened_ms(self) -> float:
        """An estimate; 0 as long as no length is known."""
        return sum(
            (self._total_bytes - self._gone_bytes)[kind] * self._ms_a_byte(kind)
            for kind in self._total_bytes
        )

    def _learn(self, media: MediaFile, duration_ms: int) -> None:
        self._known_bytes[self._kind_of(media)] += media.size_bytes
        self._known_ms[self._kind_of(media)] += duration_ms

    def _ms_a_byte(self, kind: str) -> float:
        if self._known_bytes[kind]:
            return self._known_ms[kind] / self._known_bytes[kind]
        return self._known_ms.total() / max(self._known_bytes.total(), 1)

    def _kind_of(self, media: MediaFile) -> str:
        return suffix_of(media.relative_path) if self._has_kinds else ""
