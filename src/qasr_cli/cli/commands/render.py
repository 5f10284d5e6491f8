"""`qasr render RESULT...`: saved results cut and written again. No model, no torch."""

import os
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.option_sets import CUE_OPTIONS, FORMAT_OPTIONS, some_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.core.language.languages import code_of
from qasr_cli.core.types import Timing, Transcript
from qasr_cli.errors import ExitCode, InputError, OutputExists, OutputRefused, UsageError
from qasr_cli.formats.rendering import cues_of, rendered
from qasr_cli.options import Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.plan.output_names import OutputBase, suffixes_of
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.saved.results import bases_for_results, read_result
from qasr_cli.storage.files import write_standard_output, writer_of_outputs

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@some_options(
    *FORMAT_OPTIONS,
    *CUE_OPTIONS,
    "output_dir",
    "language",
    "language_suffix",
    "corrections",
    "overwrite",
    "quiet",
)
def render(
    *,
    given: Arguments,
    per_file: PerFile,
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT",
            help="JSON of qasr (-f json, or out of .qasr/results), whisper, faster-whisper, "
            "whisperX or stable-ts.",
        ),
    ],
) -> None:
    """Cut saved results into subtitles again, with other options or into other formats."""
    output = per_file.output_of(results)
    if output.output_dir == STANDARD_STREAM:
        if len(results) > 1 or len(output.formats) > 1:
            raise UsageError("-o - takes one result and one format")
        options = per_file.of_path(results[0])
        with Corrector() as corrector:
            transcript = _read(results[0], options, corrector)
        for _, content in _contents(transcript, options):
            write_standard_output(content)
        return
    bases = bases_for_results(results, output_dir=output.output_dir, suffixes=suffixes_of(output))
    with Corrector() as corrector:
        code = _render_all(bases, per_file, corrector, is_quiet=given.quiet)
    raise typer.Exit(code)


def _render_all(
    bases: dict[str, OutputBase], per_file: PerFile, corrector: Corrector, *, is_quiet: bool
) -> ExitCode:
    """Write the outputs of every result, and say what came of each."""
    has_failed = False
    for path, base in bases.items():
        try:
            outputs = _render_one(path, base, per_file.of_path(path), corrector)
        except InputError as error:
            has_failed = True
            typer.echo(printable(f"failed   {error}"), err=True)
        else:
            if not is_quiet:
                more = f" +{len(outputs) - 1}" if len(outputs) > 1 else ""
                first = os.path.basename(outputs[0])
                typer.echo(printable(f"done     {path}  -> {first}{more}"), err=True)
    return ExitCode.SOME_FAILED if has_failed else ExitCode.OK


def _render_one(path: str, base: OutputBase, options: Options, corrector: Corrector) -> list[str]:
    """The paths that were written.

    Raises:
        InputError: the result cannot be read or corrected, or something stands where its outputs
            would go.
    """
    transcript = _read(path, options, corrector)
    suffixed = options.output.language_suffix
    code = code_of(transcript.language) if suffixed else None
    contents = {
        base.for_suffix(suffix, language_code=code): content
        for suffix, content in _contents(transcript, options)
    }
    # `-f all` beside a result includes the json that it was read from.
    own = [output for output in contents if os.path.realpath(output) == os.path.realpath(path)]
    outputs = [output for output in contents if output not in own]
    if not outputs:
        raise OutputRefused(own[0], "it is the result itself")
    for output in outputs:
        if os.path.lexists(output) and not options.output.overwrite:
            raise OutputExists(path, os.path.basename(output))
    note = base.warning(suffixes_of(options.output), language_code=code)
    if note is not None:
        typer.echo(printable(f"note     {path}: {note}"), err=True)
    write = writer_of_outputs(path, overwrite=options.output.overwrite)
    return [write(output, contents[output]).path for output in outputs]


def _read(path: str, options: Options, corrector: Corrector) -> Transcript:
    result = read_result(path, language=options.engine.language)
    transcript = result.transcript
    for note in result.notes:
        typer.echo(printable(f"note     {path}: {note}"), err=True)
    spoken = [clip for clip in transcript.clips if clip.timing is not Timing.NONE]
    guessed_count = sum(clip.timing is Timing.PROPORTIONAL for clip in spoken)
    if guessed_count:
        line = f"note     {path}: {guessed_count} of {len(spoken)} stretches have no word times; "
        typer.echo(printable(f"{line}they are spread by length"), err=True)
    return corrector.corrected(transcript, options.text.corrections, path=path)


def _contents(transcript: Transcript, options: Options) -> list[tuple[str, bytes]]:
    files = rendered(transcript, cues_of(transcript, options), options)
    return [(format_.suffix, content) for format_, content in files]
