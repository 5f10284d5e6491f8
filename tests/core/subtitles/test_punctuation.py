import pytest

from qasr_cli.core.subtitles.punctuation import without_stops


@pytest.mark.parametrize(
    ("line", "expected", "is_japanese"),
    [
        ("你好，世界。", "你好 世界", False),
        ("一、二，三！", "一、二 三！", False),
        ("他说：“好。”", "他说：“好”", False),
        ("ある日、雨だった。", "ある日 雨だった", True),
        ("雨だ。でも行く。", "雨だ\u3000でも行く", True),
        ("。", "。", True),
    ],
)
def test_stops_become_spaces(line: str, expected: str, *, is_japanese: bool) -> None:
    """None at the end, a space inside, other marks as they are; a line is never empty."""
    assert without_stops(line, is_japanese=is_japanese) == expected
