"""The times of the words of a transcript."""

from dataclasses import replace

import pytest

from qasr_cli.core.types import ClipDone, Timing
from tests.core.transcript.recognised import TimedWord, clip, timed_words
from tests.strategies import assembled


def test_the_later_start_holds_where_words_overlap() -> None:
    """A word ends where the next begins; one out of order starts with the one before."""
    words = [("one", 0, 500), ("two", 300, 900), ("three", 200, 950)]

    transcript = assembled([clip(0, 1000, "One, two three.", words)])

    assert timed_words(transcript) == [
        ("One,", 0, 300),
        ("two", 300, 300),
        ("three.", 300, 950),
    ]


def test_words_stay_inside_their_clip_and_file() -> None:
    """Times beyond the sound are drawn back to its end."""
    clips = [clip(0, 1000, "One two.", [("One", 0, 500), ("two", 900, 347_000)])]

    assert timed_words(assembled(clips))[-1] == ("two.", 900, 1000)
    assert timed_words(assembled(clips, duration_ms=800))[-1] == ("two.", 800, 800)


def test_untimed_words_share_their_clip_by_letters() -> None:
    """Twice the letters, twice the time; single characters where there are no spaces."""
    english = assembled([clip(1000, 4000, "It was better.")])
    chinese = assembled([clip(1000, 4000, "你好吗？", language="Chinese")])

    assert timed_words(english) == [
        ("It", 1000, 1545), ("was", 1545, 2363), ("better.", 2363, 4000)
    ]  # fmt: skip
    assert timed_words(chinese) == [
        ("你", 1000, 2000), ("好", 2000, 3000), ("吗？", 3000, 4000)
    ]  # fmt: skip
    assert english.clips[0].timing is Timing.PROPORTIONAL


def test_a_token_with_a_break_inside_is_two_words() -> None:
    """The aligner makes one token of `iPhone，Android`; its time is shared by letters."""
    words = [("用", 0, 300), ("iPhoneAndroid", 300, 1600)]

    transcript = assembled([clip(0, 2000, "用iPhone，Android。", words, language="Chinese")])

    assert timed_words(transcript) == [
        ("用", 0, 300), ("iPhone，", 300, 900), ("Android。", 900, 1600)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "words", "expected"),
    [
        (
            "Thai",
            "ผมไป ตลาด",
            [("ผมไป", 0, 800), ("ตลาด", 1000, 1400)],
            [("ผ", 0, 200), ("ม", 200, 400), ("ไป", 400, 800), ("ต", 1000, 1100),
             ("ลา", 1100, 1300), ("ด", 1300, 1400)],
        ),
        (None, "すし、2個", [("すし2", 0, 600), ("個", 600, 900)],
         [("す", 0, 200), ("し、", 200, 400), ("2", 400, 600), ("個", 600, 900)]),
        ("Hindi", "नमस्ते 3.14!", [("नमसत", 0, 500), ("314", 600, 900)],
         [("नमस्ते", 0, 500), ("3.14!", 600, 900)]),
    ],
)  # fmt: skip
def test_what_was_split_at_spaces_only_can_still_be_cut(
    language: str | None, text: str, words: list[TimedWord], expected: list[TimedWord]
) -> None:
    """A phrase of a script without spaces shares its time among its syllables."""
    heard = clip(0, 2000, text, words, language=language)
    assert isinstance(heard.result, ClipDone)
    unlisted = replace(heard, result=replace(heard.result, timing=Timing.ALIGNED_UNLISTED))

    transcript = assembled([unlisted])

    assert timed_words(transcript) == expected
    assert transcript.clips[0].timing is Timing.ALIGNED_UNLISTED


def test_a_token_that_is_not_in_the_text_gives_its_time_to_a_neighbour() -> None:
    """No word without text comes out, at the start of a clip or inside it."""
    words = [("uh", 0, 200), ("One", 200, 500), ("ZZ", 500, 700), ("two", 800, 900)]

    transcript = assembled([clip(0, 1000, "One two.", words)])

    assert timed_words(transcript) == [("One", 0, 700), ("two.", 800, 900)]
