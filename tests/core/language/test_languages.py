import pytest

from qasr_cli.core.language.languages import (
    TRADITIONAL,
    as_written,
    code_of,
    is_alignable,
    joins_without_space,
    language_from_model,
    language_from_user,
)
from qasr_cli.errors import UsageError


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("en", "English"),
        ("ENGLISH", "English"),
        (" eng ", "English"),
        ("zh-CN", "Chinese"),
        ("zh_Hant_TW", "Chinese"),
        ("mandarin", "Chinese"),
        ("Cantonese", "Cantonese"),
        ("yue", "Cantonese"),
        ("zh-HK", "Cantonese"),
        ("pt-BR", "Portuguese"),
        ("ger", "German"),
        ("fil-PH", "Filipino"),
        ("Wu language", "Chinese"),
        ("minnan", "Chinese"),
        ("Cantonese (Hong Kong accent)", "Cantonese"),
    ],
)
def test_a_language_is_known_by_every_usual_spelling(value: str, name: str) -> None:
    """Codes, tags, names and dialects in any case give the model's own name."""
    assert language_from_user(value) == name


def test_auto_means_detect() -> None:
    """`auto` is no language."""
    assert language_from_user("Auto") is None


@pytest.mark.parametrize(
    ("value", "advice"), [("Germann", "did you mean German?"), ("Klingon", "one of: Arabic, ")]
)
def test_an_unknown_language_is_refused_with_advice(value: str, advice: str) -> None:
    """The message names the flag, the value, and what comes close or the whole list."""
    with pytest.raises(UsageError, match=f"--language {value}: .*") as refused:
        language_from_user(value)
    assert advice in str(refused.value)


def test_the_tables_hold_the_languages_of_the_library() -> None:
    """Names, codes and the aligner's eleven are those of transformers."""
    library = pytest.importorskip("transformers.models.qwen3_asr.processing_qwen3_asr")

    for code, name in library.LANGUAGE_CODE_TO_NAME.items():
        assert (language_from_user(code), code_of(name)) == (name, code)
        assert is_alignable(name) == (name in library.FORCED_ALIGNER_LANGUAGES)


def test_what_a_model_writes_is_understood() -> None:
    """Lists count as their first language, dialects as their language, the rest as unknown."""
    written = ("chinese", "English,Chinese", "Sichuan", "Klingon", "", None)

    names = [language_from_model(value) for value in written]

    assert names == ["Chinese", "English", "Chinese", None, None, None]
    assert [code_of(value) for value in written] == ["zh", "en", "zh", "und", "und", "und"]


def test_only_scripts_without_spaces_join_without_one() -> None:
    """Korean has spaces between words, Thai between sentences."""
    joining = ("Chinese", "Cantonese", "Japanese")

    assert all(joins_without_space(name) for name in joining)
    assert not any(joins_without_space(name) for name in ("Korean", "Thai", "English", None))


def test_the_script_of_chinese_shows_in_its_characters() -> None:
    """A script counts as Chinese everywhere but in its profile."""
    assert as_written("Chinese", "我們今天來談談那條河。") == TRADITIONAL
    assert as_written("Chinese", "我们今天来谈谈那条河。") == "Chinese"
    assert as_written("Cantonese", "我哋今日嚟傾下呢個。") == "Cantonese"
    assert (code_of(TRADITIONAL), joins_without_space(TRADITIONAL)) == ("zh", True)
