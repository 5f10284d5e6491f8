"""Outputs from a transcript: cut cues, render, write, mark the file as done."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.subtitles.cues import cues_from_lines
from qasr_cli.core.transcript.schema import lazy_document
from qasr_cli.core.types import Cue, MediaFile, Transcript
from qasr_cli.errors import MediaChanged, OutputExists
from qasr_cli.formats.registry import Format, format_named
from qasr_cli.formats.rendering import cues_of, rendered
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import Options
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase
from qasr_cli.run.resume import first_foreign_output, holds_own_output, key_of
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.marks import Mark, OutputMark
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import Writer, sha256_of_file, write_standard_output
from qasr_cli.storage.temporaries import owner_of_process


@dataclass(frozen=True, slots=True, kw_only=True)
class Committer:
    """Writes the outputs of finished files.

    Attributes:
        fingerprint: of settings and models; with what an input adds, part of its mark.
        script: of the text that was timed; None where it was recognised.
    """

    options: Options
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
        if job.store is None:
            self._check_nothing_foreign(job, contents)
            self._write_outputs(job, contents, Writer(owner=owner_of_process()))
        else:
            self._write_and_mark(job, job.store, transcript, contents)
        return tuple(contents)

    def _check_nothing_foreign(self, job: Job, paths: Iterable[str]) -> None:
        """Find out before the first output is written that one of them cannot be."""
        foreign = first_foreign_output(job, tuple(paths))
        if foreign is not None and not self.options.output.overwrite:
            raise OutputExists(job.media.path, os.path.basename(foreign))

    def _write_outputs(self, job: Job, contents: dict[str, bytes], writer: Writer) -> None:
        for path, data in contents.items():
            if self.options.output.overwrite:
                writer.write(path, data)
            else:
                is_own = partial(holds_own_output, job, path)
                writer.write_output(path, data, of=job.media.path, is_own=is_own)

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
        # After that, which takes a while, and before an output would be noted as ours.
        self._check_nothing_foreign(job, contents)
        store.journal.note_outputs(job.name, outputs)
        self._write_outputs(job, contents, store.writer)
        fingerprint = job.fingerprint(self.fingerprint)
        mark = Mark(
            key=key_of(job.name, content_sha256, fingerprint),
            fingerprint=fingerprint,
            content=Content.of(job.media, sha256=content_sha256),
            outputs=outputs,
        )
        store.commit(job.name, lazy_document(transcript, mark=mark.to_document()))


def _unchanged_content(media: MediaFile) -> str:
    digest = sha256_of_file(media.path)
    if media_file_from_path(media.path, media.relative_path) != media:
        raise MediaChanged(media.path)
    return digest
