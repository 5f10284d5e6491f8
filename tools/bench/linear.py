"""Read texts of every kind that readers stumble at, and see that time grows as their length does.

    python -m tools.bench.linear [--chars 8000000] [--kind NAME]

Each kind (`worst_texts`) is read for `qasr lint` and for `qasr align --from-srt`, in an eighth of
the length and in all of it. Processor time counts, so that others on the machine do not. In linear
time the second takes 8 times as long; in quadratic time 64 times. Ends with 1 when one takes more
than 24 times as long.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable

from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.script.lines import script_from_cues
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.types import ReadCue
from qasr_cli.formats.readers.subtitles import subtitles_from
from tools.bench.worst_texts import SUBTITLES

SHARE = 8
MOST_GROWTH = 24.0
# The clock of processor time may tick no more often than this.
FLOOR_S = 0.02


def check(cues: tuple[ReadCue, ...]) -> None:
    """What `qasr lint` does."""
    language = guess_language(" ".join(line for cue in cues for line in cue.lines))
    lint(cues, language=language, limits=limits_of(language, CueOptions()))


def take_as_script(cues: tuple[ReadCue, ...]) -> None:
    """What `qasr align --from-srt` does with subtitles before it hears a recording."""
    script_from_cues(cues, name="the text")


READERS: dict[str, Callable[[tuple[ReadCue, ...]], None]] = {
    "lint": check,
    "align": take_as_script,
}


def cpu_s(kind: str, reader: str, char_count: int) -> float:
    """Processor seconds that a text of a kind takes; whether it is refused or read."""
    text = SUBTITLES[kind](char_count)
    suffix = ".vtt" if text.startswith("WEBVTT") else ".srt"
    data = text.encode()
    began_s = time.process_time()
    with contextlib.suppress(ValueError):  # a text may be none
        READERS[reader](subtitles_from(data, suffix=suffix).cues)
    return time.process_time() - began_s


def main() -> int:
    """Read all of them; 1 when one takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chars", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=SUBTITLES)
    given = parser.parse_args()
    bad_count = 0
    for kind in [given.kind] if given.kind else SUBTITLES:
        for reader in READERS:
            small_s, large_s = (cpu_s(kind, reader, given.chars // n) for n in (SHARE, 1))
            growth = large_s / max(small_s, FLOOR_S)
            is_bad = growth > MOST_GROWTH
            bad_count += is_bad
            mark = "  not linear" if is_bad else ""
            print(f"{reader:6} {kind:36} {large_s:8.2f} s  x {growth:.1f}{mark}", flush=True)
    print(f"{len(READERS) * len(SUBTITLES)} readings, {bad_count} of them not linear")
    return 1 if bad_count else 0


if __name__ == "__main__":
    sys.exit(main())
