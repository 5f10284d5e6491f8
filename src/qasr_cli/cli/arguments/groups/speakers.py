"""Options that say whether speakers are told apart, how many there are, and their names."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import Diarizer
from qasr_cli.cli.arguments.help_page import SPEECH, listed
from qasr_cli.core.speakers.speaker_options import DEFAULT_MOST_SPEAKERS, SpeakerOptions
from qasr_cli.core.voice_types import VoiceFile

_option = functools.partial(typer.Option, rich_help_panel=SPEECH)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class SpeakerArguments:
    """Who speaks."""

    diarize: Annotated[
        bool,
        _option(
            "--diarize",
            help="Tell voices apart, and name who speaks; needs qasr models pull speakers.",
        ),
    ] = False
    diarizer: Annotated[
        Diarizer,
        _option(
            "--diarizer",
            metavar=listed(Diarizer),
            help="Tell them apart by campplus, or by nemotron, which hears people who talk at once "
            "(up to 8; needs qasr models pull nemotron).",
        ),
    ] = Diarizer.CAMPPLUS
    speakers: Annotated[
        int | None,
        _option("--speakers", metavar="N", help="Tell apart just so many voices."),
    ] = None
    min_speakers: Annotated[
        int, _option("--min-speakers", metavar="N", help="Tell apart so many voices at least.")
    ] = 1
    max_speakers: Annotated[
        int, _option("--max-speakers", metavar="N", help="Tell apart so many voices at most.")
    ] = DEFAULT_MOST_SPEAKERS
    voices: Annotated[
        str | None,
        _option(
            "--voices",
            metavar="FOLDER",
            help="Name who sounds as in one of these recordings, called Anna.wav, Ben.mp3.",
        ),
    ] = None
    keep_voices: Annotated[
        bool,
        _option(
            "--keep-voices",
            help="Keep how each voice sounds beside the results; qasr voices forget removes it.",
        ),
    ] = False

    same_speakers: Annotated[
        bool,
        _option(
            "--same-speakers",
            help="Give one voice one name over all recordings of a batch; needs --keep-voices.",
        ),
    ] = False

    def speaker_options(self) -> SpeakerOptions:
        """Whether voices are told apart, and how many there are.

        Raises:
            UsageError: a number is out of range, goes with what is not asked for, or the voices
                are none.
        """
        return SpeakerOptions(
            diarize=self.diarize,
            diarizer=self.diarizer.value,
            count=self.speakers,
            least=self.min_speakers,
            most=self.max_speakers,
            keep_voices=self.keep_voices,
            same=self.same_speakers,
            known=_known_in(self.voices) if self.voices is not None else (),
        )


def _known_in(folder: str) -> tuple[VoiceFile, ...]:
    from qasr_cli.media.voices.known import voice_files

    return voice_files(folder)
