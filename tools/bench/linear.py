"""Read inputs of every kind that readers stumble at: do time and memory grow as their length does?

    python -m tools.bench.linear [--bytes 8000000] [--command NAME] [--kind NAME]... [--ends]

Each kind (`worst_texts`, `worst_tables`, `worst_results`) goes through what `qasr lint`, `align
--from-srt`, `--corrections` and `render` do with it, in an eighth, a quarter, half and all of the
length, each in a process of its own. Its processor time counts, so that others on the machine do
not, and its most resident memory beyond that of one that reads nothing. In linear time the last
takes 8 times as long as the first, in quadratic time 64 times. Ends with 1 when one takes more than
24 times the time or the memory, breaks, or is not ended by the clock that it has.
"""

import argparse
import contextlib
import gc
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from qasr_cli.cli.arguments.corrections import corrections_from_user
from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.script.lines import script_from_cues
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.errors import InputError, UsageError
from qasr_cli.formats.registry import parse_formats
from qasr_cli.formats.rendering import cues_of, rendered
from qasr_cli.options import Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.saved.results import read_transcript
from qasr_cli.saved.subtitles import read_subtitles
from tools.bench.spending import Outcome, Spent, spent_on
from tools.bench.worst_results import QASR, WHISPER
from tools.bench.worst_tables import CORRECTIONS, Corrected
from tools.bench.worst_texts import SUBTITLES, Text

SHARES = (8, 4, 2, 1)
MOST_GROWTH = 24.0
# Below these, what the machine does by the way is as much.
FLOOR_S = 0.05
FLOOR_MB = 2.0
# The clock of a regular expression, which is 5 s in a run; and what else such a reading may take.
ROW_LIMIT_S = 1.0
CLOCK_S = ROW_LIMIT_S + 1.0
SMALL_BYTES = 100_000
REFUSALS = (InputError, UsageError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One kind of input, and what a command does with it.

    Attributes:
        write: makes it, of a number of bytes, in a folder; the first of its files is the
            input, a second the table.
        has_clock: its time is bounded by a clock, not by its length.
    """

    command: str
    kind: str
    write: Callable[[int, Path], list[Path]]
    read: Callable[[list[Path]], None]
    has_clock: bool = False


def check(paths: list[Path]) -> None:
    """What `qasr lint` does."""
    cues = read_subtitles(str(paths[0])).cues
    language = guess_language(" ".join(line for cue in cues for line in cue.lines))
    lint(cues, language=language, limits=limits_of(language, CueOptions()))


def take_as_script(paths: list[Path]) -> None:
    """What `qasr align --from-srt` does with subtitles before it hears a recording."""
    cues = read_subtitles(str(paths[0])).cues
    with contextlib.suppress(ValueError):  # a text may hold no words
        script_from_cues(cues, name="the text")


def correct(paths: list[Path]) -> None:
    """What `qasr render --corrections` does before subtitles are cut."""
    text, table = map(str, paths)
    corrections = corrections_from_user(table)
    with Corrector(row_limit_s=ROW_LIMIT_S) as corrector:
        corrector.corrected(read_transcript(text), corrections, path=text)


def cut_again(paths: list[Path]) -> None:
    """What `qasr render -f all` does, but for the writing."""
    transcript = read_transcript(str(paths[0]))
    options = Options()
    options = replace(options, output=replace(options.output, formats=parse_formats(["all"])))
    rendered(transcript, cues_of(transcript, options), options)


def readings() -> Iterator[Reading]:
    """All of them."""
    for kind, text in SUBTITLES.items():
        write = partial(_write_subtitles, text)
        yield Reading(command="lint", kind=kind, write=write, read=check)
        yield Reading(command="align", kind=kind, write=write, read=take_as_script)
    for kind, row in CORRECTIONS.items():
        yield Reading(
            command="corrections",
            kind=kind,
            write=partial(_write_corrections, row),
            read=correct,
            has_clock=row.has_clock,
        )
    for kind, text in (WHISPER | QASR).items():
        write = partial(_write_result, text)
        yield Reading(command="render", kind=kind, write=write, read=cut_again)


def _write_subtitles(text: Text, byte_count: int, folder: Path) -> list[Path]:
    content = text(byte_count)
    suffix = ".vtt" if content.startswith("WEBVTT") else ".srt"
    return [_written(folder / f"talk{suffix}", content)]


def _write_result(text: Text, byte_count: int, folder: Path) -> list[Path]:
    return [_written(folder / "talk.json", text(byte_count))]


def _write_corrections(row: Corrected, byte_count: int, folder: Path) -> list[Path]:
    segment = {"start": 0, "end": 9, "text": row.text(byte_count)}
    document = json.dumps({"language": "en", "segments": [segment]}, ensure_ascii=False)
    return [
        _written(folder / "talk.json", document),
        _written(folder / "table.tsv", row.table(byte_count)),
    ]


def _written(path: Path, content: str) -> Path:
    # Some hold bytes that are no text.
    path.write_bytes(content.encode(errors="surrogateescape"))
    return path


# --- what they take ---------------------------------------------------------------------------


def warm_up() -> None:
    """Import what each command does only when it is needed, or each fork does it anew."""
    firsts = {reading.command: reading for reading in reversed(list(readings()))}
    for reading in firsts.values():
        with tempfile.TemporaryDirectory() as name, contextlib.suppress(*REFUSALS):
            reading.read(reading.write(1000, Path(name)))
    gc.freeze()  # or each fork copies what its collections touch


def spent_by(reading: Reading, byte_counts: Sequence[int]) -> list[Spent]:
    """What a reading takes at each length, up to the first that breaks."""
    result: list[Spent] = []
    for byte_count in byte_counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make = partial(reading.write, byte_count, folder)
            if byte_count < SMALL_BYTES:
                make()
            else:  # in a process of its own, or this one would grow, and its forks
                spent_on(make)
            paths = sorted(folder.iterdir(), reverse=True)
            result.append(spent_on(partial(reading.read, paths), refusals=REFUSALS))
        if result[-1].outcome is Outcome.BROKEN:
            break
    return result


def faults_of(reading: Reading, spent: Sequence[Spent], least_mb: float) -> Iterator[str]:
    """What is not as it should be, in a word or two each."""
    small, large = spent[0], spent[-1]
    if large.outcome is Outcome.BROKEN:
        yield "broken"
    allowed_s = CLOCK_S if reading.has_clock else 0.0
    if large.cpu_s - allowed_s > MOST_GROWTH * max(small.cpu_s, FLOOR_S):
        yield "time not linear"
    if large.peak_mb - least_mb > MOST_GROWTH * max(small.peak_mb - least_mb, FLOOR_MB):
        yield "memory not linear"


def row_of(reading: Reading, spent: Sequence[Spent], least_mb: float) -> str:
    """A line with what it took at each length."""
    times = " ".join(f"{each.cpu_s:7.2f}" for each in spent)
    sizes = " ".join(f"{each.peak_mb - least_mb:6.0f}" for each in spent)
    outcome = spent[-1].outcome.name.lower()
    return f"{reading.command:11} {reading.kind:38} {times} s {sizes} MB  {outcome}"


def main() -> int:
    """Read all of them; 1 when one takes too much."""
    parser = argparse.ArgumentParser(description="Do time and memory grow as an input does?")
    parser.add_argument("--bytes", type=int, default=8_000_000, help="of the longest input")
    parser.add_argument("--command", choices=("lint", "align", "corrections", "render"))
    parser.add_argument("--kind", action="append", help="this kind alone; may be repeated")
    parser.add_argument("--ends", action="store_true", help="the shortest and the longest alone")
    given = parser.parse_args()
    shares = (SHARES[0], SHARES[-1]) if given.ends else SHARES
    warm_up()
    least_mb = spent_on(lambda: None).peak_mb
    count = bad_count = 0
    for reading in readings():
        if given.command in (None, reading.command) and (
            not given.kind or reading.kind in given.kind
        ):
            spent = spent_by(reading, [given.bytes // share for share in shares])
            faults = ", ".join(faults_of(reading, spent, least_mb))
            count += 1
            bad_count += bool(faults)
            print(f"{row_of(reading, spent, least_mb)}  {faults}".rstrip(), flush=True)
    print(f"{count} readings, {bad_count} of them not as they should be")
    return 1 if bad_count or not count else 0


if __name__ == "__main__":
    sys.exit(main())
