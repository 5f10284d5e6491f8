"""`qasr` and `python -m qasr_cli`."""

import os
import sys

from qasr_cli.cli.utf8_mode import enter_utf8_mode, write_readably
from qasr_cli.offline import shut_doors


def main() -> None:
    """Run the command line and exit with its code."""
    _fill_standard_descriptors()
    enter_utf8_mode()
    write_readably()
    shut_doors()
    from qasr_cli.cli.main import run
    from qasr_cli.cli.restart import restart_if_asked

    code = run(confined=True)
    restart_if_asked()
    sys.exit(code)


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
