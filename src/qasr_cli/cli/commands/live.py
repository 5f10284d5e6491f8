"""`qasr live`: captions of sound while it is spoken, from standard input."""

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from qasr_cli.cli.arguments.choices import Printed
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.groups.live import LiveArguments
from qasr_cli.cli.arguments.option_sets import LIVE_OPTIONS, own_options, some_options
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.session import watched
from qasr_cli.console.lines import printable
from qasr_cli.errors import ExitCode, UsageError
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM

if TYPE_CHECKING:
    from qasr_cli.api.live import Captioned
    from qasr_cli.live.events import Event
    from qasr_cli.live.streams import SoundStream

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@own_options(LiveArguments)
@some_options(*LIVE_OPTIONS)
def live(
    *,
    given: Arguments,
    chosen: LiveArguments,
    source: Annotated[
        str, typer.Argument(metavar="-", help="Standard input, which is all that is read.")
    ] = STANDARD_STREAM,
) -> None:
    """Caption sound while it is spoken: a microphone or a stream, piped in.

    Reads whatever ffmpeg reads from a pipe, or bare samples with --pcm.
    """
    _check(source)
    options = given.options()
    live_options, place, rate_hz = chosen.live_options(options), chosen.place(), chosen.rate_hz()
    from qasr_cli.api.live import caption_stream
    from qasr_cli.api.opening import open_engine
    from qasr_cli.live.record.record import Record

    with (
        # The live view of files that are worked on would be drawn over the captions.
        watched(replace(given.console(), progress=False)) as (_, stop),
        contextlib.closing(open_engine(options)) as engine,
        _printing(chosen.printed, is_quiet=given.quiet) as show,
        contextlib.ExitStack() as stack,
    ):
        _name_models(engine.models if given.verbose else {})
        record = None
        if place is not None:
            record = Record(place, options, live_options, models=engine.models)
            stack.enter_context(contextlib.closing(record))
        captioned = caption_stream(
            _stream(rate_hz), live_options, engine, on_event=show, record=record, stop=stop
        )
        stop_code = stop.exit_code
    _tell(captioned, is_quiet=given.quiet)
    if captioned.error is not None:
        raise captioned.error
    failed = ExitCode.SOME_FAILED if captioned.failed_count else ExitCode.OK
    raise typer.Exit(stop_code or failed)


def _name_models(models: dict[str, str]) -> None:
    for role, name in models.items():
        typer.echo(printable(f"model    {role}: {name}"), err=True)


def _check(source: str) -> None:
    """Refuse what is no live sound.

    Raises:
        UsageError: a file is named, or nothing is piped in.
    """
    if source != STANDARD_STREAM:
        raise UsageError(
            f"{source}: qasr live reads standard input: qasr live - < {source}; "
            f"qasr transcribe does recordings"
        )
    if sys.stdin is None:
        raise UsageError("qasr live reads standard input, which is closed")
    if sys.stdin.isatty():
        raise UsageError(
            "standard input is a terminal: pipe sound into it, such as "
            "arecord -f S16_LE -r 16000 -c 1 -t raw - | qasr live --pcm"
        )


def _stream(rate_hz: int | None) -> "SoundStream":
    from qasr_cli.live.streams import ContainerStream, RawStream

    # Above the standard ones, which a child has for itself.
    descriptor = os.dup(sys.stdin.fileno())
    if rate_hz is not None:
        return RawStream(descriptor, name="standard input", rate_hz=rate_hz)
    return ContainerStream(descriptor, name="standard input")


@contextlib.contextmanager
def _printing(printed: Printed, *, is_quiet: bool) -> "Iterator[Callable[[Event], None]]":
    """What prints events in the form that was asked for."""
    if sys.stdout is None:  # closed: what -o names is written all the same
        with open(os.devnull, "w", encoding="utf-8") as out:
            yield from _printed_on(out, printed, is_quiet=is_quiet)
    else:
        yield from _printed_on(sys.stdout, printed, is_quiet=is_quiet)


def _printed_on(
    out: TextIO, printed: Printed, *, is_quiet: bool
) -> "Iterator[Callable[[Event], None]]":
    from qasr_cli.console.live_view import LiveView, has_colour, terminal_width

    if printed is Printed.JSON:
        yield functools.partial(_print_json, out)
        return

    def say(line: str) -> None:
        if not is_quiet:
            typer.echo(line, err=True)

    view = LiveView(out, say, width=terminal_width(out), has_colour=has_colour())
    try:
        yield view.show
    finally:
        with contextlib.suppress(OSError):
            view.close()


def _print_json(out: TextIO, event: "Event") -> None:
    line = json.dumps(event.as_message(), ensure_ascii=False)
    out.buffer.write(f"{line}\n".encode())
    out.buffer.flush()


def _tell(captioned: "Captioned", *, is_quiet: bool) -> None:
    for warning in captioned.warnings:
        typer.echo(printable(f"warning  {warning}"), err=True)
    if captioned.outputs and not is_quiet:
        first, *others = captioned.outputs
        more = f" +{len(others)}" if others else ""
        typer.echo(printable(f"done     -> {first}{more}"), err=True)
