"""Options that say how the sound of a recording is read and cut into clips."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import Channels, Vad, speaker_names_from_user
from qasr_cli.cli.arguments.help_page import INPUT, listed
from qasr_cli.cli.arguments.parsing import parsed
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.options import DEFAULT_MAX_CHUNK_S, DecodeOptions, SplitOptions

_option = functools.partial(typer.Option, rich_help_panel=INPUT)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class SoundArguments:
    """Which sound is heard, in what condition, and where it is cut."""

    max_chunk_s: Annotated[
        float,
        _option(
            "--max-chunk-s", metavar="SECONDS", help="Cut sound, at pauses, into no longer clips."
        ),
    ] = DEFAULT_MAX_CHUNK_S
    channels: Annotated[
        Channels,
        _option(
            "--channels",
            metavar=listed(Channels),
            help="Hear all channels as one, one of them, or each as a speaker (split).",
        ),
    ] = Channels.MIX
    speaker_names: Annotated[
        str | None,
        _option(
            "--speaker-names",
            metavar="NAME,NAME...",
            help="Name the speakers of --channels split, left and right, or those of --diarize in "
            "the order in which they speak.",
        ),
    ] = None
    audio_track: Annotated[
        str | None,
        _option(
            "--audio-track",
            metavar="N|LANGUAGE",
            help="Hear this track, by its number from 0 or its language, not the main one.",
        ),
    ] = None
    max_duration: Annotated[
        str,
        _option("--max-duration", metavar="TIME", help="Refuse longer recordings, such as 90m."),
    ] = "48h"
    highpass: Annotated[
        int | None,
        _option("--highpass", metavar="HZ", help="Cut rumble below this frequency, such as 80."),
    ] = None
    normalize: Annotated[
        float | None,
        _option("--normalize", metavar="DBFS", help="Bring the peak to this level, such as -3."),
    ] = None
    vad: Annotated[
        Vad,
        _option(
            "--vad",
            metavar=listed(Vad),
            help="Find pauses with the Silero model, or by loudness alone (energy).",
        ),
    ] = Vad.SILERO

    def decode_options(self) -> DecodeOptions:
        """How a file becomes samples.

        Raises:
            UsageError: a value is out of range, or is no length of time.
        """
        return DecodeOptions(
            channels=self.channels.value,
            audio_track=self.audio_track,
            highpass_hz=self.highpass,
            normalize_dbfs=self.normalize,
            max_duration_s=parsed("--max-duration", self.max_duration, seconds_from_text),
        )

    def split_options(self) -> SplitOptions:
        """How samples become clips.

        Raises:
            UsageError: a value is out of range.
        """
        return SplitOptions(max_chunk_s=self.max_chunk_s, vad=self.vad.value)

    def names_of_speakers(self, *, is_diarized: bool) -> tuple[str, ...]:
        """Names of the speakers on the left and the right channel, or in order of their voices.

        Raises:
            UsageError: they are too few, one is there twice, or nobody is told apart.
        """
        return speaker_names_from_user(self.speaker_names, self.channels, is_diarized=is_diarized)
