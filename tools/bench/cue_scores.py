"""Scores of cues: how near to those that a person cut, and how well they keep the limits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.types import Cue, ReadCue, Transcript

_PUNCTUATION = ".,;:!?…—。，、！？；：”」』)"


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
