from dataclasses import replace

import pytest

from qasr_cli.core.transcript.chinese_script import Convert, in_script
from qasr_cli.core.types import Segment, TextWord, Transcript
from tests.strategies import assembled


def spoken(*sentences: tuple[str, str]) -> Transcript:
    """Sentences by language; every two characters are a word of 200 ms."""
    segments = []
    place = 0
    for language, text in sentences:
        words = tuple(
            TextWord(
                start_ms=100 * start,
                end_ms=100 * start + 200,
                char_start=start,
                char_end=min(start + 2, place + len(text)),
            )
            for start in range(place, place + len(text), 2)
        )
        stop = place + len(text)
        segments.append(
            Segment(
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                char_start=place,
                char_end=stop,
                language=language,
                words=words,
            )
        )
        place = stop
    text = "".join(text for _, text in sentences)
    return replace(assembled([]), text=text, segments=tuple(segments), duration_ms=9000)


def by_table(table: dict[str, str]) -> Convert:
    """What exchanges the characters of a table."""
    return lambda text: "".join(table.get(char, char) for char in text)


def pieces(transcript: Transcript) -> list[tuple[str, int]]:
    """Each word, and when it begins."""
    return [
        (transcript.text[word.char_start : word.char_end], word.start_ms)
        for segment in transcript.segments
        for word in segment.words
    ]


def test_words_keep_their_times() -> None:
    """Characters change, and nothing else; other languages stay as they are."""
    heard = spoken(("Chinese", "我们说话。"), ("Japanese", "会話です"))

    found = in_script(heard, lambda _: by_table({"们": "們", "说": "說", "话": "話", "会": "會"}))

    assert found.text == "我們說話。会話です"
    assert pieces(found) == [
        ("我們", 0),
        ("說話", 200),
        ("。", 400),
        ("会話", 500),
        ("です", 700),
    ]


def test_a_text_may_grow() -> None:
    """Where one character becomes two, the words after it are further on, and tile the text."""
    found = in_script(spoken(("Cantonese", "甲乙丙丁")), lambda _: by_table({"甲": "甲甲"}))

    assert found.text == "甲甲乙丙丁"
    assert pieces(found) == [("甲甲乙", 0), ("丙丁", 200)]
    assert found.segments[0].char_end == len(found.text)


@pytest.mark.parametrize(
    ("text", "is_traditional"), [("我们说这个", False), ("我們說這個", True), ("好", False)]
)
def test_the_script_that_is_there_is_told_from_the_text(text: str, *, is_traditional: bool) -> None:
    """What is in the wanted script already is left alone."""
    asked: list[bool] = []

    heard = spoken(("Chinese", text))
    found = in_script(heard, asked.append)

    assert asked == [is_traditional]
    assert found is heard
