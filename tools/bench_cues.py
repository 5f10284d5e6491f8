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
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Cue, ReadCue, TextWord, Transcript
from qasr_cli.formats.dictionaries import phrase_ends_of
from qasr_cli.formats.readers import read_srt
from qasr_cli.formats.registry import format_named
from qasr_cli.saved.results import read_transcript

_DATA = Path(__file__).parent / "data" / "cues"
_LINE_CHARS = 42
_LINE_COUNT = 2
_EVEN_CHARS = 60  # of an even piece: about the mean of cues cut by people
_WHISPER_PAUSE_MS = 3000  # from start to start. Source: openai/whisper, whisper/utils.py
_SLICE_MS = 5 * 60_000
_SUBER_TIMEOUT_S = 120  # of a slice
_PUNCTUATION = ".,;:!?…—。，、！？；：”」』)"

Cutter = Callable[[Transcript], Sequence[Cue]]


# --- ways to cut ------------------------------------------------------------------------------


def cut_by_qasr(transcript: Transcript) -> Sequence[Cue]:
    """The cues of `qasr render` with its defaults."""
    return cut_cues(transcript, CueOptions(), phrase_ends=phrase_ends_of(transcript))


def cut_by_filling(transcript: Transcript) -> Sequence[Cue]:
    """Cues as whisper's writer makes them: line after line until two are full."""
    cues: list[Cue] = []
    lines: list[list[TextWord]] = [[]]
    for word in _words(transcript):
        line_chars = len(_text(transcript, [*lines[-1], word]))
        waited_ms = word.start_ms - lines[-1][-1].start_ms if lines[-1] else 0
        is_pause = waited_ms > _WHISPER_PAUSE_MS
        if lines[-1] and (line_chars > _LINE_CHARS or is_pause):
            if len(lines) == _LINE_COUNT or is_pause:
                cues.append(_cue(transcript, lines))
                lines = []
            lines.append([])
        lines[-1].append(word)
    return [*cues, _cue(transcript, lines)] if lines[-1] else cues


def cut_evenly(transcript: Transcript) -> Sequence[Cue]:
    """Cues of like length, halved into two lines."""
    words = _words(transcript)
    total = len(transcript.text)
    piece_count = max(1, round(total / _EVEN_CHARS))
    halves: list[list[TextWord]] = [[] for _ in range(2 * piece_count)]
    for word in words:
        halves[min(word.char_start * len(halves) // total, len(halves) - 1)].append(word)
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return [_cue(transcript, pair) for pair in pairs if any(pair)]


def _words(transcript: Transcript) -> list[TextWord]:
    return [word for segment in transcript.segments for word in segment.words]


def _text(transcript: Transcript, words: Sequence[TextWord]) -> str:
    return transcript.text[words[0].char_start : words[-1].char_end].strip()


def _cue(transcript: Transcript, lines: Iterable[Sequence[TextWord]]) -> Cue:
    filled = [line for line in lines if line]
    return Cue(
        start_ms=filled[0][0].start_ms,
        end_ms=max(filled[-1][-1].end_ms, filled[0][0].start_ms + 1),
        lines=tuple(_text(transcript, line) for line in filled),
    )


CUTTERS: dict[str, Cutter] = {
    "qasr": cut_by_qasr,
    "whisper 42x2": cut_by_filling,
    "even split": cut_evenly,
}


# --- how near to the reference ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where cues and lines end, counted in characters without white space; the last left out."""

    cues: frozenset[int]
    lines: frozenset[int]


def edges_of(cues: Iterable[Cue | ReadCue]) -> Edges:
    """The edges of cues, which do not depend on how white space was written."""
    position = 0
    cue_ends: list[int] = []
    line_ends: list[int] = []
    for cue in cues:
        for line in cue.lines:
            position += len("".join(line.split()))
            line_ends.append(position)
        cue_ends.append(position)
    return Edges(
        cues=frozenset(cue_ends) - {position},
        lines=frozenset(line_ends) - {position},
    )


def f1(found: frozenset[int], wanted: frozenset[int]) -> float:
    """Harmonic mean of precision and recall; 1 where nothing is to be found, and nothing is."""
    if not found and not wanted:
        return 1.0
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def time_errors_ms(cues: Sequence[Cue], reference: Sequence[ReadCue]) -> tuple[list[int], ...]:
    """Distances of starts and of ends between the cues that hold the same text."""
    by_text = {"".join("".join(cue.lines).split()): cue for cue in reference}
    pairs = [(cue, by_text.get("".join("".join(cue.lines).split()))) for cue in cues]
    same = [(cue, wanted) for cue, wanted in pairs if wanted is not None]
    return (
        [abs(cue.start_ms - wanted.start_ms) for cue, wanted in same],
        [abs(cue.end_ms - wanted.end_ms) for cue, wanted in same],
    )


def scores(
    transcript: Transcript, cues: Sequence[Cue], reference: Sequence[ReadCue]
) -> Iterator[tuple[str, str]]:
    """Every figure by name, as it is printed."""
    found, wanted = edges_of(cues), edges_of(reference)
    yield "cue F1", f"{f1(found.cues, wanted.cues):.3f}"
    yield "line F1", f"{f1(found.lines, wanted.lines):.3f}"
    read = [ReadCue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines) for c in cues]
    limits = limits_of(transcript.language, CueOptions())
    verdict = lint(read, language=transcript.language, limits=limits)
    for name, kind in (
        ("CPL", "line-length"),
        ("CPS", "reading-speed"),
        ("lines", "lines"),
        ("min", "short"),
        ("max", "long"),
        ("gaps", "gap"),
        ("flicker", "flicker"),
        ("overlap", "overlap"),
        ("orphan", "orphan"),
        ("function", "function-word"),
    ):
        yield name, f"{verdict.percent_without(kind):.0f}%"
    line_ends = [line[-1] for cue in cues for line in cue.lines]
    yield "punct", f"{100 * sum(c in _PUNCTUATION for c in line_ends) / len(line_ends):.0f}%"
    for name, errors_ms in zip(("dStart", "dEnd"), time_errors_ms(cues, reference), strict=True):
        yield name, _middle_and_tail(errors_ms)


def _middle_and_tail(errors_ms: Sequence[int]) -> str:
    if len(errors_ms) < 2:  # noqa: PLR2004  # no distribution
        return "-"
    return f"{median(errors_ms):.0f}/{quantiles(errors_ms, n=20)[-1]:.0f}"


# --- SubER ------------------------------------------------------------------------------------


def suber(transcript: Transcript, cues: Sequence[Cue], reference: Sequence[ReadCue]) -> str:
    """SubER from the `subtitle-edit-rate` package, over slices of minutes; "-" without it."""
    program = shutil.which(
        "suber", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if program is None:
        return "-"
    wanted = [Cue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines) for c in reference]
    edges_ms = slice_edges_ms(cues, wanted)
    code = code_of(transcript.language)
    tokens = ["-l", code] if code in ("zh", "ja", "ko") else []
    with tempfile.TemporaryDirectory() as folder:
        ours = _write_slices(transcript, cues, edges_ms, Path(folder, "ours"))
        theirs = _write_slices(transcript, wanted, edges_ms, Path(folder, "theirs"))
        try:
            done = subprocess.run(
                [program, "-H", *ours, "-R", *theirs, *tokens],
                capture_output=True,
                text=True,
                timeout=_SUBER_TIMEOUT_S * len(ours),
                check=True,
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        except subprocess.CalledProcessError as error:
            return f"failed ({error.returncode})"
    found = re.search(r'"SubER":\s*([\d.]+)', done.stdout)
    return found.group(1) if found else "?"


def slice_edges_ms(cues: Sequence[Cue], reference: Sequence[Cue]) -> list[int]:
    """Where both can be cut without parting a cue: about every five minutes, the last at the end.

    SubER takes time with the square of what hangs together, and cues without gaps all do.
    """
    shared_ms = sorted({cue.start_ms for cue in cues} & {cue.start_ms for cue in reference})
    edges_ms: list[int] = []
    for start_ms in shared_ms:
        if start_ms >= _SLICE_MS + (edges_ms[-1] if edges_ms else 0):
            edges_ms.append(start_ms)
    return [*edges_ms, max((cue.start_ms for cue in (*cues, *reference)), default=0) + 1]


def _write_slices(
    transcript: Transcript, cues: Sequence[Cue], edges_ms: Sequence[int], folder: Path
) -> list[str]:
    folder.mkdir()
    starts_ms = [cue.start_ms for cue in cues]
    stops = [bisect_left(starts_ms, edge_ms) for edge_ms in edges_ms]
    paths: list[str] = []
    for first, stop in pairwise((0, *stops)):
        path = folder / f"{len(paths)}.srt"
        path.write_text(
            format_named("srt").render(transcript, tuple(cues[first:stop])), encoding="utf-8"
        )
        paths.append(str(path))
    return paths


# --- speed ------------------------------------------------------------------------------------

# An hour of speech. Source: 150 words a minute, 270 characters a minute.
_HOURS = (("en", 9000, "words"), ("zh", 16_000, "characters"))


def print_speed() -> None:
    """Best CPU time of three for one hour, and ten, of the references' sentences in any order."""
    for name, count, unit in _HOURS:
        segments = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))["segments"]
        transcripts = [
            transcript_from_whisper(long_document(name, segments, count * hours, unit), file=name)
            for hours in (1, 10)
        ]
        # In turns, so that whatever else the machine does slows both.
        rounds = [[_cpu_s(transcript) for transcript in transcripts] for _ in range(3)]
        one_s, ten_s = map(min, zip(*rounds, strict=True))
        print(
            f"{name}  {count} {unit}  {one_s:.2f} s CPU; ten times as many {ten_s:.2f} s",
            flush=True,
        )


def _cpu_s(transcript: Transcript) -> float:
    before_s = time.process_time()
    cut_by_qasr(transcript)
    return time.process_time() - before_s


def long_document(
    language: str, segments: Sequence[dict[str, Any]], count: int, unit: str
) -> dict[str, Any]:
    """A whisper-style document of so many words or characters, one second between sentences."""
    pick = random.Random(0)  # noqa: S311  # the same text every time
    chosen: list[dict[str, Any]] = []
    done, now_s = 0, 0.0
    while done < count:
        segment = pick.choice(segments)
        late_s = now_s - segment["start"]
        words = [
            {**word, "start": word["start"] + late_s, "end": word["end"] + late_s}
            for word in segment["words"]
        ]
        end_s = segment["end"] + late_s
        chosen.append({**segment, "start": now_s, "end": end_s, "words": words})
        done += len(words) if unit == "words" else len(segment["text"])
        now_s = end_s + 1
    return {"language": language, "segments": chosen}


# --- the program ------------------------------------------------------------------------------


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
        print_speed()
        return
    for stream, reference_path in pairs_in(given.folder):
        transcript = read_transcript(str(stream))
        reference = read_srt(reference_path.read_text(encoding="utf-8"))
        for name, cutter in CUTTERS.items():
            cues = cutter(transcript)
            row = [f"{key} {value}" for key, value in scores(transcript, cues, reference)]
            if given.suber:
                row.append(f"SubER {suber(transcript, cues, reference)}")
            print(f"{stream.stem:8} {name:12} {'  '.join(row)}", flush=True)


if __name__ == "__main__":
    main()
