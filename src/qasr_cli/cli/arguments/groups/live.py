"""Options of `qasr live` alone: what comes in, when a phrase ends, what is shown and kept."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.choices import Printed
from qasr_cli.cli.arguments.completion import complete_formats
from qasr_cli.cli.arguments.help_page import INPUT, OUTPUT, SPEECH, listed
from qasr_cli.cli.arguments.parsing import parsed
from qasr_cli.core.timing import SAMPLE_RATE_HZ, seconds_from_text
from qasr_cli.errors import UsageError
from qasr_cli.formats.registry import parse_formats

if TYPE_CHECKING:
    from qasr_cli.live.live_options import LiveOptions
    from qasr_cli.live.record.record import OutputPlace
    from qasr_cli.options import Options

_RATES_HZ = (4_000, 192_000)


@dataclass(frozen=True, kw_only=True)
class LiveArguments:
    """The options as the command line gave them."""

    pcm: Annotated[
        bool,
        typer.Option(
            "--pcm",
            help="Read bare samples: 16 bits, little-endian, one channel.",
            rich_help_panel=INPUT,
        ),
    ] = False
    rate: Annotated[
        int | None,
        typer.Option(
            "--rate",
            metavar="HZ",
            help=f"Read so many samples a second with --pcm; {SAMPLE_RATE_HZ} by default.",
            rich_help_panel=INPUT,
        ),
    ] = None
    endpoint_ms: Annotated[
        int,
        typer.Option(
            "--endpoint-ms",
            metavar="MS",
            help="End a phrase after so much quiet; 800 suits minutes.",
            rich_help_panel=SPEECH,
        ),
    ] = 500
    step_ms: Annotated[
        int,
        typer.Option(
            "--step-ms",
            metavar="MS",
            help="Show what was said of a phrase so far every so often.",
            rich_help_panel=SPEECH,
        ),
    ] = 500
    no_partials: Annotated[
        bool,
        typer.Option(
            "--no-partials", help="Show phrases only once they are final.", rich_help_panel=SPEECH
        ),
    ] = False
    max_lag: Annotated[
        str,
        typer.Option(
            "--max-lag",
            metavar="TIME",
            help="End where recognition is so far behind the sound.",
            rich_help_panel=SPEECH,
        ),
    ] = "30s"
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="NAME",
            help="Write NAME.srt, or what -f says; it grows with every phrase.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--output-format",
            metavar="NAME[,NAME]",
            help="Write these formats to the name of -o, such as srt,vtt,json.",
            autocompletion=complete_formats,
            rich_help_panel=OUTPUT,
        ),
    ] = None
    printed: Annotated[
        Printed,
        typer.Option(
            "--format",
            metavar=listed(Printed),
            help="Print text, or every event as a line of JSON.",
            rich_help_panel=OUTPUT,
        ),
    ] = Printed.TEXT

    def rate_hz(self) -> int | None:
        """Samples a second of bare samples; None where the stream says it.

        Raises:
            UsageError: there is no such rate, or the stream says its own.
        """
        if not self.pcm:
            if self.rate is None:
                return None
            raise UsageError("--rate goes with --pcm: any other stream says its own")
        if self.rate is None:
            return SAMPLE_RATE_HZ
        least, most = _RATES_HZ
        if not least <= self.rate <= most:
            raise UsageError(f"--rate takes {least} to {most} (Hz)")
        from qasr_cli.live.sample_rate import RateConverter

        try:
            RateConverter(self.rate)
        except ValueError as error:
            raise UsageError(f"--rate: {error}") from error
        return self.rate

    def live_options(self, options: "Options") -> "LiveOptions":
        """How the session listens.

        Raises:
            UsageError: a value is out of range.
        """
        from qasr_cli.live.live_options import LiveOptions

        return LiveOptions(
            endpoint_ms=self.endpoint_ms,
            step_ms=self.step_ms,
            has_partials=not self.no_partials,
            max_lag_s=parsed("--max-lag", self.max_lag, seconds_from_text),
            language=options.engine.language,
            context=options.context.prompt,
            wants_times=options.engine.align,
            vad=options.split.vad,
            cue=options.cue,
        )

    def place(self) -> "OutputPlace | None":
        """Where outputs go; None = nowhere.

        Raises:
            UsageError: it can be no name of a file, there is no such format, or no name for it.
        """
        formats = _formats(self.formats or [])
        if self.output is None:
            if formats:
                raise UsageError(f"-f {','.join(formats)}: say under which name: -o NAME")
            return None
        from qasr_cli.live.record.record import OutputPlace

        return OutputPlace.from_user(os.path.expanduser(self.output), formats)


def _formats(values: list[str]) -> tuple[str, ...]:
    try:
        return parse_formats(values) if values else ()
    except UsageError as error:
        # Elsewhere `--format` says what is written.
        raise UsageError(str(error).replace("--format", "-f", 1)) from error
