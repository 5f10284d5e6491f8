"""Subtitles against the limits of a style: every breach with its figure, and a summary. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.language.languages import code_of, joins_without_space
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.language.sentences import without_closers
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.subtitles.lint_sense import sense_findings
from qasr_cli.core.subtitles.punctuation import without_stops
from qasr_cli.core.subtitles.shot_changes import shot_change_findings
from qasr_cli.core.types import ReadCue

Severity = Literal["error", "warning"]

_ORPHAN_COLUMNS = 8  # less is gone before the eye has found it
_SENTENCE_MARKS = ".!?…。！？؟।"
_ROUNDING_MS = 1  # two frames at 24 fps are 83.3 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One thing wrong with one cue.

    Attributes:
        cue: its number, from 1, in the order of the file.
        start_ms: when it begins.
        kind: one word for programs, such as "line-length".
        figure: what was measured.
        limit: what it should be at most, or at least; None where there is no number for that.
        text: what a person should know of it.
    """

    cue: int
    start_ms: int
    severity: Severity
    kind: str
    figure: float
    limit: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in one file.

    Attributes:
        line_count: lines that hold text.
        breaches: in the order of the cues.
    """

    cue_count: int
    line_count: int
    breaches: tuple[Breach, ...]

    def count(self, *kinds: str) -> int:
        """How many breaches of these kinds there are."""
        return sum(breach.kind in kinds for breach in self.breaches)

    def count_of(self, severity: Severity) -> int:
        """How many errors, or warnings, there are."""
        return sum(breach.severity == severity for breach in self.breaches)

    def percent_without(self, kind: str) -> float:
        """Share of the lines (line-length, function-word) or cues that keep a rule, to 0.1 %."""
        total = self.line_count if kind in ("line-length", "function-word") else self.cue_count
        return 100.0 if total == 0 else round(100 - 100 * self.count(kind) / total, 1)


def lint(
    cues: Sequence[ReadCue],
    *,
    language: str | None,
    limits: Limits,
    shot_changes_ms: Sequence[int] = (),
    fps: float | None = None,
) -> Verdict:
    """Every breach of the limits.

    Errors are what a player or a reader cannot get over: cues that are empty, out of order or
    overlap, and lines that are too long or too many. The rest are warnings.

    Args:
        cues: in the order of the file.
        language: full English name; decides how characters count, and what a function word is.
        limits: of this language.
        shot_changes_ms: where the picture is cut, in order; none where nobody knows.
        fps: of the picture; None = 24.
    """
    linter = _Linter(language=language, limits=limits)
    breaches: list[Breach] = []
    before: ReadCue | None = None
    for number, cue in enumerate(cues, start=1):
        found = [
            *_structure(cue),
            *(() if before is None else linter.neighbours(before, cue)),
            *linter.layout(cue),
            *linter.pace(cue),
            *linter.orphans(before, cue),
            *linter.sense(before, cue),
            *_cuts(cue, shot_changes_ms, fps),
        ]
        breaches += [finding.at(number, cue) for finding in found]
        before = cue
    return Verdict(
        cue_count=len(cues),
        line_count=sum(1 for cue in cues for line in cue.lines if line.strip()),
        breaches=tuple(breaches),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """A breach that does not know its cue yet."""

    severity: Severity
    kind: str
    figure: float
    text: str
    limit: float | None = None

    def at(self, number: int, cue: ReadCue) -> Breach:
        return Breach(
            cue=number,
            start_ms=cue.start_ms,
            severity=self.severity,
            kind=self.kind,
            figure=self.figure,
            limit=self.limit,
            text=self.text,
        )


def _error(kind: str, figure: float, text: str, limit: float | None = None) -> _Finding:
    return _Finding(severity="error", kind=kind, figure=figure, text=text, limit=limit)


def _warning(kind: str, figure: float, text: str, limit: float | None = None) -> _Finding:
    return _Finding(severity="warning", kind=kind, figure=figure, text=text, limit=limit)


def _structure(cue: ReadCue) -> Iterator[_Finding]:
    blank_count = sum(not line.strip() for line in cue.lines)
    if blank_count == len(cue.lines):
        yield _error("empty", 0, "no text")
    elif blank_count:
        yield _error("blank-line", blank_count, "a blank line, where players end the cue")
    long_ms = cue.end_ms - cue.start_ms
    if long_ms <= 0:
        yield _error("no-duration", long_ms, f"lasts {long_ms} ms")


def _cuts(cue: ReadCue, shot_changes_ms: Sequence[int], fps: float | None) -> Iterator[_Finding]:
    if shot_changes_ms:
        for frames, text in shot_change_findings(cue, shot_changes_ms, fps=fps):
            yield _warning("shot-change", frames, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Linter:
    language: str | None
    limits: Limits

    def neighbours(self, before: ReadCue, cue: ReadCue) -> Iterator[_Finding]:
        gap_ms = cue.start_ms - before.end_ms
        if cue.start_ms < before.start_ms:
            early_ms = before.start_ms - cue.start_ms
            yield _error("order", early_ms, f"starts {early_ms} ms before the cue above it")
        elif gap_ms < 0:
            yield _error("overlap", -gap_ms, f"overlaps the cue above it by {-gap_ms} ms")
        elif gap_ms < self.limits.gap_ms - _ROUNDING_MS:
            least_ms = self.limits.gap_ms
            text = f"{gap_ms} ms after the cue above it (at least {least_ms})"
            yield _warning("gap", gap_ms, text, least_ms)
        elif self.limits.gap_ms + _ROUNDING_MS < gap_ms < self.limits.chain_ms:
            least_ms = self.limits.chain_ms
            text = f"flickers: {gap_ms} ms after the cue above it ({self.limits.gap_ms} or "
            yield _warning("flicker", gap_ms, f"{text}at least {least_ms})", least_ms)

    def layout(self, cue: ReadCue) -> Iterator[_Finding]:
        lines = [line.strip() for line in cue.lines if line.strip()]
        if len(lines) > self.limits.line_count:
            most = self.limits.line_count
            yield _error("lines", len(lines), f"{len(lines)} lines (at most {most})", most)
        if self._are_uneven(lines):
            share = self.limits.least_line_percent
            text = f"a line is under {share} % of the other: {' | '.join(lines)} (TED)"
            yield _warning("uneven", 1, text, share)
        are_turns = sum(map(bool, map(speaker_dash, lines))) > 1
        for line in lines:
            width, most = self._chars(line), self.limits.line_chars
            if width > most:
                text = f"a line of {width:g} characters (at most {most}): {_excerpt(line)}"
                yield _error("line-length", width, text, most)
            if self._ends_on_function_word(line):
                yield _warning("function-word", 1, f"a line ends on a function word: {line}")
            if are_turns and self._has_other_dash(line):
                wanted = "a space" if self.limits.dash_space else "no space"
                text = f"a dash before who speaks: {line} (Netflix: a hyphen with {wanted} behind)"
                yield _warning("dash", 1, text)
            if self._has_stops(line):
                text = f"full-width commas or stops: {line} (Netflix: spaces, none ends a line)"
                yield _warning("stops", 1, text)

    def pace(self, cue: ReadCue) -> Iterator[_Finding]:
        long_ms = cue.end_ms - cue.start_ms
        if long_ms <= 0:
            return
        speed = round(1000 * sum(map(self._chars, cue.lines)) / long_ms, 1)
        fastest = self.limits.chars_per_s
        if speed > fastest:
            text = f"{speed:g} characters a second (at most {fastest})"
            yield _warning("reading-speed", speed, text, fastest)
        least_ms, most_ms = self.limits.min_duration_ms, self.limits.max_duration_ms
        if long_ms < least_ms - _ROUNDING_MS:
            yield _warning("short", long_ms, f"lasts {long_ms} ms (at least {least_ms})", least_ms)
        elif long_ms > most_ms + _ROUNDING_MS:
            yield _warning("long", long_ms, f"lasts {long_ms} ms (at most {most_ms})", most_ms)

    def orphans(self, before: ReadCue | None, cue: ReadCue) -> Iterator[_Finding]:
        text = " ".join(cue.lines).strip()
        width = self._columns(text)
        is_short = width < _ORPHAN_COLUMNS or (
            self.limits.char_columns == 1 and len(text.split()) == 1
        )
        is_sentence = _ends_sentence(text) and (
            before is None or _ends_sentence(" ".join(before.lines))
        )
        if text and is_short and not is_sentence:
            chars = width / self.limits.char_columns
            yield _warning("orphan", chars, f"a scrap of a sentence alone: {text}")

    def sense(self, before: ReadCue | None, cue: ReadCue) -> Iterator[_Finding]:
        above = () if before is None else before.lines
        for kind, text in sense_findings(
            above, cue.lines, language=self.language, limits=self.limits
        ):
            yield _warning(kind, 1, text)

    def _chars(self, line: str) -> float:
        return self._columns(line) / self.limits.char_columns

    def _columns(self, line: str) -> int:
        return columns(line, is_full_width=joins_without_space(self.language))

    def _are_uneven(self, lines: Sequence[str]) -> bool:
        widths = [self._columns(line) for line in lines]
        share = self.limits.least_line_percent / 100
        return len(widths) > 1 and min(widths) < share * max(widths)

    def _has_other_dash(self, line: str) -> bool:
        """Whether a line of two speakers begins otherwise than the guide of its language has it."""
        dash = speaker_dash(line)
        return dash not in ("", "-" + " " * self.limits.dash_space)

    def _has_stops(self, line: str) -> bool:
        if not (self.limits.spaced_stops and joins_without_space(self.language)):
            return False
        return without_stops(line, is_japanese=code_of(self.language) == "ja") != line

    def _ends_on_function_word(self, line: str) -> bool:
        if joins_without_space(self.language):
            return False  # without a dictionary there is no telling where a word begins
        profile = profile_of(self.language)
        last = line.rsplit(maxsplit=1)[-1].lower().lstrip("\"'“‘„«([¿¡-–")
        return last in profile.function_words or last in profile.prepositions


def _ends_sentence(text: str) -> bool:
    return without_closers(text)[-1:] in tuple(_SENTENCE_MARKS)


def _excerpt(line: str) -> str:
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004  # one line of a terminal
