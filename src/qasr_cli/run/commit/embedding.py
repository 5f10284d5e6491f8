"""The copy of a recording with its subtitles in it, as one of the outputs of its transcript."""

from collections.abc import Callable
from dataclasses import dataclass, field

from qasr_cli.core.language.languages import iso_639_2_code_of
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import NotEmbedded
from qasr_cli.formats.registry import format_named
from qasr_cli.media.embedding.containers import container_of, copy_suffix
from qasr_cli.media.embedding.muxing import SubtitleText, check_embeddable, embed
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.jobs import Job
from qasr_cli.storage.files import Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedCopy:
    """A copy that is yet to be written.

    Attributes:
        recording: path of its source.
        suffix: what its name ends on.
        notes: once it is written, what it lacks of its source.
        on_filled: is given the descriptor of the whole copy, before that has a name.
    """

    recording: str
    suffix: str
    subtitles: SubtitleText
    notes: list[str] = field(default_factory=list)
    on_filled: Callable[[int], None] = lambda _: None

    @classmethod
    def of(
        cls,
        recording: str,
        transcript: Transcript,
        cues: tuple[Cue, ...],
        output: OutputOptions,
        *,
        language: str | None,
    ) -> "EmbeddedCopy":
        """The copy that a recording can have.

        Args:
            language: of the subtitles, its full English name.

        Raises:
            NotEmbedded: it can have none.
            DecodeError, UnreadableInput, UsageError: it, or ffmpeg, cannot be used.
        """
        check_embeddable(recording)
        container, suffix = container_of(recording), copy_suffix(recording)
        if container is None or suffix is None:
            raise NotEmbedded(recording, "its container carries no subtitles")
        wanted = [name for name in container.formats if name in output.formats]
        # The form that was asked for beside the recording, where the container has a choice.
        name = wanted[-1] if wanted else container.formats[0]
        text = format_named(name).render(transcript, cues, output.rendering)
        return cls(
            recording=recording,
            suffix=suffix,
            subtitles=SubtitleText(
                content=text.encode(), format_name=name, language=iso_639_2_code_of(language)
            ),
        )

    def fill(self, descriptor: int) -> None:
        """Write it to an open, empty file.

        Raises:
            NotEmbedded, DecodeError, UnreadableInput, UsageError, OSError: as `embed`.
        """
        self.notes[:] = embed(self.recording, self.subtitles, descriptor)
        self.on_filled(descriptor)

    def is_written_by(self, write: Callable[[Fill], object]) -> bool:
        """Whether it could be written; else a note says why not."""
        try:
            write(self.fill)
        except NotEmbedded as error:
            self.notes[:] = [note_of(error)]
            return False
        return True


def copy_of_job(
    job: Job, transcript: Transcript, cues: tuple[Cue, ...], output: OutputOptions
) -> tuple[EmbeddedCopy | None, tuple[str, ...]]:
    """The copy that `--embed` asks for; or None, and why where one was asked for.

    Raises:
        DecodeError, UnreadableInput, UsageError: as `EmbeddedCopy.of`.
    """
    if not output.embed:
        return None, ()
    if job.open_fd is not None:
        return None, (note_of(NotEmbedded(job.media.path, "standard input is no file")),)
    try:
        language = transcript.language
        copy = EmbeddedCopy.of(job.media.path, transcript, cues, output, language=language)
    except NotEmbedded as error:
        return None, (note_of(error),)
    return copy, ()


def possible_copy(job: Job, output: OutputOptions, *, language_code: str | None) -> tuple[str, ...]:
    """Where a copy will stand if there is a picture in the recording."""
    suffix = copy_suffix(job.media.path) if output.embed else None
    if suffix is None or job.base is None:
        return ()
    return (job.base.for_suffix(suffix, language_code=language_code),)


def note_of(error: NotEmbedded) -> str:
    """Why there is no copy, beside the name of the recording."""
    return f"no copy with subtitles (--embed): {error.reason}"
