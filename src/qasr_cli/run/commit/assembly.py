"""The transcript of a finished file, from the results of its clips."""

from dataclasses import dataclass, replace
from functools import partial

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.channels import Track, merged
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.types import CHANNELS, ClipFailed, Transcript
from qasr_cli.engines.base import Engine
from qasr_cli.errors import ClipsFailed, LowCoverage
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.options import Options, settings_of
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.output_names import OutputBase, suffixes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembler:
    """Makes the transcripts of finished files.

    Attributes:
        script: of the text that was timed; None where it was recognised.
    """

    options: Options
    engine: Engine
    corrector: Corrector
    script: ScriptByClip | None = None

    def transcript_of(self, file: FileInWork) -> Transcript:
        """What was heard of a complete file, corrected.

        Raises:
            ClipsFailed: some clips have no text.
            LowCoverage: too little of the speech has words, and that counts as a failure.
            CorrectionFailed: a correction takes too long, or makes too much text.
            Stopped: the run was asked to stop before it was corrected.
        """
        lost = [
            heard.result
            for heard in file.heard
            if isinstance(heard.result, ClipFailed) and heard.result.text is None
        ]
        if lost:
            raise ClipsFailed(file.job.media.path, len(lost), str(lost[0].error))
        if file.summary is None:
            raise ValueError("a file is committed before its last clip was read")
        transcript = self._assembled(file, file.summary)
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
        return self.corrector.corrected(
            transcript, self.options.text.corrections, path=file.job.media.path
        )

    def _warning_of_names(self, base: OutputBase | None, transcript: Transcript) -> str | None:
        if base is None:
            return None
        output = self.options.output
        code = code_of(transcript.language) if output.language_suffix else None
        return base.warning(suffixes_of(output), language_code=code)

    def _assembled(self, file: FileInWork, summary: RecordingSummary) -> Transcript:
        put_together = partial(
            assemble,
            file=file.job.name,
            duration_ms=summary.duration_ms,
            models=self.engine.models,
            settings=settings_of(self.options) | {"context": file.job.context.to_document()},
            warnings=(*summary.warnings, *(() if self.script is None else self.script.warnings)),
            speech=summary.speech,
        )
        if not summary.levels:
            return put_together(clips=file.heard)
        left, right = (
            Track(
                transcript=put_together(
                    clips=(
                        replace(heard, speaker=name)
                        for heard in file.heard
                        if heard.speaker == channel
                    )
                ),
                levels=summary.levels[channel],
            )
            for channel, name in zip(CHANNELS, self.options.text.speaker_names, strict=True)
        )
        return merged(left, right)
