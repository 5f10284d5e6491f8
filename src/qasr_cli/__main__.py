"""`qasr` and `python -m qasr_cli`."""

import os
import sys
from typing import NoReturn

# As in errors.ExitCode, which need not be imported yet.
_UNREAD = 141
_UNWRITTEN = 3


def main() -> None:
    """Run the command line and exit with its code."""
    _fill_standard_descriptors()
    from qasr_cli.cli import interruption

    interruption.listen()
    try:
        code = _run()
    except BaseException as error:
        if not interruption.explains(error):
            raise
        interruption.end()  # before a command could hear it, or after it was done
    _end(code)


def _run() -> int:
    from qasr_cli.cli.utf8_mode import enter_utf8_mode, write_readably
    from qasr_cli.offline import shut_doors

    enter_utf8_mode()
    write_readably()
    shut_doors()
    from qasr_cli.cli.main import run
    from qasr_cli.cli.restart import restart_if_asked

    code = run(confined=True)
    restart_if_asked()
    return code


def _end(code: int) -> NoReturn:
    """End this process now.

    To take down an interpreter that holds torch needs seconds in which the prompt would not come
    back, and a thread that still loads models would be waited for.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            code = code or _UNREAD
        except (OSError, ValueError):  # its disk is full, or somebody closed it
            code = code or _UNWRITTEN
    os._exit(code)


def _fill_standard_descriptors() -> None:
    """Give 0, 1 and 2 to the null device where a caller closed them (`qasr ... 2>&-`).

    Else the next file opened would get one of those numbers, and a child would lose it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


if __name__ == "__main__":
    main()
