"""`qasr render RESULT...`: saved results cut and written again. No model, no torch."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.groups.rendered import RenderArguments
from qasr_cli.cli.arguments.option_sets import (
    CUE_OPTIONS,
    FORMAT_OPTIONS,
    own_options,
    some_options,
)
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import counted
from qasr_cli.core.language.languages import code_of
from qasr_cli.core.types import Cue, Timing, Transcript
from qasr_cli.errors import (
    ExitCode,
    InputError,
    NotEmbedded,
    OutputRefused,
    UsageError,
)
from qasr_cli.formats.dictionaries import with_script
from qasr_cli.formats.rendering import cues_of, cuts_anew, rendered, was_looked_at
from qasr_cli.options import Options, OutputOptions
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.plan.checks import check_one_picture, check_output_dir
from qasr_cli.run.plan.output_names import OutputBase, suffixes_of
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.saved.batch_state import BatchState, results_in
from qasr_cli.saved.result_outputs import ResultOutputs
from qasr_cli.saved.results import bases_for_results, read_result
from qasr_cli.saved.speakers import WantedSpeakers
from qasr_cli.storage.files import write_standard_output

if TYPE_CHECKING:
    from qasr_cli.run.commit.embedding import EmbeddedCopy
    from qasr_cli.saved.second_language import SecondLanguage

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@some_options(
    *FORMAT_OPTIONS,
    *CUE_OPTIONS,
    "output_dir",
    "language",
    "language_suffix",
    "embed",
    "corrections",
    "script",
    "overwrite",
    "quiet",
)
@own_options(RenderArguments)
def render(
    *,
    given: Arguments,
    per_file: PerFile,
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT|FOLDER",
            help="JSON of qasr (-f json, or out of .qasr/results), whisper, faster-whisper, "
            "whisperX or stable-ts; a folder stands for what a batch did in it.",
        ),
    ],
    chosen: RenderArguments,
) -> None:
    """Cut saved results into subtitles again, with other options or into other formats."""
    results, gone_count = results_in(results)
    if gone_count:
        gone = counted(gone_count, "result")
        typer.echo(f"note     {gone} of recordings that are gone left out", err=True)
    with Corrector() as corrector:
        second = _second_language(chosen.second_language, results, per_file.output_of(results))
        speakers = WantedSpeakers(names=chosen.names(), merged=chosen.merged())
        sources = _Sources(
            corrector=corrector,
            second=second,
            media=chosen.media,
            speakers=speakers,
        )
        raise typer.Exit(_rendered(results, per_file, sources, is_quiet=given.quiet))


def _rendered(
    results: list[str], per_file: PerFile, sources: "_Sources", *, is_quiet: bool
) -> ExitCode:
    """Print or write the outputs of all results.

    Raises:
        UsageError: they do not go where they should.
    """
    output = per_file.output_of(results)
    check_one_picture(per_file.of_path(path).cue for path in results)
    if output.output_dir != STANDARD_STREAM:
        check_output_dir(output.output_dir)
    if sources.media is not None and not output.embed:
        raise UsageError("--media says where the recording of --embed is: give that, too")
    if output.output_dir == STANDARD_STREAM:
        if len(results) > 1 or len(output.formats) > 1:
            raise UsageError("-o - takes one result and one format")
        if output.embed:
            raise UsageError("--embed writes a file: leave out -o -")
        options = per_file.of_path(results[0])
        transcript = _read(results[0], options, sources)
        cues = _cues(transcript, options, sources, of=results[0])
        for _, content in rendered(transcript, cues, options):
            write_standard_output(content)
        return ExitCode.OK
    is_beside = output.output_dir is None
    bases = bases_for_results(
        results,
        output_dir=output.output_dir,
        suffixes=suffixes_of(output),
        standing=_standing_outputs if is_beside else lambda _: (),
    )
    return _render_all(bases, per_file, sources, is_quiet=is_quiet)


def _standing_outputs(path: str) -> tuple[str, ...]:
    state = BatchState.of(path)
    return () if state is None else state.standing_outputs()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """What the outputs are made from beside a result.

    Attributes:
        second: subtitles to stand under its own.
        media: where its recording is; None = beside it.
        speakers: what becomes of them.
    """

    corrector: Corrector
    second: "SecondLanguage | None"
    media: str | None
    speakers: WantedSpeakers


def _second_language(
    path: str | None, results: list[str], output: OutputOptions
) -> "SecondLanguage | None":
    """The subtitles that `--with` names.

    Raises:
        UsageError: they are none, or nothing here can show them.
        MalformedInput: they are damaged.
    """
    if path is None:
        return None
    from qasr_cli.saved.second_language import read_second_language

    if len(results) > 1:
        raise UsageError("--with takes one result: its subtitles are of one recording")
    return read_second_language(path, formats=output.formats)


def _render_all(
    bases: dict[str, OutputBase], per_file: PerFile, sources: _Sources, *, is_quiet: bool
) -> ExitCode:
    """Write the outputs of every result, and say what came of each."""
    failed_count = 0
    for path, base in bases.items():
        try:
            outputs = _render_one(path, base, per_file.of_path(path), sources)
        except InputError as error:
            failed_count += 1
            typer.echo(printable(f"failed   {error}"), err=True)
        else:
            if not is_quiet:
                more = f" +{len(outputs) - 1}" if len(outputs) > 1 else ""
                first = _shown(outputs[0], beside=path)
                typer.echo(printable(f"done     {_shown(path)}  -> {first}{more}"), err=True)
    if len(bases) > 1 and not is_quiet:
        done = f"{len(bases) - failed_count} done, {failed_count} failed"
        typer.echo(f"{counted(len(bases), 'result')}: {done}", err=True)
    return ExitCode.SOME_FAILED if failed_count else ExitCode.OK


def _shown(path: str, *, beside: str | None = None) -> str:
    """A path as short as it can be: from here, or its name where that says enough."""
    if beside is not None and os.path.dirname(path) == os.path.dirname(os.path.abspath(beside)):
        return os.path.basename(path)
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


def _render_one(path: str, base: OutputBase, options: Options, sources: _Sources) -> list[str]:
    """The paths that were written.

    Raises:
        InputError: the result cannot be read or corrected, or something stands where its outputs
            would go.
    """
    transcript = _read(path, options, sources)
    cues = _cues(transcript, options, sources, of=path)
    suffixed = options.output.language_suffix
    code = code_of(transcript.language) if suffixed else None
    contents = {
        base.for_suffix(format_.suffix, language_code=code): content
        for format_, content in rendered(transcript, cues, options)
    }
    copy = _embedded_copy(path, transcript, cues, options, sources.media)
    # `-f all` beside a result includes the json that it was read from.
    own = [output for output in contents if os.path.realpath(output) == os.path.realpath(path)]
    if not copy and len(own) == len(contents):
        raise OutputRefused(own[0], "it is the result itself")
    note = base.warning(suffixes_of(options.output), language_code=code)
    _say(path, () if note is None else (note,))
    is_elsewhere = options.output.output_dir is not None
    state = None if is_elsewhere else BatchState.of(path, file=transcript.file)
    # Somebody's words, in whatever way they came in, are never a batch's to replace.
    is_of_batch = state is not None and sources.second is None and state.says(transcript)
    outputs = ResultOutputs(
        of=path, overwrite=options.output.overwrite, state=state, is_of_batch=is_of_batch
    )
    written = outputs.write(
        {output: content for output, content in contents.items() if output not in own},
        {} if copy is None else {base.for_suffix(copy.suffix, language_code=code): copy},
    )
    _say(path, () if copy is None else copy.notes)
    return written


def _embedded_copy(
    path: str,
    transcript: Transcript,
    cues: tuple[Cue, ...],
    options: Options,
    media: str | None,
) -> "EmbeddedCopy | None":
    """The copy of its recording that `--embed` asks for; None where there can be none.

    Raises:
        InputError: the recording is not found, or cannot be read.
    """
    if not options.output.embed:
        return None
    from qasr_cli.run.commit.embedding import EmbeddedCopy, note_of
    from qasr_cli.saved.recordings import recording_of

    recording = recording_of(path, transcript.file, media=media)
    try:
        return EmbeddedCopy.of(
            recording, transcript, cues, options.output, language=transcript.language
        )
    except NotEmbedded as error:
        _say(path, [note_of(error)])
        return None


def _read(path: str, options: Options, sources: _Sources) -> Transcript:
    result = read_result(path, language=options.engine.language)
    transcript = result.transcript
    _say(path, result.notes)
    spoken = [clip for clip in transcript.clips if clip.timing is not Timing.NONE]
    guessed_count = sum(clip.timing is Timing.PROPORTIONAL for clip in spoken)
    if guessed_count:
        share = f"{guessed_count} of {len(spoken)} stretches"
        _say(path, [f"{share} have no word times; they are spread by length"])
    named = sources.speakers.of(transcript, path)
    corrected = sources.corrector.corrected(named, options.text.corrections, path=path)
    return with_script(corrected, options.text.script)


def _cues(
    transcript: Transcript, options: Options, sources: _Sources, *, of: str
) -> tuple[Cue, ...]:
    if cuts_anew(transcript, options):
        _say(of, ["its subtitles were edited by hand; the options have them cut anew"])
    cues = cues_of(transcript, options)
    if options.cue.shot_changes == "auto" and not was_looked_at(transcript):
        _say(of, ["nobody looked for cuts of its picture: qasr batch --shot-changes auto does"])
    if sources.second is not None:
        cues, notes = sources.second.under(cues, options.cue, of=of)
        _say(of, notes)
    return cues


def _say(path: str, notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(printable(f"note     {path}: {note}"), err=True)
