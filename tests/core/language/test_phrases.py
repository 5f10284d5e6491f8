import pytest

from qasr_cli.core.language.phrases import are_tied, coordinators_of, is_opener
from qasr_cli.core.language.profiles import profile_of


@pytest.mark.parametrize(
    ("left", "right", "language"),
    [
        ("저의", "집은", "Korean"),
        ("설명하고", "있는", "Korean"),
        ("이해하고", "싶다", "Korean"),
        ("할 수", "있습니다", "Korean"),
        ("두 번째", "그래프", "Korean"),
        ("歴史に", "ついて話", "Japanese"),
        ("薬に", "よって助", "Japanese"),
        ("音楽に", "関して言", "Japanese"),
        ("開けて", "くれまし", "Japanese"),
        ("结合", "起来", "Chinese"),
        ("匹配", "起来，", "Chinese"),
        ("第", "三张", "Chinese"),
        ("結合", "起來", "Chinese (traditional)"),
        ("even", "though it", "English"),
        ("parce", "que tu", "French"),
    ],
)
def test_expressions_hold_together(left: str, right: str, language: str) -> None:
    """Genitives, auxiliaries, compound particles, complements and counters are not parted."""
    assert are_tied(left, right, language)


@pytest.mark.parametrize(
    ("left", "right", "language"),
    [
        ("설명하고", "집에", "Korean"),
        ("마을에서", "작은", "Korean"),
        ("学校に", "着いた", "Japanese"),
        ("我们", "今天", "Chinese"),
        ("came", "home", "English"),
        ("left", "right", None),
    ],
)
def test_neighbours_may_part(left: str, right: str, language: str | None) -> None:
    """What only stands side by side is no expression."""
    assert not are_tied(left, right, language)


@pytest.mark.parametrize(
    ("phrase", "language", "leads_on"),
    [
        ("As you can see,", "English", True),
        ("but often,", "English", True),
        ("and apples,", "English", False),
        ("the old bridge,", "English", False),
        ("parce qu’en fait,", "French", True),
        ("Zum Beispiel,", "German", True),
        ("也就是说，", "Chinese", True),
        ("而且其实，", "Chinese", True),
        ("他说，", "Chinese", False),
        ("でももちろん、", "Japanese", True),
        ("例えば、", "Japanese", True),
        ("예를 들어,", "Korean", True),
        ("", "English", False),
    ],
)
def test_openers_say_nothing_alone(phrase: str, language: str, *, leads_on: bool) -> None:
    """Conjunctions and adverbials lead on to what follows; things and clauses do not."""
    assert is_opener(phrase, language, profile_of(language).conjunctions) is leads_on


def test_only_some_languages_put_things_in_a_row_with_a_word_apart() -> None:
    """No word of Chinese does what "and" does before any line break."""
    assert "and" in coordinators_of("English")
    assert coordinators_of("Chinese") == frozenset()
