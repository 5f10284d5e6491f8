"""`qasr serve`: the models stay loaded, and other programs ask over HTTP."""

from functools import partial
from importlib.util import find_spec

import typer

from qasr_cli.cli import walls
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.groups.service import ServiceArguments
from qasr_cli.cli.arguments.option_sets import SERVED_OPTIONS, own_options, some_options
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.errors import UsageError
from qasr_cli.options import Options

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_PACKAGES = ("starlette", "uvicorn", "python_multipart", "websockets")


@app.command(cls=ConfiguredCommand)
@own_options(ServiceArguments)
@some_options(*SERVED_OPTIONS)
def serve(*, given: Arguments, chosen: ServiceArguments) -> None:
    """Keep the models loaded, and transcribe what other programs send.

    It answers to this machine alone, and the kernel lets it reach nobody.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError("qasr serve needs packages of its own: pip install 'qasr-cli[serve]'")
    options = given.options()
    # Sockets first: once the walls stand, none can be opened, nor what is open turned around.
    from qasr_cli.sandbox import confine_server
    from qasr_cli.serve.sockets import open_sockets

    listening = open_sockets(hosts=chosen.hosts, ports=chosen.ports)
    walls.put_up(partial(confine_server, listening.sockets))
    wanted = chosen.serve_options(is_local=listening.is_local)
    if options.speakers.known:
        _hear_who_is_known(options)
    from qasr_cli.serve.server import serve as serve_until_ended

    raise typer.Exit(serve_until_ended(listening, options, wanted, say=_say))


def _say(line: str) -> None:
    typer.echo(printable(line), err=True)


def _hear_who_is_known(options: Options) -> None:
    """Hear the recordings of `--voices` before anybody waits for it."""
    from qasr_cli.run.file_policy import people_heard
    from qasr_cli.run.known_voices import confusable

    for line in confusable(people_heard(options)):
        _say(line)
