"""A user's own corrections, read from a table; `apply_corrections` makes them."""

import hashlib
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.text import canonical

_COLUMNS = ("find", "replace", "language", "how")
_WAYS = ("regex", "word")


@dataclass(frozen=True, kw_only=True)  # no slots, because the pattern is cached
class Correction:
    r"""One row of a table of corrections.

    Attributes:
        line: number of the row in its file, from 1.
        table: name of that file; None where the rows came from a program.
        find: a text, case and all, or a regular expression.
        replace: what stands there instead; of a regular expression with its groups (`\1`).
        language: full English name of the language whose sentences it is for; None for all.
        is_regex, is_whole_word: how `find` is read.
    """

    line: int
    find: str
    replace: str
    language: str | None = None
    is_regex: bool = False
    is_whole_word: bool = False
    table: str | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """Which row of which table it is, for people."""
        return f"{'' if self.table is None else f'{self.table}: '}line {self.line}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression that finds what is to be replaced."""
        return re.compile(self.find if self.is_regex else re.escape(self.find))

    def replacement(self, found: re.Match[str]) -> str:
        """The text in place of what was found."""
        return canonical(found.expand(self.replace)) if self.is_regex else self.replace


def corrections_from_text(text: str, *, table: str | None = None) -> tuple[Correction, ...]:
    r"""The rows of a table, in its order: `find`, `replace`, and if need be `language` and `how`.

    Tabs part the columns. Empty lines, and lines that begin with `#`, say nothing.

    Args:
        table: the name of the file, for messages to come.

    >>> [row.replace for row in corrections_from_text("teh\tthe\n# note\ncolou?r\tred\ten\tregex")]
    ['the', 'red']

    Raises:
        ValueError: a row is none, and why in one line with its number.
    """
    return tuple(_rows(text, table))


def digest_of(corrections: Sequence[Correction]) -> str | None:
    """64 hex digits that change when the rules do, wherever they stand; None without any."""
    if not corrections:
        return None
    rules = [
        [row.find, row.replace, row.language, row.is_regex, row.is_whole_word]
        for row in corrections
    ]
    return hashlib.sha256(json.dumps(rules).encode()).hexdigest()


def _rows(text: str, table: str | None) -> Iterator[Correction]:
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.removesuffix("\r")
        # A row may find white space alone; a line without a tab is none.
        if ("\t" in row or row.strip()) and not row.startswith("#"):
            try:
                yield _row(number, row, table)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error


def _row(number: int, row: str, table: str | None) -> Correction:
    columns = row.split("\t")
    if not 2 <= len(columns) <= len(_COLUMNS):  # noqa: PLR2004  # what to find, and what to write
        names = ", ".join(_COLUMNS)
        raise ValueError(f"has {len(columns)} of the columns {names}, which a tab parts")
    find, replace, language, how = (*columns, "", "")[: len(_COLUMNS)]
    if not find:
        raise ValueError("says nothing to find")
    name = language.strip()
    if name and language_from_model(name) is None:
        raise ValueError(f"language {name!r} is not known")
    ways = [way.strip() for way in how.split(",") if way.strip()]
    if unknown := [way for way in ways if way not in _WAYS]:
        raise ValueError(f"{unknown[0]!r} is not known; how takes {', '.join(_WAYS)}")
    correction = Correction(
        line=number,
        find=canonical(find),
        replace=canonical(replace),
        language=language_from_model(name),
        is_regex="regex" in ways,
        is_whole_word="word" in ways,
        table=table,
    )
    if correction.is_regex:
        _check_regex(correction)
    return correction


def _check_regex(correction: Correction) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python warns of means something else tomorrow
            groups = _without_content(correction.pattern)
            # `sub` reads the replacement even where there is nothing to replace.
            groups.sub(correction.replace, "")
    except (re.error, IndexError, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"not a regular expression: {error}") from error


def _without_content(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """The same groups with nothing in them: the expression itself may search an empty text long."""
    names = {number: name for name, number in pattern.groupindex.items()}
    numbers = range(1, pattern.groups + 1)
    return re.compile("".join(f"(?P<{names[n]}>)" if n in names else "()" for n in numbers))
