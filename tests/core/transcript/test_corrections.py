"""The table of corrections as a user writes it."""

import pytest

from qasr_cli.core.transcript.corrections import Correction, corrections_from_text, digest_of


def test_a_row_says_what_to_find_and_what_to_write() -> None:
    """Language and way are optional; comments and empty lines count as lines only."""
    table = "# mine\r\n\r\nteh\tthe\r\n在见\t再见\tzh\n(a)b\t\\1\t\tregex, word\n"

    assert corrections_from_text(table) == (
        Correction(line=3, find="teh", replace="the"),
        Correction(line=4, find="在见", replace="再见", language="Chinese"),
        Correction(line=5, find="(a)b", replace="\\1", is_regex=True, is_whole_word=True),
    )


def test_texts_are_spelt_as_the_recogniser_spells() -> None:
    """An accent may be typed as a sign of its own; spaces are kept."""
    (row,) = corrections_from_text("cafe\u0301 \tcafe\u0301")

    assert (row.find, row.replace) == ("café ", "café")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("only", "line 2: has 1 of the columns find, replace, language, how, which a tab parts"),
        ("a\tb\tc\td\te", "line 2: has 5 of the columns"),
        ("\tb", "line 2: says nothing to find"),
        ("a\tb\tKlingon", "line 2: language 'Klingon' is not known"),
        ("a\tb\t\tregexp", "line 2: 'regexp' is not known; how takes regex, word"),
        ("a(\tb\t\tregex", "line 2: not a regular expression: missing \\)"),
        ("a\t\\1\t\tregex", "line 2: not a regular expression: invalid group reference 1"),
        ("a\t\\g<n>\t\tregex", "line 2: not a regular expression: unknown group name 'n'"),
        ("[[a]]\tb\t\tregex", "line 2: not a regular expression: Possible nested set"),
        ("a{99999999999}\tb\t\tregex", "line 2: not a regular expression: the repetition"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(row: str, reason: str) -> None:
    """One line that says what is wrong."""
    with pytest.raises(ValueError, match=reason):
        corrections_from_text(f"good\trow\n{row}\n")


def test_the_digest_follows_the_rules_not_their_place() -> None:
    """A comment more redoes no file; another rule does."""
    plain = digest_of(corrections_from_text("a\tb"))

    assert digest_of(()) is None
    assert digest_of(corrections_from_text("# note\na\tb")) == plain
    for other in ("a\tc", "a\tb\ten", "a\tb\t\tregex", "a\tb\t\tword", "x\ty\na\tb"):
        assert digest_of(corrections_from_text(other)) != plain
