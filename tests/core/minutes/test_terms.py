"""What a text is about."""

from collections import Counter

from qasr_cli.core.minutes.terms import Utterance, keywords, terms_of, weights


def english(*texts: str) -> list[Utterance]:
    """The texts in English."""
    return [Utterance(text=text, language="English") for text in texts]


def test_small_words_are_no_terms() -> None:
    """Nor are figures; a plural counts with its singular, spelt as it comes most often."""
    (first, second) = terms_of(
        english("So the tents, 12 of them, are John's.", "We need a tent and tents, yeah.")
    )

    assert first == ("tents", "john")
    assert second == ("tents", "tents")


def test_chinese_words_are_learned_from_the_text() -> None:
    """A part of a longer word is none; a character beside the word belongs to none."""
    texts = ("服务器坏了。", "新的服务器来了。", "旧服务器卖了，API也换了。")

    found = terms_of([Utterance(text=text, language="Chinese") for text in texts])

    assert found == (("服务器",), ("服务器",), ("服务器", "api"))


def test_keywords_set_a_part_apart() -> None:
    """What comes everywhere is worth less than what comes here alone."""
    classes = [Counter(tent=3, festival=3), Counter(bus=3, festival=4), Counter(festival=4)]

    assert keywords(classes, 1)[:2] == (("tent",), ("bus",))
    assert weights(classes)[0]["tent"] > weights(classes)[0]["festival"]
    assert keywords([], 3) == ()
    assert keywords([Counter(once=1)], 3) == (("once",),)
