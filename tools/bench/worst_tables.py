"""Corrections that take long, of each kind: a text of any length and a table, or the reverse."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.bench.worst_texts import Text, repeated, size_of

_SHORT_TEXT = "word " * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What is corrected, and by what.

    Attributes:
        text, table: of a number of bytes.
        has_clock: a clock ends it where it would take too long, and a line says so.
    """

    text: Text
    table: Text
    has_clock: bool = False


def _text(piece: str, *, row: str, has_clock: bool = False) -> Corrected:
    """A text of any length, a short table."""
    return Corrected(
        text=repeated(piece),
        table=lambda _: row,
        has_clock=has_clock,
    )


def _table(row: Callable[[int], str], *, after: str = "") -> Corrected:
    """A table of any length, a short text."""

    def table(byte_count: int) -> str:
        return "".join(map(row, range(max(byte_count // size_of(row(1000)), 1)))) + after

    return Corrected(text=lambda _: _SHORT_TEXT, table=table)


CORRECTIONS: dict[str, Corrected] = {
    # long texts: of one sentence, where nothing is said of others
    "a word": _text("word ", row="word\twards"),
    "a whole word": _text("word ", row="word\twards\t\tword"),
    "an expression": _text("word ", row="w(o)rd\tw\\1\\1rd\t\tregex"),
    "a word that is not there": _text("word ", row="absent\tthere"),
    "in sentences": _text("Some words. ", row="word\tverb"),
    "an expression in sentences": _text("Some words. ", row="w(o)rd\tv\\1rd\t\tregex"),
    "words taken out": _text("word ", row="word\t"),
    "spaces taken out": _text("word ", row=" \t"),
    "spaces taken out by an expression": _text("word ", row="\\s\t\t\tregex"),
    "spaces put in": _text("a", row="a\ta "),
    "letters of one word": _text("a", row="a\tb"),
    "Han": _text("我在", row="我\t你们"),
    "accents": _text("a\u0301", row="\u00e1\ta"),
    "apostrophes at whole words": _text("'a", row="a\tb\t\tword"),
    "all of it": _text("word ", row=".+\tx\t\tregex"),
    "words that grow": _text("word ", row="word\tword word word\n" * 3),
    "words that grow without end": _text("w ", row="w\tww\n" * 20),
    "tabs of one row": _text("word ", row="word\tw\n" * 40),
    "an expression of square time": _text("a", row="a*b\tx\t\tregex", has_clock=True),
    "an expression without end": _text("a", row="(a|a)*b\tx\t\tregex", has_clock=True),
    "an expression that looks ahead": _text("a", row="(?=(a*))a\tb\t\tregex", has_clock=True),
    # long tables
    "rows": _table(lambda i: f"x{i}\ty\n"),
    "rows of whole words": _table(lambda i: f"x{i}\ty\t\tword\n"),
    "rows of expressions": _table(lambda i: f"x{i}y+\tz\t\tregex\n"),
    "rows that say what stands there": _table(lambda _: "word\tword\n"),
    "rows that go to and fro": _table(lambda i: ("word\tverb\n", "verb\tword\n")[i % 2]),
    "notes": _table(lambda i: f"# {i}\n"),
    "empty rows": _table(lambda _: "\n"),
    "columns": _table(lambda _: "\t"),
    "a long row": _table(lambda _: "a", after="\tb"),
    "a long replacement": Corrected(
        text=lambda _: "word ",
        table=lambda byte_count: f"word\t{'a ' * (byte_count // 2)}",
    ),
    "a long expression": _table(lambda _: "a", after="\tb\t\tregex"),
    "groups": _table(lambda _: "()", after="\tb\t\tregex"),
    "groups in groups": _table(lambda _: "(", after="\tb\t\tregex"),
    "choices": _table(lambda i: f"x{i}|", after="y\tb\t\tregex"),
    "signs of a class": Corrected(
        text=lambda _: "word ",
        table=lambda byte_count: f"[{'a' * byte_count}]\tb\t\tregex",
    ),
}
