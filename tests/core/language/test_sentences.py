import pytest

from qasr_cli.core.language.sentences import ends_sentence


@pytest.mark.parametrize(
    ("word", "following", "language"),
    [
        ("done. ", "Then ", "English"),
        ("done.” ", "Then ", "English"),
        ("really? ", "no ", "English"),
        ("no. ", "We ", "English"),
        ("me. ", "Then ", "English"),
        ("etc. ", "Then ", "English"),
        ("I. ", "Then ", "English"),
        ("well… ", "Then ", "English"),
        ("1990. ", "Then ", "German"),
        ("好。", "你", "Chinese"),
        ("好！」", "你", "Chinese"),
        ("OK.", "好", "Chinese"),
        ("है। ", "वह ", "Hindi"),
        ("كيف؟ ", "نعم ", "Arabic"),
        ("πού; ", "εδώ ", "Greek"),
        ("end.", "", "English"),
        ("嗯……", "", "Chinese"),
        ("nichts!“ ", "Dann ", "German"),
        ("is -- ", "(Laughter) ", "English"),
        ("(Laughter) ", "which ", "English"),
        ("(Audience ends) ", "And ", "English"),
        ("so ", "[music] ", "English"),
        ("playing] ", "so ", "English"),
        ("저는 ", "(웃음) ", "Korean"),
        ("la ♪ ", "♪ lo ", "French"),
    ],
)
def test_a_sentence_ends(word: str, following: str, language: str) -> None:
    """A final mark of any script ends a sentence, quotes after it or not."""
    assert ends_sentence(word, following, language)


@pytest.mark.parametrize(
    ("word", "following", "language"),
    [
        ("Mr. ", "Fox ", "English"),
        ("“Dr. ", "No ", "English"),
        ("J. ", "Smith ", "English"),
        ("U.S. ", "Army ", "English"),
        ("e.g. ", "this ", "English"),
        ("approx. ", "three ", "English"),
        ("No. ", "5 ", "English"),
        ("www.", "Example ", "English"),
        ("well... ", "then ", "English"),
        ("“Really?” ", "she ", "English"),
        ("3. ", "Mai ", "German"),
        ("A. ", "Пушкин ", "Russian"),
        ("我……", "不", "Chinese"),
        ("你好，", "我", "Chinese"),
        ("one; ", "two ", "English"),
        ("man ", "(and ", "English"),
        ("f(x) ", "is ", "English"),
        ("chi ", "(3) ", "English"),
        ("word ", "word ", "English"),
        ("", "", None),
    ],
)
def test_a_sentence_goes_on(word: str, following: str, language: str | None) -> None:
    """A stop that belongs to its word, or is followed by a small letter, ends nothing."""
    assert not ends_sentence(word, following, language)
