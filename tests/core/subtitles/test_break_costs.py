from itertools import pairwise

import pytest

from qasr_cli.core.subtitles.break_costs import break_cost, can_break


def cost(left: str, right: str, language: str = "English", *, pause_ms: int = 0) -> int:
    """Cost of a break between two words."""
    return break_cost(left, right, pause_ms=pause_ms, language=language)


def test_places_rank_as_a_reader_feels_them() -> None:
    """Clause, comma, conjunction, preposition, verb, article, content words, after an article."""
    costs = [
        cost("came; ", "then "),
        cost("came, ", "then "),
        cost("came ", "because "),
        cost("came ", "from "),
        cost("trees ", "have "),
        cost("came ", "the "),
        cost("came ", "home "),
        cost("the ", "home "),
    ]

    assert all(better < worse for better, worse in pairwise(costs))


@pytest.mark.parametrize(
    ("bad", "better", "language"),
    [
        (("темно, ", "что "), ("темно, ", "пока "), "Russian"),
        (("мест, ", "где "), ("мест, ", "и "), "Russian"),
        (("дом, ", "который "), ("дом, ", "я "), "Russian"),
        (("Angela ", "Merkel "), ("angela ", "merkel "), "English"),
        (("5 ", "apples "), ("fresh ", "apples "), "English"),
        (("den ", "Baum "), ("alten ", "Baum "), "German"),
        (("тебя ", "в "), ("тебя ", "потому "), "Russian"),
        (("好", "的"), ("好", "人"), "Chinese"),
        (("ニ", "ャ"), ("ニ", "ヤ"), "Japanese"),
        (("（", "好"), ("好", "人"), "Chinese"),
        (("iPhone ", "15 "), ("用 ", "15 "), "Chinese"),
        (("กิน", "ข้าว"), ("กิน ", "ข้าว"), "Thai"),
        (("一緒", "に"), ("に", "市場"), "Japanese"),
        (("z. ", "B. "), ("Zeile ", "B "), "German"),
        (("Dr. ", "Park "), ("Ellen ", "Park "), "English"),
        (("picked ", "up "), ("picked ", "apples "), "English"),
        (("pense ", "pas "), ("pense ", "bien "), "French"),
        (("친구를 ", "만났다 "), ("만나고 ", "집에 "), "Korean"),
        (("할 ", "수 "), ("할 ", "일이 "), "Korean"),
        (("描くこ", "とが"), ("ことが", "でき"), "Japanese"),
        (("子ども", "たちに"), ("私は", "本を"), "Japanese"),
        (("古い", "新聞"), ("私は", "新聞"), "Japanese"),
        (("子が", "宇宙"), ("子が", "「宇宙"), "Japanese"),
        (("veinte ", "años "), ("gran ", "año "), "Spanish"),
        (("most ", "important "), ("very, ", "important "), "English"),
        (("the third ", "graph "), ("the old ", "graph "), "English"),
        (("hundreds ", "and thousands of screws "), ("slept ", "and then they went "), "English"),
        (("bread ", "and cheese. "), ("bread ", "and the cheese that I had "), "English"),
        (("저의 ", "집은 "), ("저는 ", "집은 "), "Korean"),
        (("설명하고 ", "있는 "), ("설명하고 ", "집에 "), "Korean"),
        (("歴史に", "ついて"), ("学校に", "着いて"), "Japanese"),
        (("互相匹配", "起来，"), ("互相匹配", "这两份"), "Chinese"),
        (("，我选了1、", "3、7、"), ("面包、奶酪、", "苹果、梨"), "Chinese"),
        (("面包、奶酪、", "苹果、梨"), ("面包和奶酪，", "苹果、梨"), "Chinese"),
        (("труднее, ", "чем раньше. "), ("труднее, ", "чем я думал раньше, "), "Russian"),
    ],
)
def test_what_belongs_together_stays_together(
    bad: tuple[str, str], better: tuple[str, str], language: str
) -> None:
    """Names, counted things, articles, and what no line may begin or end with."""
    assert cost(*bad, language) > cost(*better, language)


@pytest.mark.parametrize(
    ("phrase", "language"),
    [
        ("but often, ", "English"),
        ("mais souvent, ", "French"),
        ("因此，", "Chinese"),
        ("例えば、", "Japanese"),
        ("예를 들어, ", "Korean"),
    ],
)
def test_an_opener_stays_with_what_it_opens(phrase: str, language: str) -> None:
    """A comma behind words that only lead on is a worse place than another comma."""
    opened = break_cost(phrase, "x ", pause_ms=0, language=language, phrase=phrase)
    plain = break_cost(phrase, "x ", pause_ms=0, language=language)

    assert opened > plain + 50


def test_a_chinese_comma_soon_after_another_mark_is_a_worse_place() -> None:
    """The shorter the phrase, the worse; from half a line on it is a comma as any other."""
    costs = [
        break_cost("，", "我", pause_ms=0, language="Chinese", phrase=f"{'甲' * count}，")
        for count in (2, 5, 9)
    ]

    assert costs[0] > costs[1] > costs[2] == break_cost("，", "我", pause_ms=0, language="Chinese")


def test_a_pause_makes_a_break_cheaper_but_never_free() -> None:
    """A pause tilts between places of one rank; it does not beat a comma."""
    assert cost("came ", "home ", pause_ms=1000) < cost("came ", "home ")
    assert cost("came ", "home ", pause_ms=100_000) > cost("came, ", "home ")
    assert cost("came; ", "home ", pause_ms=100_000) >= 0


@pytest.mark.parametrize(
    ("left", "right", "allowed"),
    [
        ("good ", "day", True),
        ("天", "气", True),
        ("用", "iPhone", True),
        ("iPhone，", "Android", True),
        ("word—", "word", True),
        ("학교", "에", False),
        ("foo", "bar", False),
        ("foo", " bar", True),
    ],
)
def test_a_word_is_never_parted(left: str, right: str, *, allowed: bool) -> None:
    """A break needs a space, a long dash, or a script without spaces."""
    assert can_break(left, right) is allowed
