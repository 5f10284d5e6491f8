"""`qasr report`: the outcome of a batch, also of one that several machines shared."""

import os
import sys
from typing import Annotated, Any

import typer

from qasr_cli.cli.arguments.help_page import GroupedCommand, WholeSummaries
from qasr_cli.console.lines import printable, stop_line, summary_line
from qasr_cli.core.counts import counted
from qasr_cli.core.report import report_text
from qasr_cli.errors import LockHeld, UsageError
from qasr_cli.formats.registry import parse_formats
from qasr_cli.run.events import Rest
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.state.layout import report_path
from qasr_cli.saved.pages import report_page
from qasr_cli.saved.reports import merge_reports, read_report, report_paths
from qasr_cli.storage.files import write_standard_output
from qasr_cli.storage.named_file import NamedFile

_REVIEWED = 20  # minutes: an evening's work

app = typer.Typer(
    cls=WholeSummaries,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="Show, merge and search the reports of batches.",
)

Place = Annotated[
    str, typer.Argument(metavar="FOLDER|FILE", help="A folder that a batch wrote to, or a report.")
]


_Html = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", help="Write a page to look at, instead of printing; - prints it."
    ),
]
_Waveforms = Annotated[
    bool,
    typer.Option(
        "--waveforms/--no-waveforms",
        help="Draw the sound on the page, for which each recording is decoded again.",
    ),
]
_IsReview = Annotated[
    bool,
    typer.Option("--review", help="List the minutes to listen to again, the worst first, and why."),
]
_Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", help="List so many minutes at most; default: 20."),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(cls=GroupedCommand)
def show(
    *,
    place: Place = ".",
    html: _Html = None,
    waveforms: _Waveforms = True,
    as_review: _IsReview = False,
    limit: _Limit = None,
    as_json: _AsJson = False,
) -> None:
    """Print what did not go plainly well, and the counts."""
    _check(html=html, as_review=as_review, limit=limit, as_json=as_json)
    report = read_report(place)
    if as_review:
        _show_review(report, place, limit or _REVIEWED, as_json=as_json)
    elif as_json:
        write_standard_output("".join(report_text(report)).encode())
    elif html is not None:
        _write_page(report, place, html, with_waveforms=waveforms)
    else:
        _print(report)


def _print(report: dict[str, Any]) -> None:
    for warning in report.get("warnings", ()):
        typer.echo(printable(f"warning  {warning}"))
    for detail in report["details"]:
        for line in _lines(detail):
            typer.echo(printable(line))
    if report["status"] == "running":
        typer.echo(printable(f"running  as of {report['written']}"))
    elif report["stopped_by"] is not None:
        # How the run was started is not known.
        rest = Rest.WITHOUT_OVERWRITE if report["summary"]["pending"] else Rest.NONE_LEFT
        typer.echo(stop_line(report["stopped_by"], rest))
    typer.echo(summary_line(report["summary"], report.get("left_out", {})))


@app.command(cls=GroupedCommand)
def failed(
    place: Place = ".",
    null: Annotated[
        bool, typer.Option("--null", "-0", help="End names with a zero byte, for xargs -0.")
    ] = False,
) -> None:
    """Print the paths of the files that failed, and nothing else."""
    end = "\0" if null else "\n"
    for detail in read_report(place)["details"]:
        if detail["error"] is None:
            continue
        if not null and sys.stdout is not None and sys.stdout.isatty():
            typer.echo(printable(detail["path"]))
        else:
            write_standard_output(os.fsencode(detail["path"] + end))


@app.command(cls=GroupedCommand)
def merge(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER|FILE", help="Folders of batches, or reports of their parts."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here, not to processing_report.json in the one folder; - prints it.",
        ),
    ] = None,
) -> None:
    """Put the reports of all parts (--shard) together; the last word on each file counts.

    Where the parts were done with --same-speakers, each voice gets one name over all of them.
    """
    paths = tuple(dict.fromkeys(path for place in places for path in report_paths(place)))
    if output is None:
        if len(places) > 1 or not os.path.isdir(places[0]):
            raise UsageError("-o FILE says where the merged report goes (- prints it)")
        output = report_path(places[0])
    place = None if output == STANDARD_STREAM else NamedFile.at(output, option="-o")
    for folder in filter(os.path.isdir, places):
        _name_over_parts(folder)
    report = merge_reports(paths)
    data = "".join(report_text(report)).encode()
    if place is None:
        write_standard_output(data)
        return
    place.write(data)
    _say_written(report, counted(len(paths), "report"), output)


def _name_over_parts(folder: str) -> None:
    # numpy, and what reads results, is needed by this alone
    from qasr_cli.saved.same_speakers import name_over_parts

    try:
        notes = name_over_parts(folder)
    except LockHeld as error:
        notes = (f"voices have their names over all parts once these are done: {error}",)
    for note in notes:
        typer.echo(printable(f"warning  {note}"), err=True)


@app.command(cls=GroupedCommand)
def recover(
    media: Annotated[
        str, typer.Argument(metavar="FILE", help="A recording over which a batch died.")
    ],
    formats: Annotated[
        str, typer.Option("--format", "-f", metavar="NAMES", help="Write these formats.")
    ] = "srt",
    output_dir: Annotated[
        str | None,
        typer.Option(
            "--output-dir", "-o", metavar="FOLDER", help="Look for the batch that wrote here."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace outputs that exist.")
    ] = False,
) -> None:
    """Write what was heard of a quarantined recording, and say what was not."""
    from qasr_cli.api.recovery import recover as recovered
    from qasr_cli.options import Options, OutputOptions

    output = OutputOptions(
        formats=parse_formats([formats]), output_dir=output_dir, overwrite=overwrite
    )
    done = recovered(media, Options(output=output))
    for warning in done.warnings:
        typer.echo(printable(f"warning  {media}: {warning}"), err=True)
    outputs = ", ".join(map(os.path.basename, done.outputs))
    typer.echo(printable(f"partial  {media}  -> {outputs}"), err=True)


def _check(*, html: str | None, as_review: bool, limit: int | None, as_json: bool) -> None:
    if html is not None and (as_review or as_json):
        raise UsageError(
            f"--html and {'--review' if as_review else '--json'} contradict each other"
        )
    if limit is not None and not as_review:
        raise UsageError("--limit goes with --review")
    if limit is not None and limit < 1:
        raise UsageError("--limit takes 1 or more")


def _show_review(report: dict[str, Any], place: str, limit: int, *, as_json: bool) -> None:
    from qasr_cli.console.review_lines import review_lines, review_text
    from qasr_cli.saved.review import review

    found = review(report, root=_root_of(place), limit=limit)
    for line in found.unread:
        typer.echo(printable(f"warning  {line}"), err=True)
    if as_json:
        write_standard_output(review_text(found).encode())
        return
    for line in review_lines(found):
        typer.echo(printable(line))


def _root_of(place: str) -> str:
    """The folder of the batch."""
    return place if os.path.isdir(place) else os.path.dirname(place) or os.curdir


def _write_page(report: dict[str, Any], place: str, target: str, *, with_waveforms: bool) -> None:
    root = _root_of(place)
    is_printed = target == STANDARD_STREAM
    page = None if is_printed else NamedFile.at(target, option="--html")
    pieces = report_page(
        report,
        root=root,
        target_folder=os.curdir if is_printed else os.path.dirname(target) or os.curdir,
        with_waveforms=with_waveforms,
        summary=summary_line(report["summary"], report.get("left_out", {})),
    )
    data = "".join(pieces).encode()
    if page is None:
        write_standard_output(data)
        return
    page.write(data)
    _say_written(report, "a page", target)


def _say_written(report: dict[str, Any], source: str, target: str) -> None:
    files = counted(report["summary"]["total_files"], "file")
    typer.echo(printable(f"done     {source} of {files}  -> {target}"), err=True)


def _lines(detail: dict[str, Any]) -> list[str]:
    name, error = detail["file"], detail["error"]
    lines = [f"warning  {name}: {warning}" for warning in detail["warnings"]]
    if detail.get("reviewed"):
        lines.append(f"reviewed {name}: {detail['reviewed']}")
    if error is not None:
        message = error["message"].removeprefix(f"{detail['path']}: ")
        return [f"{detail['status']:8} {name}: {message}", *lines]
    return lines
