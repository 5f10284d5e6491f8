import pytest

from qasr_cli.core.language.languages import TRADITIONAL
from qasr_cli.core.language.profiles import profile_of

PROFILED = (
    *("English", "German", "French", "Spanish", "Italian", "Portuguese", "Russian"),
    *("Chinese", TRADITIONAL, "Cantonese", "Japanese", "Korean"),
)


def test_a_language_without_limits_of_its_own_gets_common_ones() -> None:
    """Every language has a profile, also an unknown one."""
    assert profile_of("Czech") == profile_of(None)
    assert profile_of("Japanese").limits.line_chars < profile_of("English").limits.line_chars


@pytest.mark.parametrize("language", PROFILED)
def test_every_aligned_language_has_its_words(language: str) -> None:
    """Conjunctions and function words; no word is both cheap to begin with in two ways."""
    profile = profile_of(language)

    assert profile.conjunctions
    assert profile.function_words
    assert not profile.conjunctions & profile.prepositions
    assert "dr" in profile.abbreviations
