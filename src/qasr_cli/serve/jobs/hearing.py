"""The work on one job, in a thread of its own: a batch over its one recording.

So everything that holds for batches holds here: a killed one goes on at the clip it had come to.
"""

import contextlib
import logging
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from qasr_cli.api.many import transcribe_files, transcribe_folders
from qasr_cli.core.outcomes import ClipOutcome, FileFailed, FilePending
from qasr_cli.core.script.lines import script_from_text
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import CHANNELS
from qasr_cli.engines.base import Engine
from qasr_cli.errors import OutputError, QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.run.batch import RunResult
from qasr_cli.run.events import ClipFinished, Event, FileStarted
from qasr_cli.run.plan.folders import Walk
from qasr_cli.run.state.layout import REPORT_NAME, STATE_FOLDER, digest_of_name
from qasr_cli.run.state.spool import spooled_clips
from qasr_cli.saved.results import read_transcript
from qasr_cli.serve.jobs import deaths
from qasr_cli.serve.jobs.folder import MEDIA_NAME, Accepted, End, JobFolder, not_kept
from qasr_cli.serve.jobs.job import AtWork, Piece, Reached
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.session import EngineLost, Session
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.listening import Listening
from qasr_cli.serve.orders.orders import refusal_of
from qasr_cli.serve.orders.work import SHORT_MS
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument

_log = logging.getLogger(__name__)


class Twin(NamedTuple):
    """An equal job, which has ended well."""

    folder: JobFolder
    end: End


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """The work on one job.

    Attributes:
        twin: whose result it has, too; None = there is none.
        options: of the service.
        on_reached, on_piece: told, in the thread of the work, how far it is and what was heard.
    """

    folder: JobFolder
    accepted: Accepted
    twin: Twin | None
    death_count: int
    options: Options
    shared: SharedEngine
    at_work: AtWork
    clock: Clock
    on_reached: Callable[[Reached], None]
    on_piece: Callable[[Piece], None]

    def end(self) -> End | None:
        """How it ended; None where it was stopped, or the models are lost: it goes on some day."""
        try:
            end = self._end()
        except EngineLost:
            return None  # the mark stays: this recording may be why
        if end is not None:
            self._keep(end)
        deaths.take_back(self.folder)
        return end

    def _end(self) -> End | None:
        try:
            if self.death_count >= deaths.MOST_DEATHS:
                message = f"left out: the service died {self.death_count} times over it"
                return self._failed(Refused(500, message, code="quarantined"))
            deaths.begin(self.folder, deaths=self.death_count)
            return self._end_of_twin() or self._heard()
        except EngineLost:
            raise
        except Refused as refused:
            return self._failed(refused)
        except OutputError as error:
            _log.warning("job %s: the disk takes no more", self.folder.id)
            return self._failed(not_kept(error))
        except QasrError as error:
            return self._failed(refusal_of(error, self.accepted.name))
        except Exception as error:  # noqa: BLE001  # one job's trouble costs nobody else's work
            _log.exception("job %s: internal error", self.folder.id)
            return self._failed(Refused(500, f"internal error: {error!r}", code="internal_error"))

    def _end_of_twin(self) -> End | None:
        if self.twin is not None:
            with contextlib.suppress(OSError):  # it was removed meanwhile: then the long way
                self.folder.take_result_of(self.twin.folder)
                return replace(self.twin.end, ended_s=self._now_s())
        return None

    def _heard(self) -> End | None:
        options = self.accepted.asked.options_over(self.options)
        # No crash marks of the batch's: `deaths` knows better; and what failed was not told.
        run = replace(options.run, max_crashes=0, retry_failed=True)
        options = replace(options, run=run)
        with self.shared.session(Kind.BULK) as session:
            self.at_work.session = session
            if self.at_work.stop.is_set:
                return None
            watch = _Watch(self, session)
            if self.accepted.asked.text is None:
                result = self._transcribed(options, session, watch)
            elif os.path.exists(self.folder.result):
                return self._done(())
            else:
                result = self._aligned(options, self.accepted.asked.text, session, watch)
        return self._end_of(result)

    def _transcribed(self, options: Options, session: Session, watch: "_Watch") -> RunResult:
        pieces = _Pieces(self, options)
        listening = Listening(session, pieces.tell)
        watch.recalls = pieces.recalls(listening)
        result = transcribe_folders(
            [self.folder.path],
            options,
            walk=Walk(recursive=False, include=(MEDIA_NAME,)),
            engine=listening,
            observer=watch,
            stop=self.at_work.stop,
        )
        if not self.at_work.stop.is_set:
            listening.tell_all()
        return result

    def _aligned(self, options: Options, text: str, engine: Engine, watch: "_Watch") -> RunResult:
        watch.pass_count = 2  # heard, then timed
        return transcribe_files(
            [self.folder.media],
            options,
            script=script_from_text(text, name="the text", keeps_lines=False),
            engine=engine,
            observer=watch,
            stop=self.at_work.stop,
        )

    def _end_of(self, result: RunResult) -> End | None:
        if result.stopped_by is not None:
            raise result.stopped_by
        outcome = next(iter(result.outcomes), None)
        if outcome is None or isinstance(outcome, FilePending):
            if self.at_work.stop.is_set:
                return None
            return self._failed(Refused(500, "its recording is gone", code="recording_gone"))
        if isinstance(outcome, FileFailed) and not outcome.is_partial:
            if outcome.error is None:
                raise AssertionError(f"a failure without an error: {outcome.error_kind}")
            return self._failed(refusal_of(outcome.error, self.accepted.name))
        if not isinstance(outcome, FileFailed):
            return self._done(())
        return self._done((outcome.message.replace(self.folder.media, self.accepted.name),))

    def _done(self, more_warnings: tuple[str, ...]) -> End:
        transcript = read_transcript(self.folder.result)
        return End(
            ended_s=self._now_s(),
            duration_ms=transcript.duration_ms,
            language=transcript.language,
            warnings=(*transcript.warnings, *more_warnings),
        )

    def _failed(self, refused: Refused) -> End:
        error = {"message": refused.message, "code": refused.code or "failed"}
        return End(ended_s=self._now_s(), error=error)

    def _now_s(self) -> int:
        return int(self.clock.now().timestamp())

    def _keep(self, end: End) -> None:
        """Write how it ended; what a batch needs to go on is needed no more."""
        try:
            self.folder.write_end(end)
        except QasrError:  # a full disk: a new process does it once more
            _log.warning("job %s: its end could not be written", self.folder.id)
            return
        shutil.rmtree(self.folder.place(STATE_FOLDER), ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(self.folder.place(REPORT_NAME))


class _Pieces:
    """Tells what was heard, sentence by sentence."""

    def __init__(self, hearing: Hearing, options: Options) -> None:
        self._on_piece = hearing.on_piece
        # Who speaks by their voices is known at the end alone.
        names = () if options.speakers.diarize else options.text.speaker_names
        self._speakers = dict(zip(CHANNELS, names, strict=False))
        self._spool = os.path.join(
            hearing.folder.place(STATE_FOLDER), "spool", f"{digest_of_name(MEDIA_NAME)}.jsonl"
        )

    def tell(self, outcome: ClipOutcome) -> None:
        """Tell the sentences of one clip."""
        end_ms = ms_from_samples(outcome.span.end_sample)
        heard = assemble(file="", duration_ms=end_ms, clips=(outcome,), models={}, settings={})
        for segment in heard.segments:
            piece = Piece(
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                text=heard.text[segment.char_start : segment.char_end].strip(),
                language=segment.language,
                speaker=self._speakers.get(segment.speaker or ""),  # type: ignore[call-overload]  # any text
            )
            self._on_piece(piece)

    def recalls(self, listening: Listening) -> Callable[[int, int], None]:
        """Takes, by its bounds, a clip that an earlier process heard."""
        known: Mapping[tuple[int, int], list[ClipOutcome]] = defaultdict(list)
        with contextlib.suppress(DamagedDocument):
            for outcome in spooled_clips(self._spool)[1]:
                span = outcome.span
                bounds = ms_from_samples(span.start_sample), ms_from_samples(span.end_sample)
                known[bounds].append(outcome)

        def recall(start_ms: int, end_ms: int) -> None:
            if known[start_ms, end_ms]:
                listening.recall(known[start_ms, end_ms].pop(0))

        return recall


class _Watch:
    """Notes how far the work is.

    Attributes:
        pass_count: how often the recording is gone through.
        recalls: told of clips that an earlier process heard.
    """

    def __init__(self, hearing: Hearing, session: Session) -> None:
        self._hearing = hearing
        self._session = session
        self._pass_number = 0
        self._began: tuple[float, float] | None = None  # when, and with which share
        self._reached = Reached()
        self.pass_count = 1
        self.recalls: Callable[[int, int], None] = lambda _start_ms, _end_ms: None

    def on(self, event: Event) -> None:
        """Take note of one event."""
        match event:
            case FileStarted(duration_ms=duration_ms):
                if duration_ms is not None and duration_ms <= SHORT_MS:
                    self._session.become(Kind.SHORT)
                self._pass_number = min(self._pass_number + 1, self.pass_count)
                self._tell(replace(self._reached, done_ms=0, duration_ms=duration_ms))
            case ClipFinished(start_ms=start_ms, end_ms=end_ms, is_recalled=is_recalled):
                if is_recalled:
                    self.recalls(start_ms, end_ms)
                    self._began = None  # that took no time
                done_ms = max(end_ms, self._reached.done_ms)
                self._tell(replace(self._reached, done_ms=done_ms))
            case _:
                pass

    def close(self) -> None:
        """Nothing is open."""

    def _tell(self, reached: Reached) -> None:
        of_pass = min(1.0, reached.done_ms / reached.duration_ms) if reached.duration_ms else 0.0
        share = (self._pass_number - 1 + of_pass) / self.pass_count
        now_s = self._hearing.clock.monotonic_s()
        if self._began is None:
            self._began = now_s, share
        began_s, first_share = self._began
        pace = (share - first_share) / max(now_s - began_s, 1e-6)
        left_s = (1 - share) / pace if pace > 0 else None
        self._reached = replace(reached, share=share, left_s=left_s)
        self._hearing.on_reached(self._reached)
