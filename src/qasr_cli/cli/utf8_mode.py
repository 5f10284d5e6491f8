"""Names are bytes: this process reads them as UTF-8, whatever the locale says.

Under another locale Python would make other names of the same bytes, and marks, keys and results
would be those of other files. Its UTF-8 mode is there from the start of the interpreter or not at
all, so a process of another locale executes its own command anew, once.
"""

import codecs
import contextlib
import io
import locale
import os
import sys


def enter_utf8_mode() -> None:
    """Become a process that reads names as UTF-8; returns only where it is one."""
    is_utf8 = sys.getfilesystemencoding() == "utf-8"
    if is_utf8 or sys.flags.utf8_mode or not sys.executable:
        return
    program, *arguments = _command_line()
    with contextlib.suppress(OSError):  # then whoever needs the names says so
        os.execv(sys.executable, [program, b"-X", b"utf8", *arguments])  # noqa: S606  # itself


def _command_line() -> list[bytes]:
    """The command that runs, byte for byte: not every name survives a locale and back."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/cmdline", "rb") as file:
            words = file.read().removesuffix(b"\0").split(b"\0")
            if len(words) == len(sys.orig_argv):
                return words
    return [os.fsencode(word) for word in sys.orig_argv]


def write_readably() -> None:
    """Let no name keep a line from being printed: files get UTF-8, a terminal what it writes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=_encoding_for(stream), errors="backslashreplace")


def _encoding_for(stream: io.TextIOWrapper) -> str:
    if "PYTHONIOENCODING" in os.environ:
        return stream.encoding
    with contextlib.suppress(LookupError):
        named = codecs.lookup(locale.getencoding()).name
        # ASCII is the C locale's, which is no terminal's: it says that nobody said anything.
        if named != "ascii" and stream.isatty():
            return named
    return "utf-8"
