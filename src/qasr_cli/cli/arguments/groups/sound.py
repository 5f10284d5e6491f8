"""Options that say how the sound of a recording is read and cut into clips."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import Channels, Vad, speaker_names_from_user
from qasr_cli.cli.arguments.parsing import parsed
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.options import DEFAULT_MAX_CHUNK_S, DecodeOptions, SplitOptions


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class SoundArguments:
    """Which sound is heard, in what condition, and where it is cut."""

    max_chunk_s: Annotated[
        float, typer.Option("--max-chunk-s", metavar="S", help="Longest clip, in seconds.")
    ] = DEFAULT_MAX_CHUNK_S
    channels: Annotated[
        Channels, typer.Option("--channels", help="split: each channel is a speaker.")
    ] = Channels.MIX
    speaker_names: Annotated[
        str | None,
        typer.Option("--speaker-names", metavar="A,B", help="Of the channels, with split."),
    ] = None
    audio_track: Annotated[
        str | None,
        typer.Option(
            "--audio-track", metavar="N|LANG", help="Audio track, from 0, or by language."
        ),
    ] = None
    max_duration: Annotated[
        str,
        typer.Option(
            "--max-duration", metavar="TIME", help="Refuse longer recordings: 90m, 48h ..."
        ),
    ] = "48h"
    highpass: Annotated[
        int | None,
        typer.Option("--highpass", metavar="HZ", help="Cut rumble below this, such as 80."),
    ] = None
    normalize: Annotated[
        float | None,
        typer.Option("--normalize", metavar="DBFS", help="Peak level to reach, such as -3."),
    ] = None
    vad: Annotated[Vad, typer.Option("--vad", help="How pauses are found.")] = Vad.SILERO

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

    def speakers(self) -> tuple[str, str]:
        """Names of the speakers on the left and the right channel.

        Raises:
            UsageError: there are not two names, or the channels are not told apart.
        """
        return speaker_names_from_user(self.speaker_names, self.channels)
