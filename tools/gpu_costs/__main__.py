"""How fast the engine would be on GPUs: an estimate from counts, for no GPU has run it.

    python -m tools.gpu_costs                            # for all GPUs, and H100 stage by stage
    python -m tools.gpu_costs --gpu 4090 --shape 0.6b    # another one

It reads what `python -m tools.gpu_counts` saved, and asks nothing of this machine. How it reckons
is in `model.py`, its constants with their sources in `devices.py`.
"""

import argparse
import sys
from pathlib import Path

from tools.gpu_costs import tables
from tools.gpu_counts.saved import BEFORE, NOW, read


def main() -> int:
    """Print what the counts of 778ee45 and of this source would take."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.gpu_costs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--gpu", default="H100 SXM", help="a part of a name (default: H100 SXM)")
    parser.add_argument("--shape", default="1.7b", choices=tables.SHAPES)
    parser.add_argument("--counts", default=str(NOW), metavar="FILE", help="of tools.gpu_counts")
    given = parser.parse_args()
    try:
        gpu = tables.gpu_named(given.gpu)
        before, now = read(BEFORE), read(Path(given.counts))
    except OSError as error:
        print(f"gpu_costs: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"gpu_costs: {error}", file=sys.stderr)
        return 2
    parts = (
        "An estimate: no GPU has run this. Times real time with alignment, clips of 30 s.",
        tables.speeds(before, now),
        tables.beside(before, now),
        tables.stages(before, now, given.shape, gpu),
    )
    print("\n\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
