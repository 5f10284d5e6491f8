"""`qasr` and `python -m qasr_cli`."""

import sys

from qasr_cli.offline import shut_doors


def main() -> None:
    """Run the command line and exit with its code."""
    shut_doors()
    from qasr_cli.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
