"""What a person sees of a live session: finals as lines, and below them what may still change."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from qasr_cli.console.lines import printable
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.live.events import Event, Failed, Final, Lag, Partial, Ready

_CLEARED = "\r\x1b[K"
_GREY, _PLAIN = "\x1b[90m", "\x1b[0m"
_CUT = "…"


class LiveView:
    """Prints finals on standard output; on a terminal also the text so far, in its last line.

    Args:
        out: for finals.
        say: prints a line on standard error.
        width: columns of the terminal, asked anew for each line; None = it is no terminal.
        has_colour: what may change is grey.
    """

    def __init__(
        self,
        out: TextIO,
        say: Callable[[str], None],
        *,
        width: Callable[[], int] | None,
        has_colour: bool,
    ) -> None:
        self._out = out
        self._say = say
        self._width = width
        self._has_colour = has_colour
        self._is_drawn = False
        self._is_behind = False

    def show(self, event: Event) -> None:
        """Print what an event says to a person.

        Raises:
            BrokenPipeError: nobody reads it any more.
        """
        match event:
            case Ready():
                self._tell("listening; Ctrl-C ends it")
            case Partial(settled=settled, tail=tail):
                self._draw(settled, tail)
            case Final(text=text):
                self._clear()
                if text:
                    self._out.write(f"{text}\n")
                    self._out.flush()
            case Lag(lag_s=lag_s):
                self._tell_lag(lag_s)
            case Failed(ends_session=False, message=message):
                self._tell(f"failed   {message}")
            case _:
                pass

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._clear()

    def _draw(self, settled: str, tail: str) -> None:
        if self._width is None:
            return
        # One column stays free: some terminals go on to the next line when the last is written.
        shown = fitted(settled, tail, self._width() - 1)
        grey = f"{_GREY}{shown.tail}{_PLAIN}" if self._has_colour and shown.tail else shown.tail
        self._out.write(f"{_CLEARED}{shown.settled}{grey}")
        self._out.flush()
        self._is_drawn = True

    def _clear(self) -> None:
        if self._is_drawn:
            self._is_drawn = False
            self._out.write(_CLEARED)
            self._out.flush()

    def _tell(self, line: str) -> None:
        self._clear()
        self._say(printable(f"qasr: {line}"))

    def _tell_lag(self, lag_s: float) -> None:
        """Say once that finals are late, and once that they are not."""
        is_behind = round(lag_s) > 0
        if is_behind != self._is_behind:
            self._is_behind = is_behind
            self._tell(f"behind by {lag_s:.0f} s" if is_behind else "no longer behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a text so far is on the screen."""

    settled: str
    tail: str


def fitted(settled: str, tail: str, width: int) -> Shown:
    """The end of a text that has so many columns at most; a sign tells where more was before it.

    >>> fitted("the white house", " is old", 12)
    Shown(settled='…ouse', tail=' is old')
    """
    text = settled + tail
    if columns(text, is_full_width=True) <= width:
        return Shown(settled=settled, tail=tail)
    room, first = width - 1, len(text)
    while first and (room := room - columns(text[first - 1], is_full_width=True)) >= 0:
        first -= 1
    cut = len(settled)
    if first >= cut:
        return Shown(settled="", tail=_CUT + text[first:])
    return Shown(settled=_CUT + text[first:cut], tail=tail)


def terminal_width(out: TextIO) -> Callable[[], int] | None:
    """What tells the columns of the terminal that a stream is; None where it is none."""
    if not out.isatty() or os.environ.get("TERM") == "dumb":
        return None

    def width() -> int:
        try:
            return max(2, os.get_terminal_size(out.fileno()).columns or 80)
        except OSError:
            return 80

    return width


def has_colour() -> bool:
    """Whether colours are wanted."""
    return not os.environ.get("NO_COLOR")  # Source: https://no-color.org
