"""Options of `qasr serve` alone: where it answers, to whom, how much at a time."""

import functools
import os
import re
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.help_page import SERVICE
from qasr_cli.cli.arguments.parsing import parsed, parsed_if_given
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.errors import UsageError
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import read_side_file
from qasr_cli.storage.user_folders import user_folder

if TYPE_CHECKING:
    from qasr_cli.serve.serve_options import ServeOptions

DEFAULT_PORT = 7860
# A key itself, for containers: what they are handed as a file, others may read too.
KEY_VARIABLE = "QASR_API_KEY"
_EVERYWHERE = "0.0.0.0"  # noqa: S104  # only with a key
_MOST_KEY_BYTES = 4096
_SHORTEST_KEY = 16
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

_option = functools.partial(typer.Option, rich_help_panel=SERVICE)


@dataclass(frozen=True, kw_only=True)
class ServiceArguments:
    """The options as the command line gave them."""

    host: Annotated[
        list[str] | None,
        _option(
            "--host",
            metavar="ADDRESS",
            help="Answer at this address of the machine; the default is localhost. Any other "
            "needs a key. May be repeated.",
        ),
    ] = None
    port: Annotated[
        list[str] | None,
        _option(
            "--port",
            metavar="PORT",
            help=f"Answer at this port, {DEFAULT_PORT} by default; 0 takes any that is free. May "
            "be repeated.",
        ),
    ] = None
    api_key_file: Annotated[
        str | None,
        _option(
            "--api-key-file",
            metavar="FILE",
            help="Answer only to who has the key in this file, which nobody else may read.",
        ),
    ] = None
    published: Annotated[
        bool,
        _option(
            "--published",
            help="Answer at all addresses, and print an address with a new key: for containers.",
        ),
    ] = False
    allow_host: Annotated[
        list[str] | None,
        _option(
            "--allow-host",
            metavar="NAME",
            help="Answer to this name of the machine too, such as that of a proxy.",
        ),
    ] = None
    allow_origin: Annotated[
        list[str] | None,
        _option(
            "--allow-origin",
            metavar="URL",
            help="Let pages of this site ask: https://name:port.",
        ),
    ] = None
    state_dir: Annotated[
        str | None,
        _option(
            "--state-dir",
            metavar="FOLDER",
            help="Keep recordings that are heard, and jobs, in this folder.",
        ),
    ] = None
    max_upload: Annotated[
        str,
        _option("--max-upload", metavar="SIZE", help="Take recordings up to this size: 500M, 8G."),
    ] = "8G"
    max_requests: Annotated[
        int,
        _option("--max-requests", metavar="N", help="Take so many requests at a time."),
    ] = 32
    max_jobs: Annotated[
        int,
        _option("--max-jobs", metavar="N", help="Take so many jobs that have not ended."),
    ] = 1000
    max_live: Annotated[
        int,
        _option("--max-live", metavar="N", help="Take so many live sessions at a time."),
    ] = 4
    max_lag: Annotated[
        str,
        _option(
            "--max-lag",
            metavar="TIME",
            help="End a live session whose text is further behind what is said than this.",
        ),
    ] = "30s"
    keep: Annotated[
        str,
        _option("--keep", metavar="TIME", help="Keep a job and its result so long: 24h, 7d."),
    ] = "24h"
    max_turn: Annotated[
        str,
        _option(
            "--max-turn",
            metavar="TIME",
            help="Keep live requests waiting no longer than about this; longer turns do more at "
            "once.",
        ),
    ] = "2s"
    idle_unload: Annotated[
        str | None,
        _option(
            "--idle-unload",
            metavar="TIME",
            help="Give the models' memory back after so long without work: 10m.",
        ),
    ] = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses to answer at; () = this machine alone."""
        return _listed(self.host) or ((_EVERYWHERE,) if self.published else ())

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports to answer at.

        Raises:
            UsageError: one is no number.
        """
        return tuple(map(_port, _listed(self.port))) or (DEFAULT_PORT,)

    def serve_options(self, *, is_local: bool) -> "ServeOptions":
        """What they stand for.

        Args:
            is_local: only programs of this machine can reach it.

        Raises:
            UsageError: a value is out of range, or others could reach it without a key.
        """
        from qasr_cli.serve.serve_options import ServeOptions

        _check_counts(requests=self.max_requests, jobs=self.max_jobs, live=self.max_live)
        given_key = _given_key(self.api_key_file)
        return ServeOptions(
            state_dir=_state_folder(self.state_dir),
            hosts=tuple(map(_host, _listed(self.allow_host))),
            origins=tuple(map(_origin, _listed(self.allow_origin))),
            key=given_key or _new_key(is_published=self.published, is_local=is_local),
            shows_address=self.published,
            shows_key=not given_key,
            most_upload_bytes=parsed("--max-upload", self.max_upload, _bytes_from_text),
            most_requests=self.max_requests,
            most_jobs=self.max_jobs,
            most_live=self.max_live,
            max_lag_s=_max_lag_s(self.max_lag),
            keep_s=parsed("--keep", self.keep, seconds_from_text),
            turn_s=parsed("--max-turn", self.max_turn, seconds_from_text),
            idle_unload_s=parsed_if_given("--idle-unload", self.idle_unload, seconds_from_text),
        )


def _check_counts(**counts: int) -> None:
    for option, count in counts.items():
        if count < 1:
            raise UsageError(f"--max-{option} takes 1 or more")


def _state_folder(given: str | None) -> str:
    if given is not None:
        return given
    folder = user_folder("XDG_STATE_HOME", "~/.local/state")
    if folder is None:
        raise UsageError("there is no home folder to keep recordings in: give --state-dir")
    return os.path.join(folder, "qasr", "serve")


def _max_lag_s(text: str) -> float:
    from qasr_cli.live.live_options import MAX_LAG_RANGE_S

    max_lag_s = parsed("--max-lag", text, seconds_from_text)
    least_s, most_s = MAX_LAG_RANGE_S
    if not least_s <= max_lag_s <= most_s:
        raise UsageError(f"--max-lag takes {least_s:g} to {most_s:g} seconds; got {max_lag_s:g}")
    return max_lag_s


def _given_key(path: str | None) -> str:
    """The key of a file, else that of the variable; "" where there is neither."""
    variable = os.environ.pop(KEY_VARIABLE, "")  # no child is to have it
    if path is not None:
        return _key_from_file(path)
    return _checked_key(variable.strip(), KEY_VARIABLE) if variable else ""


def _new_key(*, is_published: bool, is_local: bool) -> str:
    if is_published:
        return secrets.token_urlsafe(32)
    if not is_local:
        raise UsageError(
            "others can reach this address: it needs a key, --api-key-file FILE, "
            f"{KEY_VARIABLE} or --published"
        )
    return ""


def _listed(values: list[str] | None) -> tuple[str, ...]:
    """Every value; a variable can set an option only once, so there commas part several."""
    # One that is empty stays, to be refused: who gave it counts on an effect.
    parts = (value.replace(",", " ").split() or [""] for value in values or ())
    return tuple(each for some in parts for each in some)


def _port(value: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", value, re.ASCII):
        raise UsageError(f"--port {value}: takes a number, such as {DEFAULT_PORT}")
    return int(value)


def _host(value: str) -> str:
    if not re.fullmatch(r"[\w.:\[\]-]+", value):
        raise UsageError(f"--allow-host {value}: takes one name, such as qasr.example.org")
    return value


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+", value):
        raise UsageError(f"--allow-origin {value}: takes https://name or https://name:port")
    return value


def _bytes_from_text(text: str) -> int:
    """Bytes of a size.

    >>> _bytes_from_text("500M"), _bytes_from_text("1.5 GB")
    (524288000, 1610612736)
    """
    found = _SIZE.fullmatch(text.strip())
    size_bytes = 0 if found is None else int(float(found[1]) * _UNITS[found[2].upper()])
    if not size_bytes:
        raise ValueError(f"{text!r} is no size such as 500M or 8G")
    return size_bytes


def _key_from_file(path: str) -> str:
    try:
        is_shared = os.stat(path).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        text = read_side_file(path, limit_bytes=_MOST_KEY_BYTES).decode("ascii").strip()
    except OSError as error:
        raise UsageError(f"--api-key-file {path}: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--api-key-file {path}: a key is letters, digits and signs") from error
    if is_shared:
        raise UsageError(f"--api-key-file {path}: others may read it; chmod 600 {path}")
    return _checked_key(text, f"--api-key-file {path}")


def _checked_key(text: str, given_by: str) -> str:
    is_plain = text.isascii() and text.isprintable() and " " not in text
    if len(text) < _SHORTEST_KEY or not is_plain:
        raise UsageError(
            f"{given_by}: a key has {_SHORTEST_KEY} characters or more, in one line; "
            "openssl rand -hex 32 makes one"
        )
    return text
