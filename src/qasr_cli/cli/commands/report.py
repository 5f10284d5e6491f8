"""`qasr report`: the outcome of a batch, also of one that several machines shared."""

import os
import sys
from typing import Annotated, Any

import typer

from qasr_cli.console.lines import printable, stop_line, summary_line
from qasr_cli.core.report import report_text
from qasr_cli.errors import UsageError
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.state.layout import report_path
from qasr_cli.saved.pages import report_page
from qasr_cli.saved.reports import merge_reports, read_report, report_paths
from qasr_cli.storage.files import write_standard_output
from qasr_cli.storage.named_file import NamedFile

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="Show, merge and search the reports of batches.",
)

Place = Annotated[
    str, typer.Argument(metavar="DIR|FILE", help="A folder that a batch wrote to, or a report.")
]


@app.command()
def show(
    *,
    place: Place = ".",
    html: Annotated[
        str | None,
        typer.Option(
            "--html", metavar="FILE", help="Write a page to look at instead (- prints it)."
        ),
    ] = None,
    waveforms: Annotated[
        bool,
        typer.Option(
            "--waveforms/--no-waveforms", help="Draw the sound; each recording is decoded again."
        ),
    ] = True,
) -> None:
    """Print what did not go plainly well, and the counts."""
    report = read_report(place)
    if html is not None:
        _write_page(report, place, html, with_waveforms=waveforms)
        return
    for warning in report.get("warnings", ()):
        typer.echo(printable(f"warning  {warning}"))
    for detail in report["details"]:
        for line in _lines(detail):
            typer.echo(printable(line))
    if report["status"] == "running":
        typer.echo(printable(f"running  as of {report['written']}"))
    elif report["stopped_by"] is not None:
        typer.echo(stop_line(report["stopped_by"]))
    typer.echo(summary_line(report["summary"], report.get("left_out", {})))


@app.command()
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


@app.command()
def merge(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR|FILE...", help="Folders of batches, or reports of their parts."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Default: processing_report.json of the one DIR."
        ),
    ] = None,
) -> None:
    """Put the reports of all parts (`--shard`) together; the last word on each file counts."""
    paths = dict.fromkeys(path for place in places for path in report_paths(place))
    if output is None:
        if len(places) > 1 or not os.path.isdir(places[0]):
            raise UsageError("-o FILE says where the merged report goes (- prints it)")
        output = report_path(places[0])
    place = None if output == STANDARD_STREAM else NamedFile.at(output, option="-o")
    data = "".join(report_text(merge_reports(tuple(paths)))).encode()
    if place is None:
        write_standard_output(data)
    else:
        place.write(data)


def _write_page(report: dict[str, Any], place: str, target: str, *, with_waveforms: bool) -> None:
    root = place if os.path.isdir(place) else os.path.dirname(place) or os.curdir
    is_printed = target == STANDARD_STREAM
    page = None if is_printed else NamedFile.at(target, option="--html")
    pieces = report_page(
        report,
        root=root,
        target_folder=os.curdir if is_printed else os.path.dirname(target) or os.curdir,
        with_waveforms=with_waveforms,
    )
    data = "".join(pieces).encode()
    if page is None:
        write_standard_output(data)
    else:
        page.write(data)


def _lines(detail: dict[str, Any]) -> list[str]:
    name, error = detail["file"], detail["error"]
    lines = [f"warning  {name}: {warning}" for warning in detail["warnings"]]
    if error is not None:
        message = error["message"].removeprefix(f"{detail['path']}: ")
        return [f"{detail['status']:8} {name}: {message}", *lines]
    return lines
