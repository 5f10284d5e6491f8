"""`qasr edit FOLDER|FILE...`: subtitles corrected in a browser, where they stand."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli import walls
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.groups.service import KEY_VARIABLE, ServiceArguments
from qasr_cli.cli.arguments.help_page import SERVICE
from qasr_cli.cli.arguments.option_sets import EDITED_OPTIONS, own_options, some_options
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.errors import ListenError, UsageError

if TYPE_CHECKING:
    from qasr_cli.errors import InputError
    from qasr_cli.saved.in_place.worst_first import Ranked
    from qasr_cli.serve.serve_options import ServeOptions
    from qasr_cli.serve.sockets import Listening

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_PACKAGES = ("starlette", "uvicorn", "python_multipart", "websockets")
_OPTIONS = (
    *("host", "port", "api_key_file", "published", "allow_host", "allow_origin", "state_dir"),
    "idle_unload",
)
# A child that is not behind the walls: a browser needs the network.
_OPENER = "import sys, webbrowser; url = sys.stdin.readline().strip(); url and webbrowser.open(url)"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER|FILE",
        help="A folder of qasr batch, or with recordings and their subtitles; a recording, "
        "JSON of qasr or whisper, .srt or .vtt.",
    ),
]
OpensBrowser = Annotated[
    bool,
    typer.Option(
        "--browser/--no-browser",
        help="Open the page in a browser, where there is a display.",
        rich_help_panel=SERVICE,
    ),
]


@app.command(cls=ConfiguredCommand)
@own_options(ServiceArguments, only=_OPTIONS)
@some_options(*EDITED_OPTIONS)
def edit(
    *, given: Arguments, chosen: ServiceArguments, paths: Paths, browser: OpensBrowser = True
) -> None:
    """Correct subtitles in a browser; what is saved goes where it stands.

    The worst come first. Nothing leaves this machine, and models are loaded only when they are
    asked for.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError("qasr edit needs packages of its own: pip install 'qasr-cli[serve]'")
    options = given.options()
    # First what the walls would keep from being opened: sockets, and a browser.
    listening = _listening(chosen)
    open_in_browser = _opener() if browser else _nothing
    _put_up_walls(listening)
    from qasr_cli.serve.editing import edit as edit_until_ended

    code = edit_until_ended(
        listening,
        options,
        _serve_options(chosen, is_local=listening.is_local),
        paths,
        say=lambda line: typer.echo(printable(line), err=True),
        watched=_watched,
        on_ready=open_in_browser,
    )
    raise typer.Exit(code)


def _put_up_walls(listening: "Listening") -> None:
    from qasr_cli.sandbox import confine_server

    walls.put_up(partial(confine_server, listening.sockets))


def _serve_options(chosen: ServiceArguments, *, is_local: bool) -> "ServeOptions":
    """How it serves; what it keeps meanwhile lies beside that of `qasr serve`."""
    wanted = chosen.serve_options(is_local=is_local)
    folder = chosen.state_dir or os.path.join(os.path.dirname(wanted.state_dir), "edit")
    return replace(wanted, state_dir=folder, shows_key=wanted.shows_key and bool(wanted.key))


def _listening(chosen: ServiceArguments) -> "Listening":
    """Sockets as they were asked for; with no port named, another one where the usual is taken."""
    from qasr_cli.serve.sockets import open_sockets

    try:
        return open_sockets(hosts=chosen.hosts, ports=chosen.ports)
    except ListenError:
        if chosen.port:
            raise
        return open_sockets(hosts=chosen.hosts, ports=(0,))


def _watched(
    found: "Iterable[Ranked | InputError]", count: int
) -> "Generator[Ranked | InputError]":
    """What is looked through, with a bar where a person waits for it."""
    from tqdm import tqdm

    yield from tqdm(
        found, total=count, desc="looked through", unit="file", leave=False, disable=None
    )


def _opener() -> Callable[[str], None]:
    """Opens an address in a browser; the child that does it waits for the address."""
    has_display = sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if not (has_display and sys.stderr is not None and sys.stderr.isatty()):
        return _nothing
    child = subprocess.Popen(  # noqa: S603  # Python itself, on a line of our own
        [sys.executable, "-I", "-c", _OPENER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: value for name, value in os.environ.items() if name != KEY_VARIABLE},
        start_new_session=True,  # Ctrl-C ends the service, not the browser
    )

    def open_in_browser(address: str) -> None:
        if child.stdin is not None:
            with child.stdin as told:
                told.write(f"{address}\n")

    return open_in_browser


def _nothing(_address: str) -> None:
    """Open no browser."""
