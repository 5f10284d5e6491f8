"""Measured speed and memory of models on this machine, kept for forecasts. Runs no model."""

import contextlib
import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from typing import Literal, Self, get_args

from qasr_cli.engines.base import Engine
from qasr_cli.errors import OutputError
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.files import write_atomically
from qasr_cli.storage.user_folders import user_folder

_SCHEMA_VERSION = 1
# Half a point more of wrong words is no better.
_WORSE_BY_MOST = 0.005
Way = Literal["none", "int8", "int4"]  # of `--quantize`
_WAYS: tuple[Way, ...] = get_args(Way)
_MOST_CLIPS = 256  # at once; past any sensible group


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Speed and memory of so many clips at once.

    Attributes:
        rtfx: seconds of sound a second.
        peak_bytes: most memory the process, or the device, ever held; 0 = the system does not say.
    """

    clip_count: int
    rtfx: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one way of `--quantize` did on the CPU.

    Attributes:
        rtfx_alone, rtfx_together: seconds of sound a second, of one clip and of many at once.
        word_error_rate: of the bundled recording.
        product_error: how far a product is off, as a share of its size.
    """

    quantize: Way
    rtfx_alone: float
    rtfx_together: float
    word_error_rate: float
    product_error: float

    @property
    def speed(self) -> float:
        """One number for both: files come alone and in batches."""
        return math.sqrt(self.rtfx_alone * self.rtfx_together)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was measured: the models, the machine, and the figures.

    Attributes:
        models: role -> name and revision.
        device: as `--device` had it; `ran_on` is what that stood for.
        node: the machine; one home folder may be on many.
        measured: when, ISO 8601.
        load_s: until the models are there.
        groups: by number of clips; never empty. The last is what the engine takes by default.
        trials: of ways of `--quantize`, the exact one first; empty where there is no other.
    """

    models: dict[str, str]
    device: str
    node: str
    ran_on: str
    measured: str
    clip_s: float
    load_s: float
    groups: tuple[Group, ...]
    trials: tuple[Trial, ...] = ()

    @property
    def quickest(self) -> Way:
        """The way of `--quantize` that is fastest, of those that hear as well as the exact one."""
        if not self.trials:
            return "none"
        most_errors = self.trials[0].word_error_rate + _WORSE_BY_MOST
        good = [trial for trial in self.trials if trial.word_error_rate <= most_errors]
        return max(good, key=lambda trial: trial.speed).quantize

    def group_for(self, batch_size: int | None) -> Group:
        """The measured group that is nearest to what a run takes; None: the default."""
        if batch_size is None:
            return self.groups[-1]
        fitting = [group for group in self.groups if group.clip_count <= batch_size]
        return fitting[-1] if fitting else self.groups[0]

    def wall_s(self, sound_s: float, batch_size: int | None) -> float:
        """About how long so much sound takes; no time where there is none."""
        return self.load_s + sound_s / self.group_for(batch_size).rtfx if sound_s else 0.0

    @property
    def tells_memory(self) -> bool:
        """Whether memory was measured: not every system says what a process held."""
        return all(group.peak_bytes for group in self.groups)

    def memory_bytes(self, clip_count: int, clip_s: float) -> int:
        """About how much memory it takes to do so many clips of that length at once."""
        first, last = self.groups[0], self.groups[-1]
        measured_s = (last.clip_count - first.clip_count) * self.clip_s
        more_bytes = max(0, last.peak_bytes - first.peak_bytes)
        bytes_a_second = more_bytes / measured_s if measured_s else 0.0
        more_s = max(0.0, clip_count * clip_s - first.clip_count * self.clip_s)
        return round(first.peak_bytes + more_s * bytes_a_second)

    def clips_within(self, free_bytes: int, clip_s: float) -> int:
        """How many clips of that length can be done at once; 0: not one."""
        counts = range(1, _MOST_CLIPS + 1)
        return max((n for n in counts if self.memory_bytes(n, clip_s) <= free_bytes), default=0)

    def tells_of(self, engine: Engine, device: str) -> bool:
        """Whether it is of this machine and this engine, which may leave the aligner out."""
        return (
            engine.models.items() <= self.models.items()
            and device == self.device
            and platform.node() == self.node
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `save` wrote.

        Raises:
            DamagedDocument: it is something else.
        """
        groups = tuple(map(_group_from, fields.each("groups")))
        if not groups:
            raise DamagedDocument("groups is empty")
        return cls(
            models=fields.by_name("models", Fields.text),
            device=fields.text("device"),
            node=fields.text("node"),
            ran_on=fields.text("ran_on"),
            measured=fields.text("measured"),
            clip_s=fields.number("clip_s"),
            load_s=fields.number("load_s"),
            groups=groups,
            trials=tuple(map(_trial_from, fields.each("trials"))) if fields.has("trials") else (),
        )


def _group_from(fields: Fields) -> Group:
    rtfx = fields.number("rtfx")
    if not rtfx:
        raise DamagedDocument("rtfx is 0")
    return Group(
        clip_count=fields.whole("clip_count"), rtfx=rtfx, peak_bytes=fields.whole("peak_bytes")
    )


def _trial_from(fields: Fields) -> Trial:
    return Trial(
        quantize=fields.choice("quantize", _WAYS),
        rtfx_alone=fields.number("rtfx_alone"),
        rtfx_together=fields.number("rtfx_together"),
        word_error_rate=fields.number("word_error_rate"),
        product_error=fields.number("product_error"),
    )


def calibration_of(engine: Engine, device: str) -> Calibration | None:
    """The newest calibration of an engine on this machine, or None."""
    fitting = [each for each in _saved() if each.tells_of(engine, device)]
    return max(fitting, key=lambda each: each.measured, default=None)


def save(calibration: Calibration) -> str:
    """Save it in place of older ones of the same models, device and machine; gives the path.

    Raises:
        OutputError: the file could not be written.
    """

    def subject(each: Calibration) -> tuple[object, ...]:
        return each.models, each.device, each.node

    others = [each for each in _saved() if subject(each) != subject(calibration)]
    document = {
        "schema_version": _SCHEMA_VERSION,
        "calibrations": [asdict(each) for each in (*others, calibration)],
    }
    path = _path()
    if path is None:
        raise OutputError("the calibration", "this user has no home folder; set XDG_STATE_HOME")
    data = json.dumps(document, indent=1).encode()
    return write_atomically(path, data).path


def _saved() -> tuple[Calibration, ...]:
    path = _path()
    if path is None:
        return ()
    # An absent or damaged file, or one of another version, is as good as none: it is measured anew.
    with contextlib.suppress(OSError, DamagedDocument):
        fields = Fields(read_json(path))
        if fields.whole("schema_version") == _SCHEMA_VERSION:
            return tuple(map(Calibration.from_fields, fields.each("calibrations")))
    return ()


def _path() -> str | None:
    """The file of calibrations in the user's state folder; None without a home."""
    state = user_folder("XDG_STATE_HOME", "~/.local/state")
    return None if state is None else os.path.join(state, "qasr", "calibration.json")
