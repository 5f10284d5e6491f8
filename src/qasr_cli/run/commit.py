"""A finished file onto the disk: assemble, cut cues, render, write, mark as done."""

import hashlib
import os
from dataclasses import dataclass, replace
from functools import partial

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.subtitles.cues import cues_from_lines
from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.channels import Track, merged
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.transcript.schema import document_from_transcript
from qasr_cli.core.types import CHANNELS, ClipFailed, Cue, MediaFile, Transcript
from qasr_cli.engines.base import Engine
from qasr_cli.errors import ClipsFailed, LowCoverage, MediaChanged, OutputExists
from qasr_cli.formats.registry import Format, format_named
from qasr_cli.formats.rendering import cues_of, rendered
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import RecordingSummary
from qasr_cli.options import Options, settings_of
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase
from qasr_cli.run.resume import first_foreign_output, key_of
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.marks import Mark, OutputMark
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import sha256_of_file, write_atomically, write_standard_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Committer:
    """Turns finished files into outputs.

    Attributes:
        fingerprint: of settings and models; with what an input adds, part of its mark.
        script: of the text that was timed; None where it was recognised.
    """

    options: Options
    engine: Engine
    fingerprint: str
    script: ScriptByClip | None = None

    def commit(self, file: FileInWork, transcript: Transcript) -> FileDone:
        """Write the outputs of a complete file, then its mark.

        Raises:
            MediaChanged: the file is no longer the one that was decoded.
            OutputExists: an output that is not ours stands in the way.
            OutputError: the disk takes no more; stops the run.
        """
        job = file.job
        files = rendered(transcript, self._cues(transcript), self.options)
        if job.base is None:
            for _, content in files:
                write_standard_output(content)
            outputs: tuple[str, ...] = ()
        else:
            outputs = self._write(job, job.base, transcript, files)
        return FileDone(
            media=job.media,
            outputs=outputs,
            duration_ms=transcript.duration_ms,
            language=transcript.language,
            attempts=tuple(file.attempts),
            warnings=transcript.warnings,
        )

    def planned_outputs(self, job: Job) -> tuple[str, ...]:
        """Where the outputs of a job will stand, as far as known before its language is."""
        if job.base is None or self.options.output.language_suffix:
            return ()
        return tuple(
            job.base.for_suffix(format_named(name).suffix, language_code=None)
            for name in self.options.output.formats
        )

    def transcript_of(self, file: FileInWork) -> Transcript:
        """What was heard of a complete file, corrected.

        Raises:
            ClipsFailed: some clips have no text.
            LowCoverage: too little of the speech has words, and that counts as a failure.
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
        if bare is not None:
            transcript = replace(transcript, warnings=(*transcript.warnings, bare))
        return corrected(transcript, self.options.text.corrections)

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
                    clips=[
                        replace(heard, speaker=name)
                        for heard in file.heard
                        if heard.speaker == channel
                    ]
                ),
                levels=summary.levels[channel],
            )
            for channel, name in zip(CHANNELS, self.options.text.speaker_names, strict=True)
        )
        return merged(left, right)

    def _cues(self, transcript: Transcript) -> tuple[Cue, ...]:
        if self.script is not None and self.script.cues is not None:
            return cues_from_lines(transcript, self.options.cue, self.script.cues)
        return cues_of(transcript, self.options)

    def _write(
        self,
        job: Job,
        base: OutputBase,
        transcript: Transcript,
        files: tuple[tuple[Format, bytes], ...],
    ) -> tuple[str, ...]:
        suffixed = self.options.output.language_suffix
        code = code_of(transcript.language) if suffixed else None
        contents = {
            base.for_suffix(format_.suffix, language_code=code): content
            for format_, content in files
        }
        if not self.options.output.overwrite:
            foreign = first_foreign_output(job, tuple(contents))
            if foreign is not None:
                raise OutputExists(job.media.path, os.path.basename(foreign))
        if job.store is None:
            for path, data in contents.items():
                write_atomically(path, data)
        else:
            self._write_and_mark(job, job.store, transcript, contents)
        return tuple(contents)

    def _write_and_mark(
        self, job: Job, store: Store, transcript: Transcript, contents: dict[str, bytes]
    ) -> None:
        # Before the first write: a file that changed leaves no outputs of its old content.
        content_sha256 = _unchanged_content(job.media)
        outputs = tuple(
            OutputMark(
                path=store.relative(path),
                size_bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for path, content in contents.items()
        )
        store.note_outputs(job.name, outputs)
        for path, data in contents.items():
            store.writer.write(path, data)
        fingerprint = job.fingerprint(self.fingerprint)
        mark = Mark(
            key=key_of(job.name, content_sha256, fingerprint),
            fingerprint=fingerprint,
            content=Content.of(job.media, sha256=content_sha256),
            outputs=outputs,
        )
        store.commit(job.name, document_from_transcript(transcript, mark=mark.to_document()))


def _unchanged_content(media: MediaFile) -> str:
    digest = sha256_of_file(media.path)
    if media_file_from_path(media.path, media.relative_path) != media:
        raise MediaChanged(media.path)
    return digest
