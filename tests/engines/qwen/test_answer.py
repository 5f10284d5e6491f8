"""The recogniser's raw answer is read without losing or inventing anything."""

import pytest

from qasr_cli.engines.qwen.answer import parse


@pytest.mark.parametrize(
    ("raw", "language", "text"),
    [
        ("language English<asr_text>Hello.", "English", "Hello."),
        ("language english<asr_text>Hello.", "English", "Hello."),
        ("language CHINESE<asr_text>你好。", "Chinese", "你好。"),
        ("language None<asr_text>", None, ""),
        ("language English<asr_text>  ", None, ""),
        ("language Klingon<asr_text>Qapla'.", None, "Qapla'."),
        ("Hello without a head.", None, "Hello without a head."),
        ("", None, ""),
        (
            "language English<asr_text>The assistant\nsaid yes.",
            "English",
            "The assistant said yes.",
        ),
        ("language English<asr_text>[applause] Thank you.", "English", "[applause] Thank you."),
        ("language French<asr_text>cafe\u0301\x00\u2028noir", "French", "café noir"),
    ],
)
def test_language_and_text_are_told_apart(raw: str, language: str | None, text: str) -> None:
    """The head names the language, in any case; the rest is the text, made canonical."""
    heard = parse(raw, forced_language=None, truncated=False)

    assert (heard.language, heard.text) == (language, text)
    assert heard.languages == ()


@pytest.mark.parametrize(
    ("head", "languages"),
    [
        ("language Chinese,English", ("Chinese", "English")),
        ("language Chinese, English", ("Chinese", "English")),
        ("language english，CHINESE", ("English", "Chinese")),
        ("language English,Dutch,English", ("English", "Dutch")),
        ("language Klingon,Thai", ("Thai",)),
        ("language Chinese,Sichuan", ("Chinese",)),
        ("language None,English", ("English",)),
    ],
)
def test_a_language_named_twice_is_kept(head: str, languages: tuple[str, ...]) -> None:
    """The first that is known is the clip's; all of several that are known are kept."""
    heard = parse(f"{head}<asr_text>Hi 你好", forced_language=None, truncated=False)

    assert heard.language == languages[0]
    assert heard.languages == (languages if len(languages) > 1 else ())


def test_without_text_no_language_is_kept() -> None:
    """Where nothing was said, nothing was said in two languages either."""
    heard = parse("language Chinese,English<asr_text> ", forced_language=None, truncated=False)

    assert (heard.language, heard.languages) == (None, ())


def test_a_forced_language_is_filled_in() -> None:
    """The prompt already held the head, so the answer is all text."""
    heard = parse("language learning is fun", forced_language="German", truncated=False)

    assert (heard.language, heard.text) == ("German", "language learning is fun")


def test_a_forced_language_without_speech_is_none() -> None:
    """Where nothing was said, nothing was said in German."""
    assert parse(" ", forced_language="German", truncated=False).language is None


def test_a_loop_is_cut_and_told() -> None:
    """A sentence of 33 characters said 200 times is no speech."""
    sentence = "the cat sat on the mat, all day. "

    heard = parse(
        "language English<asr_text>" + sentence * 200, forced_language=None, truncated=True
    )

    assert heard.text == sentence.strip()
    assert heard.repetition
    assert heard.truncated


def test_a_character_cut_in_half_is_dropped() -> None:
    """At the cap the last character may lack bytes; it is no text."""
    heard = parse("language Chinese<asr_text>你好\ufffd", forced_language=None, truncated=True)

    assert heard.text == "你好"
