"""`qasr worker`: what `qasr batch --workers` starts; not to be typed.

It reads orders from standard input and answers on standard output. By the time that any of this
runs, the network is refused to the process, as to every other command, unless that is not wanted
of the command which starts it.
"""

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(hidden=True)
def worker(
    parent: Annotated[int, typer.Argument(metavar="PROCESS", help="Who has started it.")],
    no_sandbox: Annotated[  # noqa: ARG001  # read in cli.main, before the command itself begins
        bool, typer.Option("--no-sandbox", help="Do not have the kernel refuse the network.")
    ] = False,
) -> None:
    """Hear the files that another process hands out."""
    from qasr_cli.system.processes import die_with_parent

    die_with_parent(parent)
    from qasr_cli.api import workers  # numpy, onnxruntime and pydub come with it

    raise typer.Exit(workers.run_worker())
