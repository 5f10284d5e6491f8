"""The outputs of a live session: they grow with it, and at its end are a result like any other."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.types import Cue, Span, Transcript
from qasr_cli.errors import OutputExists, UsageError
from qasr_cli.fingerprints import settings_of
from qasr_cli.formats.registry import Format, format_named, format_of_path
from qasr_cli.formats.rendering import cues_of
from qasr_cli.live.events import Event, Times
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.phrase_cues import phrase_transcript
from qasr_cli.live.record.growing import GrowingFile, can_grow
from qasr_cli.live.record.heard import HeardSession
from qasr_cli.options import Options
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.state.live_journal import JOURNAL_SUFFIX, Journal
from qasr_cli.storage.files import Writer, check_writable
from qasr_cli.storage.temporaries import owner_of_process

# What has to be written as a whole is written after each final, but so seldom that it takes no
# more than a twentieth of the time.
_REST = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlace:
    """Where the outputs of a session go: `<base>.<suffix>`."""

    base: str
    formats: tuple[str, ...]

    @classmethod
    def from_user(cls, name: str, formats: Sequence[str]) -> "OutputPlace":
        """The place that `-o` names; `talk.vtt` stands for `talk` and `-f vtt`.

        Raises:
            UsageError: it can be no name of a file.
        """
        if name == STANDARD_STREAM:
            raise UsageError("-o -: finals are printed anyway; -o takes the name of files")
        if os.path.isdir(name) or not os.path.basename(name):
            place = os.path.join(name, "talk")
            raise UsageError(f"-o {name}: is a folder; give the files a name, such as -o {place}")
        found = format_of_path(name)
        if found is None:
            return cls(base=name, formats=tuple(formats) or ("srt",))
        base = name[: -len(found.suffix)]
        return cls(base=base, formats=tuple(dict.fromkeys((found.name, *formats))))

    def path_of(self, format_: Format) -> str:
        """Path of one output."""
        return self.base + format_.suffix

    @property
    def journal_path(self) -> str:
        """Path of the journal."""
        return self.base + JOURNAL_SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A session that has ended, as it was written."""

    transcript: Transcript
    outputs: tuple[str, ...]


class Record:
    """Keeps what a session says. Close it.

    Args:
        options: how outputs are cut and written.
        models: role -> name and revision.
    """

    def __init__(
        self,
        place: OutputPlace,
        options: Options,
        live: LiveOptions,
        *,
        models: Mapping[str, str],
    ) -> None:
        formats = [format_named(name) for name in place.formats]
        self._place = place
        self._options = options
        self._whole = [format_ for format_ in formats if not can_grow(format_)]
        self._formats = formats
        settings: dict[str, object] = {
            **settings_of(options),
            "context": options.context.to_document(),
            "live": {"endpoint_ms": live.endpoint_ms},
        }
        file = os.path.basename(place.base)
        self._heard = HeardSession(file=file, models=models, settings=settings)
        self._check_free()
        rendering = options.output.rendering
        self._journal = Journal.begun(
            place.journal_path, file=file, models=models, settings=settings
        )
        self._growing = [
            GrowingFile.begun(place.path_of(format_), format_, rendering)
            for format_ in formats
            if can_grow(format_)
        ]
        self._duration_ms = 0
        self._is_behind = bool(self._whole)
        self._next_s = float("-inf")

    def take(
        self,
        events: Iterable[Event],
        outcomes: Sequence[ClipOutcome],
        speech: Sequence[Span],
        *,
        duration_ms: int,
    ) -> None:
        """Keep what a session said at once, and what it heard by then.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        self._duration_ms = duration_ms
        if outcomes or speech:
            self._journal.add(outcomes, speech)
            self._heard.add(outcomes, speech)
            self._is_behind = bool(self._whole)
        for event in events:
            if isinstance(event, Times):
                self._grow(event.cues, outcomes[-1])

    @property
    def due_s(self) -> float | None:
        """When `look` has something to write; None = nothing is new."""
        return self._next_s if self._is_behind else None

    def look(self, clock_s: Callable[[], float]) -> None:
        """Write what can only be written as a whole, if it is time.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        began_s = clock_s()
        if not self._is_behind or began_s < self._next_s:
            return
        self._write(self._whole, self._heard.transcript(duration_ms=self._duration_ms))
        self._is_behind = False
        end_s = clock_s()
        self._next_s = end_s + _REST * (end_s - began_s)

    def finish(self, *, duration_ms: int, warnings: Sequence[str]) -> Recorded:
        """Write every output as a whole, as if the session had been a recording.

        Raises:
            OutputError, OutputRefused: the disk takes no more; what grew, and the journal, stay.
        """
        transcript = self._heard.transcript(duration_ms=duration_ms, warnings=warnings)
        bare = coverage_of(transcript).warning(self._options.run.min_coverage)
        if bare is not None:
            transcript = replace(transcript, warnings=(*transcript.warnings, bare))
        paths = self._write(self._formats, transcript)
        self._journal.remove()
        return Recorded(transcript=transcript, outputs=paths)

    def close(self) -> None:
        """Close what is open; idempotent."""
        while self._growing:
            self._growing.pop().close()

    def _check_free(self) -> None:
        if not self._options.output.overwrite:
            for path in (*map(self._place.path_of, self._formats), self._place.journal_path):
                if os.path.lexists(path):
                    raise OutputExists(self._place.base, os.path.basename(path))
        check_writable(os.path.dirname(self._place.base) or ".")

    def _grow(self, cues: tuple[Cue, ...], outcome: ClipOutcome) -> None:
        phrase = phrase_transcript(outcome, end_ms=self._duration_ms)
        for growing in self._growing:
            growing.add(phrase, cues)

    def _write(self, formats: Sequence[Format], transcript: Transcript) -> tuple[str, ...]:
        cues = cues_of(transcript, self._options)
        writer = Writer(owner=owner_of_process())
        rendering = self._options.output.rendering
        for format_ in formats:
            content = format_.content(transcript, cues, rendering)
            writer.write(self._place.path_of(format_), content)
        return tuple(map(self._place.path_of, formats))
