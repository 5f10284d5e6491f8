"""The transcript of a finished file, from the results of its clips."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.outcomes import ClipOutcome, inaudible_stretches
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.speakers.names import names_given, with_speakers
from qasr_cli.core.timing import clock_span
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.channels import Track, merged
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.types import CHANNELS, Channel, ClipFailed, Transcript
from qasr_cli.errors import ClipsFailed, LowCoverage
from qasr_cli.fingerprints import settings_of
from qasr_cli.formats.dictionaries import with_script
from qasr_cli.media.picture.looking import Look, look_at_picture
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.media.source import open_source
from qasr_cli.options import DEFAULT_SPEAKERS, Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.commit.speakers import Told, told_apart
from qasr_cli.run.file_in_work import FileInWork, HeardClips
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase, suffixes_of
from qasr_cli.run.state.saved_result import SavedResult
from qasr_cli.run.state.voices import KnownVoice

_MOST_PLACES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The transcript of a file.

    Attributes:
        transcript: as it is written.
        heard: as it was before corrections and names; None where they changed nothing.
        lost: what could not be heard, in one line; None where all was.
        heard_digest: of the settings that an earlier run heard it with; None where this one did.
        voices: how its speakers sound, where that is to be kept; before any names were given.
    """

    transcript: Transcript
    heard: Transcript | None = None
    lost: str | None = None
    heard_digest: str | None = None
    voices: tuple[KnownVoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembler:
    """Makes the transcripts of finished files.

    Attributes:
        models: role -> name and revision, for the result.
        script: of the text that was timed; None where it was recognised.
        known: gives the people who get their names; may have to hear them first.
    """

    options: Options
    models: Mapping[str, str]
    corrector: Corrector
    script: ScriptByClip | None = None
    known: Callable[[], Sequence[KnownVoice]] = tuple

    def of_file(self, file: FileInWork) -> Assembled:
        """What was heard of a complete file, corrected.

        Raises:
            ClipsFailed: some clips have no text, and that counts as a failure, or none has any.
            LowCoverage: too little of the speech has words, and that counts as a failure.
            CorrectionFailed: a correction takes too long, or makes too much text.
            Stopped: the run was asked to stop before it was corrected.
        """
        lost = [
            heard.result
            for heard in file.heard
            if isinstance(heard.result, ClipFailed) and heard.result.text is None
        ]
        error = None
        if lost:
            error = ClipsFailed(file.job.media.path, len(lost), str(lost[0].error))
            if self.options.run.strict:
                raise error
        if file.summary is None:
            raise ValueError("a file is committed before its last clip was read")
        told = self._assembled(file, file.summary)
        transcript = replace(told.transcript, shot_changes=file.summary.shot_changes)
        if error is not None and not transcript.text:
            raise error
        wanted = self.options.run
        # Of what was heard: what a correction takes out was heard all the same.
        bare = coverage_of(transcript).warning(wanted.min_coverage)
        if bare is not None and wanted.strict:
            raise LowCoverage(file.job.media.path, bare)
        more = tuple(
            warning
            for warning in (bare, self._warning_of_names(file.job.base, transcript))
            if warning is not None
        )
        transcript = replace(transcript, warnings=(*transcript.warnings, *more))
        assembled = self._written_as_wanted(transcript, file.job)
        if self.options.speakers.keep_voices:
            assembled = replace(assembled, voices=told.voices)
        return assembled if error is None else replace(assembled, lost=_shown(error, transcript))

    def of_saved(
        self, saved: SavedResult, job: Job, *, names: Mapping[str, str] | None = None
    ) -> Assembled:
        """What an earlier run heard of a file, with the corrections and names of today.

        Args:
            names: what to call its speakers; None = as the options say.

        Raises:
            CorrectionFailed, Stopped: as `of_file`.
            UnreadableInput: its picture is to be looked at, and it is gone.
        """
        transcript = saved.transcript
        note = self._warning_of_names(job.base, transcript)
        if note is not None and note not in transcript.warnings:
            transcript = replace(transcript, warnings=(*transcript.warnings, note))
        transcript = replace(transcript, settings=self._settings_of_saved(transcript))
        if transcript.shot_changes is None:
            look = look_at_job(job, self.options, self.corrector.check_not_stopped)
            transcript = look.added_to(transcript)
        if saved.is_corrected:
            assembled = Assembled(transcript=transcript, heard=saved.heard)
        else:
            assembled = self._written_as_wanted(transcript, job, names)
        parts = saved.mark.parts
        heard_digest = None if parts is None else parts.heard
        return replace(assembled, lost=saved.mark.lost, heard_digest=heard_digest)

    def _settings_of_saved(self, transcript: Transcript) -> dict[str, object]:
        """Those of today, with what only the run that heard it can have had."""
        settings = settings_of(self.options)
        engine = transcript.settings.get("engine")
        if isinstance(engine, dict) and engine.get("confidence") is True:
            settings["engine"]["confidence"] = True
        return settings | {"context": transcript.settings.get("context")}

    def _written_as_wanted(
        self, heard: Transcript, job: Job, names: Mapping[str, str] | None = None
    ) -> Assembled:
        text = self.options.text
        if names is None:
            names = names_given(
                heard,
                text.speaker_names,
                defaults=DEFAULT_SPEAKERS,
                is_diarized=self.options.speakers.diarize,
            )
        named = with_speakers(heard, names)
        corrected = self.corrector.corrected(named, text.corrections, path=job.media.path)
        transcript = with_script(corrected, text.script)
        is_same = transcript.changes == heard.changes and named is heard
        is_same = is_same and transcript.text == heard.text
        return Assembled(transcript=transcript, heard=None if is_same else heard)

    def _warning_of_names(self, base: OutputBase | None, transcript: Transcript) -> str | None:
        if base is None:
            return None
        output = self.options.output
        code = code_of(transcript.language) if output.language_suffix else None
        return base.warning(suffixes_of(output), language_code=code)

    def _assembled(self, file: FileInWork, summary: RecordingSummary) -> Told:
        put_together = partial(
            assemble,
            file=file.job.name,
            duration_ms=summary.duration_ms,
            models=self.models,
            settings=settings_of(self.options) | {"context": file.job.context.to_document()},
            warnings=(*summary.warnings, *(() if self.script is None else self.script.warnings)),
            speech=summary.speech,
        )
        speakers, activity = self.options.speakers, summary.activity
        tell = partial(told_apart, options=speakers, known=self.known())
        voices = (heard.voices for heard in file.heard)
        if not summary.levels:
            return tell(put_together(clips=file.heard), voices, activity=activity.get(None))
        told, tracks = [], []
        for channel, name in zip(CHANNELS, DEFAULT_SPEAKERS, strict=True):
            own = partial(_on_channel, file.heard, channel)
            base_name = f"{channel} 1" if speakers.diarize else name
            transcript = put_together(clips=(replace(heard, speaker=base_name) for heard in own()))
            voices = (heard.voices for heard in own())
            told.append(tell(transcript, voices, name=channel, activity=activity.get(channel)))
            track = Track(transcript=told[-1].transcript, levels=summary.levels[channel])
            tracks.append(track)
        known = tuple(voice for each in told for voice in each.voices)
        return Told(transcript=merged(*tracks), voices=known)


def look_at_job(job: Job, options: Options, on_look: Callable[[], None]) -> Look:
    """What is seen of a job, where its options want that; nothing where they do not.

    Args:
        on_look: called again and again; it may raise, to end this.

    Raises:
        UnreadableInput: it is gone.
    """
    if options.cue.shot_changes != "auto":
        return Look(shot_changes=None)
    return look_at_picture(
        job.open_fd or partial(open_source, job.media.path),
        path=job.media.path,
        longest_s=options.decode.max_duration_s,
        on_look=on_look,
    )


def _on_channel(heard: HeardClips, channel: Channel) -> Iterator[ClipOutcome]:
    return (clip for clip in heard if clip.speaker == channel)


def _shown(error: ClipsFailed, transcript: Transcript) -> str:
    """What was lost, and where, in one line."""
    gaps = inaudible_stretches(transcript)
    places = ", ".join(clock_span(*gap) for gap in gaps[:_MOST_PLACES_SHOWN])
    more = len(gaps) - _MOST_PLACES_SHOWN
    others = f" and {more} more" if more > 0 else ""
    reason = str(error).removeprefix(f"{error.path}: ")
    return f"{reason}; inaudible: {places}{others}; all else is written"
