"""What a batch would do, without doing it: which files, how long, how much memory.

Whether a file is skipped is decided by what decides it in a run (`run/file_policy.py`). Nothing is
written, nothing is locked, no model is loaded.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from qasr_cli.core.outcomes import FileFailed, FileOutcome, FileSkipped
from qasr_cli.core.report import detail_from_outcome
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.errors import InputError
from qasr_cli.machine.calibration import Calibration, calibration_of
from qasr_cli.machine.memory import free_bytes_on
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.options import Options
from qasr_cli.run.file_policy import FilePolicies, FilePolicy, OptionsOf
from qasr_cli.run.plan.jobs import Job, failure_of
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state.saved_result import SavedResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """A file that a run would work on.

    Attributes:
        duration_ms: as its container claims; None where it does not say.
        began_before: an earlier run ended in the middle of it, so some of it may be heard already.
    """

    media: MediaFile
    duration_ms: int | None
    began_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRender:
    """A file that was heard, of which a run would write outputs anew without a model."""

    media: MediaFile


Foretold = ToDo | ToRender | FileOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PartForecast:
    """One part of a batch that several machines share out."""

    shard: Shard
    file_count: int
    sound_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a batch would do.

    Attributes:
        files: one an input, in the order of the plan.
        calibration: of these models on this machine; None while nobody measured.
        clip_s: the longest clip.
        free_bytes: memory where the models would run; None where that is not known.
        left_out: as in the report.
        models_missing: why nothing is known of the models; None where they are here.
        parts: of the files to do, where they were shared out.
    """

    files: tuple[Foretold, ...]
    calibration: Calibration | None
    batch_size: int | None
    clip_s: float
    free_bytes: int | None
    left_out: Mapping[str, int] = field(default_factory=dict)
    models_missing: str | None = None
    parts: tuple[PartForecast, ...] = ()

    @property
    def to_do(self) -> tuple[ToDo, ...]:
        """The files that would be worked on."""
        return tuple(file for file in self.files if isinstance(file, ToDo))

    @property
    def sound_s(self) -> float:
        """Seconds of sound in the files to do whose length is known."""
        return sum(file.duration_ms or 0 for file in self.to_do) / 1000

    @property
    def wall_s(self) -> float | None:
        """About how many seconds it would take; None where nobody measured."""
        if self.calibration is None:
            return None
        return self.calibration.wall_s(self.sound_s, self.batch_size)

    @property
    def clip_count(self) -> int | None:
        """How many clips would be done at once; None where nobody measured."""
        if self.calibration is None:
            return None
        return self.batch_size or self.calibration.groups[-1].clip_count

    @property
    def memory_bytes(self) -> int | None:
        """About how much memory it would take; None where nobody measured."""
        if self.calibration is None or self.clip_count is None:
            return None
        if not self.calibration.tells_memory:
            return None
        return self.calibration.memory_bytes(self.clip_count, self.clip_s)

    @property
    def fitting_clip_count(self) -> int | None:
        """How many clips at once the free memory holds; None where it is not known."""
        if self.calibration is None or self.free_bytes is None:
            return None
        if not self.calibration.tells_memory:
            return None
        return self.calibration.clips_within(self.free_bytes, self.clip_s)

    def to_document(self) -> dict[str, Any]:
        """The forecast as JSON; `details` as in a report, with the statuses `todo`, `render`."""
        outcomes = [file for file in self.files if not isinstance(file, ToDo | ToRender)]
        return {
            "schema_version": 1,
            **({"left_out": dict(self.left_out)} if self.left_out else {}),
            **({"models_missing": self.models_missing} if self.models_missing else {}),
            "summary": {
                "total_files": len(self.files),
                "todo": len(self.to_do),
                "render": sum(isinstance(file, ToRender) for file in self.files),
                "skipped": sum(isinstance(outcome, FileSkipped) for outcome in outcomes),
                "failing": sum(isinstance(outcome, FileFailed) for outcome in outcomes),
                "audio_s": self.sound_s,
                "unknown_length": sum(file.duration_ms is None for file in self.to_do),
                "wall_s": self.wall_s,
                "memory_bytes": self.memory_bytes,
                "free_bytes": self.free_bytes,
                "batch_size": self.clip_count,
                "fitting_batch_size": self.fitting_clip_count,
                "calibrated": None if self.calibration is None else self.calibration.measured,
            },
            **({"parts": [_part_document(part) for part in self.parts]} if self.parts else {}),
            "details": [_detail(file) for file in self.files],
        }


def _part_document(part: PartForecast) -> dict[str, Any]:
    shard = f"{part.shard.index}/{part.shard.count}"
    return {"shard": shard, "todo": part.file_count, "audio_s": part.sound_s}


def _detail(file: Foretold) -> dict[str, Any]:
    if isinstance(file, ToRender):
        place = {"file": file.media.relative_path, "path": file.media.path}
        return place | {"status": "render"}
    if not isinstance(file, ToDo):
        return detail_from_outcome(file)
    return {
        "file": file.media.relative_path,
        "path": file.media.path,
        "status": "todo",
        "duration_s": None if file.duration_ms is None else file.duration_ms / 1000,
        "began_before": file.began_before,
    }


def forecast(
    plan: Plan,
    *,
    engine: Engine,
    options: Options,
    options_of: OptionsOf | None = None,
    on_file: Callable[[Foretold], None] = lambda _: None,
) -> Forecast:
    """Look at every file of a plan.

    Args:
        options: of the run, and of every file for which `options_of` does not say otherwise.
        on_file: told of each file when it was looked at.
    """
    policies = FilePolicies(options_of or (lambda _: options), engine=engine, remembers=False)

    def looked_at() -> Iterator[Foretold]:
        for job in plan.jobs:
            policy = policies.of(job.media)
            known = policy.known(job)
            if isinstance(known, SavedResult):
                yield ToRender(media=job.media)
            else:
                yield known or _look(job, policy)
        for unseen in plan.unseen:
            yield unseen.outcome

    files = []
    for file in looked_at():
        on_file(file)
        files.append(file)
    calibration = calibration_of(engine, options.engine.device)
    return Forecast(
        files=tuple(files),
        calibration=calibration,
        batch_size=options.engine.batch_size,
        clip_s=min(options.split.max_chunk_s, engine.max_clip_s or options.split.max_chunk_s),
        free_bytes=None if calibration is None else free_bytes_on(calibration.ran_on),
        left_out=plan.all_left_out,
    )


def _look(job: Job, policy: FilePolicy) -> ToDo | FileFailed:
    media = job.media
    try:
        found = policy.recording_of(job).probe()
        choose_track(found, policy.options.decode.audio_track, path=media.path)
    except InputError as error:
        return failure_of(media, error)
    return ToDo(
        media=media,
        duration_ms=found.duration_ms,
        began_before=job.store is not None and job.store.has_leftovers(job.name),
    )
