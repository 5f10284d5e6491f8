"""Outputs from a transcript: cut cues, render, write, mark the file as done."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.subtitles.cues import cues_from_lines
from qasr_cli.core.subtitles.shot_changes import at_shot_changes
from qasr_cli.core.transcript.schema import lazy_document
from qasr_cli.core.types import Cue, MediaFile, Transcript
from qasr_cli.errors import InputError, MediaChanged, OutputError, OutputExists
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.formats.registry import Format
from qasr_cli.formats.rendering import cues_of, rendered
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import Options
from qasr_cli.run.commit.assembly import Assembled
from qasr_cli.run.commit.embedding import EmbeddedCopy, copy_of_job, possible_copy
from qasr_cli.run.commit.output_writer import Contents, OutputWriter
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase, suffixes_of
from qasr_cli.run.state.content import Content
from qasr_cli.run.state.marks import Mark, OutputMark, may_keep, result_bytes
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import (
    Writer,
    sha256_of_file,
    write_atomically,
    write_standard_output,
)
from qasr_cli.storage.temporaries import owner_of_process


@dataclass(frozen=True, slots=True, kw_only=True)
class Committer:
    """Writes the outputs of finished files.

    Attributes:
        fingerprints: of what is made; with what an input adds, part of its mark.
        script: of the text that was timed; None where it was recognised.
    """

    options: Options
    fingerprints: Fingerprints
    script: ScriptByClip | None = None

    def commit(
        self, job: Job, assembled: Assembled, *, known_sha256: str | None = None
    ) -> FileDone:
        """Write the outputs of an input, then its mark.

        Args:
            known_sha256: of its content, where that was looked at already.

        Raises:
            MediaChanged: the file is no longer the one that was decoded.
            OutputExists: an output that is not ours stands in the way.
            OutputError: the disk takes no more; stops the run.
            WrittenByAnother: another process writes them, or has done so meanwhile.
        """
        transcript = assembled.transcript
        cues = self._cues(transcript)
        files = rendered(transcript, cues, self.options)
        copy, notes = copy_of_job(job, transcript, cues, self.options.output)
        if job.base is None:
            for _, content in files:
                write_standard_output(content)
            outputs: tuple[str, ...] = ()
        else:
            contents = _contents(job.base, files, copy, self._code(transcript.language))
            outputs, more = self._write(job, assembled, contents, known_sha256)
            notes = (*notes, *more)
        return FileDone(
            media=job.media,
            outputs=outputs,
            duration_ms=transcript.duration_ms,
            language=transcript.language,
            warnings=(*transcript.warnings, *notes, *(() if copy is None else copy.notes)),
        )

    def planned_outputs(self, job: Job) -> tuple[str, ...]:
        """Where the outputs of a job will stand, as far as known before it is heard."""
        told = self.options.engine.language
        if self.options.output.language_suffix and told is None:
            return ()
        return self.outputs_in(job, told)

    def outputs_in(self, job: Job, language: str | None) -> tuple[str, ...]:
        """Where the outputs of a job will stand, where this language is spoken in it."""
        if job.base is None:
            return ()
        code = self._code(language)
        return tuple(
            job.base.for_suffix(suffix, language_code=code)
            for suffix in suffixes_of(self.options.output)
        )

    def possible_copies(self, job: Job) -> tuple[str, ...]:
        """Where a copy with its subtitles will stand, if there is a picture in it."""
        told, output = self.options.engine.language, self.options.output
        if output.language_suffix and told is None:
            return ()
        return possible_copy(job, output, language_code=self._code(told))

    def _code(self, language: str | None) -> str | None:
        return code_of(language) if self.options.output.language_suffix else None

    def _cues(self, transcript: Transcript) -> tuple[Cue, ...]:
        if self.script is not None and self.script.cues is not None:
            cues = cues_from_lines(transcript, self.options.cue, self.script.cues)
            return at_shot_changes(cues, transcript, self.options.cue)
        return cues_of(transcript, self.options)

    def _write(
        self, job: Job, assembled: Assembled, contents: Contents, known_sha256: str | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The paths that were written, and what a person should know of others."""
        if job.store is not None:
            with job.store.claims.hold(job.name):
                return self._write_and_mark(job, job.store, assembled, contents, known_sha256)
        writing = OutputWriter(job=job, overwrite=self.options.output.overwrite)
        self._check_or_keep(job, assembled, writing, contents)
        return writing.write(contents, Writer(owner=owner_of_process())), ()

    def _check_or_keep(
        self, job: Job, assembled: Assembled, writing: OutputWriter, paths: Iterable[str]
    ) -> None:
        """The same for an input without a state: what was heard is not lost with its output."""
        try:
            writing.check_nothing_foreign(paths)
        except OutputExists:
            path = None if job.kept is None else job.kept.result_path(job.name)
            if path is not None and may_keep(path):
                # It was not asked for: where it cannot be kept, it is heard again some day.
                with contextlib.suppress(OutputError, InputError):
                    content_sha256 = _unchanged_content(job.media)
                    document = self._document(job, assembled, content_sha256, ())
                    write_atomically(path, result_bytes(document))
            raise

    def _write_and_mark(
        self,
        job: Job,
        store: Store,
        assembled: Assembled,
        contents: Contents,
        known_sha256: str | None,
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        # Before the first write: a file that changed leaves no outputs of its old content.
        content_sha256 = known_sha256 or _unchanged_content(job.media)
        writing = OutputWriter(job=job, overwrite=self.options.output.overwrite)
        fingerprints = self.fingerprints.with_context(job.context)
        others = _Others.of(job.name, store, fingerprints, content_sha256, contents)

        def mark(outputs: Iterable[OutputMark]) -> None:
            all_outputs = (*outputs, *others.kept)
            document = self._document(job, assembled, content_sha256, all_outputs)
            store.commit(job.name, document)

        try:
            # After that, which takes a while, and before an output would be noted as ours.
            writing.check_nothing_foreign(contents)
            marks = writing.write_and_note(contents, store)
        except InputError:
            mark(())  # what was heard is not lost
            raise
        mark(marks.values())
        return tuple(marks), others.notes

    def _document(
        self,
        job: Job,
        assembled: Assembled,
        content_sha256: str,
        outputs: tuple[OutputMark, ...],
    ) -> dict[str, Any]:
        mark = Mark.of(
            job.name,
            content=Content.of(job.media, sha256=content_sha256),
            fingerprints=_as_heard(self.fingerprints.with_context(job.context), assembled),
            outputs=outputs,
            lost=assembled.lost,
        )
        return lazy_document(assembled.transcript, mark=mark.to_document(), heard=assembled.heard)


def _as_heard(fingerprints: Fingerprints, assembled: Assembled) -> Fingerprints:
    """Those of the run that heard it, in what was heard."""
    return replace(fingerprints, heard=assembled.heard_digest or fingerprints.heard)


def _contents(
    base: OutputBase,
    files: tuple[tuple[Format, bytes], ...],
    copy: EmbeddedCopy | None,
    language_code: str | None,
) -> Contents:
    contents: Contents = {
        base.for_suffix(format_.suffix, language_code=language_code): content
        for format_, content in files
    }
    if copy is not None:
        contents[base.for_suffix(copy.suffix, language_code=language_code)] = copy
    return contents


def _unchanged_content(media: MediaFile) -> str:
    digest = sha256_of_file(media.path)
    if media_file_from_path(media.path, media.relative_path) != media:
        raise MediaChanged(media.path)
    return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Others:
    """The outputs of an earlier run that are there, and that this one does not write.

    Attributes:
        kept: those that were made in just this way.
        notes: lines about those of another cut.
    """

    kept: tuple[OutputMark, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        store: Store,
        fingerprints: Fingerprints,
        content_sha256: str,
        paths: Iterable[str],
    ) -> "_Others":
        """Those of an input, beside outputs at these paths."""
        head = store.read_head(name)
        if head is None:
            return cls()
        written = set(map(store.relative, paths))
        outputs = tuple(
            output
            for output in head.mark.outputs
            if output.path not in written and os.path.exists(os.path.join(store.root, output.path))
        )
        if not head.mark.is_current(fingerprints):
            return cls(notes=tuple(map(_note_of_another_cut, outputs)))
        is_same = head.mark.is_of(name) and head.mark.content.sha256 == content_sha256
        return cls(kept=outputs if is_same else ())


def _note_of_another_cut(output: OutputMark) -> str:
    name = os.path.basename(output.path)
    return f"{name} was made with other options and stays as it is; -f names it, too"
