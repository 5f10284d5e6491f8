"""What is kept of a session while it runs, so that no death of the process loses what was said.

Order: `session.json`, then phrases and sound as they come; at the end the files of a job, of which
`job.json` is the last. A folder that has it becomes a job as it is.
"""

import contextlib
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import ClipDone, Span, Transcript
from qasr_cli.errors import CorrectionFailed, QasrError
from qasr_cli.fingerprints import settings_of
from qasr_cli.formats.dictionaries import with_script
from qasr_cli.formats.registry import format_named
from qasr_cli.options import Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.state.live_journal import Journal, transcript_from_journal
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.folder import MEDIA_NAME, Accepted, End, JobFolder
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.files import sync_folder, write_atomically

if TYPE_CHECKING:
    import soundfile

    from qasr_cli.media.pcm import Pcm

_log = logging.getLogger(__name__)

_PHRASES_NAME = "phrases.live.jsonl"
_SESSION_NAME = "session.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What a session is to whoever finds its folder.

    Attributes:
        name: of the job that comes of it.
    """

    name: str
    asked: Asked

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "asked": self.asked.to_document()}

    @classmethod
    def from_fields(cls, fields: Fields) -> "Talk":
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(name=fields.text("name"), asked=Asked.from_fields(fields.inner("asked")))


@dataclass(slots=True, kw_only=True)
class KeptTalk:
    """One session in its folder.

    Every method may wait for the disk; those of adding belong to one thread each.

    Attributes:
        folder: in the room of sessions, under the id of the job to come.
        has_phrases: somebody said something.
    """

    folder: JobFolder
    talk: Talk
    has_phrases: bool = False
    _journal: Journal
    _sound: "soundfile.SoundFile | None" = None

    @classmethod
    def begun(
        cls,
        folder: JobFolder,
        talk: Talk,
        options: Options,
        *,
        models: Mapping[str, str],
        keeps_sound: bool,
    ) -> "KeptTalk":
        """A new one.

        Args:
            options: of the session.
            models: role -> name and revision.

        Raises:
            OSError, OutputError: the disk takes no more; nothing is left then.
        """
        os.mkdir(folder.path, 0o700)
        try:
            folder.write(_SESSION_NAME, talk.to_document())
            settings = settings_of(options) | {"context": options.context.to_document()}
            journal = Journal.begun(
                folder.place(_PHRASES_NAME), file=MEDIA_NAME, models=models, settings=settings
            )
            sound = _sound_at(folder.media) if keeps_sound else None
        except BaseException:
            folder.remove()
            raise
        return cls(folder=folder, talk=talk, _journal=journal, _sound=sound)

    def add_sound(self, samples: "Pcm") -> None:
        """Keep sound, where it is to be kept.

        Raises:
            OSError: the disk takes no more.
        """
        # Somebody may come back while the whole is written down.
        if self._sound is not None and not self._sound.closed and len(samples):
            try:
                self._sound.write(samples)
            except RuntimeError as error:  # as soundfile names what the system said
                raise OSError(str(error)) from error

    def add(self, outcomes: Sequence[ClipOutcome], speech: Sequence[Span]) -> None:
        """Keep phrases; one that comes again, with its times, takes the place of the first.

        Raises:
            OutputError: the disk takes no more.
        """
        self._journal.add(outcomes, speech)
        self.has_phrases |= any(
            each.result.text or not isinstance(each.result, ClipDone) for each in outcomes
        )

    @property
    def is_worth_a_job(self) -> bool:
        """Whether anything would be missed."""
        return self.has_phrases or self._sound is not None

    def ended(self, options: Options, *, duration_ms: int, now_s: int) -> tuple[Accepted, End]:
        """Write the result, and say how it ended.

        Args:
            options: of the service.

        Raises:
            OSError, QasrError: the disk takes no more.
        """
        if self._sound is not None:
            self._sound.close()
        return _written(self.folder, self.talk, options, duration_ms=duration_ms, now_s=now_s)

    def close(self) -> None:
        """Keep nothing more, and leave it for the next process."""
        if self._sound is not None:
            with contextlib.suppress(RuntimeError):
                self._sound.close()

    def remove(self) -> None:
        """Remove all of it."""
        self.close()
        self.folder.remove()


def become_job(folder: JobFolder, moved: JobFolder, accepted: Accepted, end: End) -> None:
    """Make the folder of a session that has ended that of a job.

    Raises:
        OSError, OutputError: the disk takes no more; it stays as it is.
    """
    folder.write_end(end)
    folder.write("job.json", accepted.to_document())
    os.rename(folder.path, moved.path)
    sync_folder(moved.root)
    for name in (_PHRASES_NAME, _SESSION_NAME):  # only a session needs them
        with contextlib.suppress(OSError):
            os.unlink(moved.place(name))


def left_behind(
    root: str, options: Options, *, now_s: int
) -> Iterator[tuple[JobFolder, Accepted, End]]:
    """The sessions of processes that died, as jobs; what holds nothing is removed.

    What is damaged stays for whoever looks into it.
    """
    for name in os.listdir(root):
        folder = JobFolder(root=root, id=name)
        try:
            talk = folder.read(_SESSION_NAME, Talk.from_fields)
            if talk is not None and _has_anything(folder):
                accepted, end = _written(folder, talk, options, duration_ms=None, now_s=now_s)
                yield folder, accepted, end
                continue
        except (DamagedDocument, OSError, QasrError) as error:
            _log.warning("what session %s has left is no job: %s", folder.id, error)
            continue
        shutil.rmtree(folder.path, ignore_errors=True)


def _has_anything(folder: JobFolder) -> bool:
    heard = transcript_from_journal(folder.place(_PHRASES_NAME))
    return bool(heard.text) or os.path.exists(folder.media)


def _written(
    folder: JobFolder, talk: Talk, options: Options, *, duration_ms: int | None, now_s: int
) -> tuple[Accepted, End]:
    transcript = _transcript_of(folder, talk, options, duration_ms=duration_ms)
    json = format_named("json")
    write_atomically(folder.result, json.render(transcript, ()).encode())
    end = End(
        ended_s=now_s,
        duration_ms=transcript.duration_ms,
        language=transcript.language,
        warnings=transcript.warnings,
    )
    # No two sessions are equal, whatever was said.
    digest = hashlib.sha256(folder.id.encode()).hexdigest()
    return Accepted(name=talk.name, sha256=digest, number=0, asked=talk.asked), end


def _transcript_of(
    folder: JobFolder, talk: Talk, options: Options, *, duration_ms: int | None
) -> Transcript:
    """The transcript as a batch makes it of the same phrases.

    Raises:
        DamagedDocument: what was kept is damaged.
    """
    heard = transcript_from_journal(folder.place(_PHRASES_NAME), duration_ms=duration_ms)
    text = talk.asked.options_over(options).text
    try:
        with Corrector() as corrector:
            heard = corrector.corrected(heard, text.corrections, path=talk.name)
    except CorrectionFailed as error:
        heard = replace(heard, warnings=(*heard.warnings, f"not corrected: {error}"))
    return with_script(heard, text.script)


def _sound_at(path: str) -> "soundfile.SoundFile":
    """A new file for sound, for its owner's eyes alone."""
    import soundfile

    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return soundfile.SoundFile(
        path, "w", samplerate=SAMPLE_RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
    )
