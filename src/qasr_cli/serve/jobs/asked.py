"""What whoever sends a job asks for, kept as it was asked."""

from dataclasses import dataclass, replace
from typing import Any, Self

from qasr_cli.core.script.lines import script_from_text
from qasr_cli.options import Options, OutputOptions
from qasr_cli.serve import settings
from qasr_cli.serve.forms.uploads import Upload
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The settings of one job; None = as the service does it.

    Attributes:
        profile: name of a style of subtitles.
        text: what is said in the recording, where only its times are wanted.
    """

    language: str | None = None
    context: str | None = None
    hotwords: tuple[str, ...] = ()
    channels: str | None = None
    diarize: str | None = None
    speakers: str | None = None
    profile: str | None = None
    text: str | None = None

    @classmethod
    def in_form(cls, upload: Upload) -> Self:
        """What the fields of a form ask for."""
        return cls(
            language=upload.first("language"),
            context=upload.first("context", "prompt"),
            hotwords=tuple(upload.every("hotwords", "hotwords[]")),
            channels=upload.first("channels"),
            diarize=upload.first("diarize"),
            speakers=upload.first("speakers"),
            profile=upload.first("profile"),
            text=upload.first("text"),
        )

    def options_over(self, options: Options) -> Options:
        """The options of the job, over those of the service.

        Raises:
            Refused: it cannot be had.
        """
        options = settings.with_language(options, self.language)
        options = settings.with_channels(options, self.channels)
        options = settings.with_speakers(options, diarize=self.diarize, count=self.speakers)
        options = settings.with_context(options, self.context, list(self.hotwords))
        options = settings.with_profile(options, self.profile)
        # One output, which is the result; what else is wanted is made of it when it is asked for.
        output = OutputOptions(formats=("json",), rendering=options.output.rendering)
        return replace(options, output=output)

    def check(self, options: Options) -> None:
        """Refuse what would fail whatever the recording is.

        Raises:
            Refused: it would.
        """
        wanted = self.options_over(options)
        if self.text is None:
            return
        if wanted.decode.channels == "split":
            message = "a text is aligned to one voice: channels takes left, right or mix with text"
            raise Refused.bad_request(message, param="channels")
        try:
            script_from_text(self.text, name="the text", keeps_lines=False)
        except ValueError as error:
            raise Refused.bad_request(f"the text {error}", param="text") from error

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "language": self.language,
            "context": self.context,
            "hotwords": list(self.hotwords),
            "channels": self.channels,
            "diarize": self.diarize,
            "speakers": self.speakers,
            "profile": self.profile,
            "text": self.text,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(
            language=fields.or_none("language", Fields.text),
            context=fields.or_none("context", Fields.text),
            hotwords=fields.texts("hotwords"),
            channels=fields.or_none("channels", Fields.text),
            diarize=fields.or_none("diarize", Fields.text),
            speakers=fields.or_none("speakers", Fields.text),
            profile=fields.or_none("profile", Fields.text),
            text=fields.or_none("text", Fields.text),
        )
