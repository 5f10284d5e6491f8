"""How near do cues come to those that a person cut? Word streams and reference subtitles in.

    python tools/bench_cues.py [DIR] [--suber]
    python tools/bench_cues.py --speed

DIR holds pairs of the same name: `talk.json` (whisper-style words) and `talk.srt` (the reference).
The default is tools/data/cues. Printed for qasr, and for two ways that others cut: as whisper's
own writer does with 42 characters and two lines, and into even pieces.

`--suber` needs `pip install subtitle-edit-rate 'sacrebleu[ja,ko]'`. `--speed` prints the CPU time
to cut one hour and ten. Results: docs/cues.md.
"""

import argparse
import sys
from pathlib import Path

# It is run by its path, too.
sys.path.insert(0, str(Path(__file__).parent.parent))

from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.saved.results import read_transcript
from tools.bench.cue_cutters import CUTTERS
from tools.bench.cue_scores import scores
from tools.bench.cue_speed import print_speed
from tools.bench.cue_suber import suber

_DATA = Path(__file__).parent / "data" / "cues"


def pairs_in(folder: Path) -> list[tuple[Path, Path]]:
    """Word streams with their references, by name."""
    streams = sorted(folder.glob("*.json"))
    return [
        (path, path.with_suffix(".srt")) for path in streams if path.with_suffix(".srt").exists()
    ]


def main() -> None:
    """Print a table for every pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=_DATA)
    parser.add_argument("--suber", action="store_true", help="run SubER too, where installed")
    parser.add_argument("--speed", action="store_true", help="only the time that cutting takes")
    given = parser.parse_args()
    if given.speed:
        print_speed(_DATA)
        return
    for stream, reference_path in pairs_in(given.folder):
        transcript = read_transcript(str(stream))
        reference = read_srt(reference_path.read_text(encoding="utf-8")).cues
        for name, cutter in CUTTERS.items():
            cues = cutter(transcript)
            row = [f"{key} {value}" for key, value in scores(transcript, cues, reference)]
            if given.suber:
                row.append(f"SubER {suber(transcript, cues, reference)}")
            print(f"{stream.stem:8} {name:12} {'  '.join(row)}", flush=True)


if __name__ == "__main__":
    main()
