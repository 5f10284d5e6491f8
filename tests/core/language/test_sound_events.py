import pytest

from qasr_cli.core.language.sound_events import sound_events_in


@pytest.mark.parametrize(
    ("text", "language", "sounds"),
    [
        ("Thank you. (Applause)", "English", ["(Applause)"]),
        ("[door creaks] Who is there?", "English", ["[door creaks]"]),
        ("♪ Over the hills ♪ That was it.", "English", ["♪ Over the hills ♪"]),
        ("♪ Over the hills", "English", ["♪ Over the hills"]),
        ("Danke. (Gelächter) (Applaus)", "German", ["(Gelächter)", "(Applaus)"]),
        ("Merci. (Rires)", "French", ["(Rires)"]),
        ("谢谢。（掌声）", "Chinese", ["（掌声）"]),
        ("谢谢。【音乐】", "Chinese", ["【音乐】"]),
        ("ありがとう。（拍手）", "Japanese", ["（拍手）"]),
        ("감사합니다. (박수)", "Korean", ["(박수)"]),
        ("Спасибо. (Аплодисменты)", "Russian", ["(Аплодисменты)"]),
        ("Obrigado. (Applause)", "Portuguese", ["(Applause)"]),
    ],
)
def test_what_tells_of_a_sound(text: str, language: str, sounds: list[str]) -> None:
    """Square brackets, notes, and round brackets around a word for a sound."""
    assert [text[start:stop] for start, stop in sound_events_in(text, language)] == sounds


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("See chapter two (page nine).", "English"),
        ("Das Haus (gebaut 1920) steht noch.", "German"),
        ("他（我的弟弟）也来了。", "Chinese"),
        ("It was [inaudible] years ago.", "English"),
        ("As others have shown [12].", "English"),
        ("It was (the sound of it made us laugh for a very long time) a clock.", "English"),
        ("nothing at all", None),
    ],
)
def test_what_is_speech(text: str, language: str | None) -> None:
    """Remarks, references, and words that nobody could make out are part of a sentence."""
    assert sound_events_in(text, language) == ()
