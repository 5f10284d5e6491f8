"""`qasr` and `python -m qasr_cli`."""

import os
import sys

# Before any library is imported: some read these once. Loading goes by local directory alone, so
# this only shuts the doors behind it; `qasr models pull` opens its own.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["DO_NOT_TRACK"] = "1"


def main() -> None:
    """Run the command line and exit with its code."""
    from qasr_cli.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
