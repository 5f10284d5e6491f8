"""How near do cues come to those that a person cut? Word streams and reference subtitles in.

    python tools/bench_cues.py [DIR] [--suber]
    python tools/bench_cues.py --faults [--beside SOURCES]
    python tools/bench_cues.py --speed

DIR holds pairs of the same name, in any language: `talk.json` (whisper-style words) and `talk.srt`
(the reference). The default is tools/data/cues. Printed for qasr, and for ways that others cut, in
our own re-implementations: whisper's writer with 42 characters and two lines, stable-ts with its
defaults, a sentence a cue, and even pieces; each with its faults per 1,000 cues, and those of the
reference.

`--faults` prints them for 300 paragraphs a language of tools/data/cue_frames, and with `--beside`
also for another version of qasr, whose `src` folder that is.

`--suber` needs `pip install subtitle-edit-rate 'sacrebleu[ja,ko]'`. `--speed` prints the CPU time
to cut one hour and ten. Results: docs/cues.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# It is run by its path, too.
sys.path.insert(0, str(Path(__file__).parent.parent))

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.types import Cue, ReadCue
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.saved.results import read_transcript
from tools.bench.cue_cutters import CUTTERS, cut_by_qasr
from tools.bench.cue_faults import faults_of, row_of
from tools.bench.cue_scores import scores
from tools.bench.cue_sentences import FRAMES, document_of
from tools.bench.cue_speed import print_speed
from tools.bench.cue_suber import suber

_DATA = Path(__file__).parent / "data" / "cues"


def pairs_in(folder: Path) -> list[tuple[Path, Path]]:
    """Word streams with their references, by name."""
    streams = sorted(folder.glob("*.json"))
    return [
        (path, path.with_suffix(".srt")) for path in streams if path.with_suffix(".srt").exists()
    ]


def _faults(cues: Sequence[Cue | ReadCue], language: str | None) -> str:
    found = faults_of(cues, language=language or "", code=code_of(language))
    return row_of(found, len(cues))


def print_faults(beside: Path | None) -> None:
    """A row of faults for every language with frames, and one for another version of qasr."""
    with tempfile.TemporaryDirectory() as folder:
        streams = []
        for frames in sorted(FRAMES.glob("*.txt")):
            stream = Path(folder, f"{frames.stem}.json")
            document = json.dumps(document_of(frames.stem), ensure_ascii=False)
            stream.write_text(document, encoding="utf-8")
            streams.append(stream)
        if beside is not None:
            command = [sys.executable, "-m", "qasr_cli", "render", *map(str, streams), "-f", "srt"]
            command += ["-o", folder]
            environment = {**os.environ, "PYTHONPATH": str(beside)}
            subprocess.run(command, env=environment, check=True, capture_output=True)
        for stream in streams:
            transcript = read_transcript(str(stream))
            cues = cut_by_qasr(transcript)
            rows: list[tuple[str, Sequence[Cue | ReadCue]]] = [("now", cues)]
            for path in sorted(Path(folder).glob(f"{stream.stem}*.srt")):
                rows.insert(0, ("beside", read_srt(path.read_text(encoding="utf-8")).cues))
            for name, each in rows:
                row = _faults(each, transcript.language)
                print(f"{stream.stem:4} {name:7} {len(each):5} cues  {row}", flush=True)


def main() -> None:
    """Print a table for every pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=_DATA)
    parser.add_argument("--suber", action="store_true", help="run SubER too, where installed")
    parser.add_argument("--speed", action="store_true", help="only the time that cutting takes")
    parser.add_argument("--faults", action="store_true", help="only what a reader would mark")
    parser.add_argument("--beside", type=Path, metavar="SOURCES", help="another version's src")
    given = parser.parse_args()
    if given.faults:
        print_faults(given.beside)
        return
    if given.speed:
        print_speed(_DATA)
        return
    for stream, reference_path in pairs_in(given.folder):
        transcript = read_transcript(str(stream))
        reference = read_srt(reference_path.read_text(encoding="utf-8")).cues
        for name, cutter in CUTTERS.items():
            cues = cutter(transcript)
            row = [f"{key} {value}" for key, value in scores(transcript, cues, reference)]
            row.append(f"faults: {_faults(cues, transcript.language)}")
            if given.suber:
                row.append(f"SubER {suber(transcript, cues, reference)}")
            print(f"{stream.stem:8} {name:12} {'  '.join(row)}", flush=True)
        row = [f"faults: {_faults(reference, transcript.language)}"]
        print(f"{stream.stem:8} {'reference':12} {'  '.join(row)}", flush=True)


if __name__ == "__main__":
    main()
