import pytest

from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.karaoke import spoken_lines
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.subtitles.punctuation import without_stops
from qasr_cli.core.subtitles.styles import SDH, STYLES
from qasr_cli.core.types import ReadCue
from tests.core.subtitles.spoken import spoken


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


@pytest.mark.parametrize(
    ("language", "said", "line"),
    [
        ("English", "(Applause)", "[Applause]"),
        ("German", "(Beifall)", "[Beifall]"),
        ("Chinese", "【掌声】", "[掌声]"),
        ("Japanese", "[拍手]", "（拍手）"),
        ("English", "♪ La la ♪", "♪ La la ♪"),
    ],
)
def test_sounds_stand_in_the_brackets_of_the_guide(language: str, said: str, line: str) -> None:
    """With `--profile sdh` alone; lint asks for them there, and karaoke goes on behind them."""
    talk = spoken(f"{said} So. It is [so] what?", language=language)
    sdh = CueOptions(style=SDH)

    cues = cut_cues(talk, sdh)
    assert cues[0].lines == (line,)
    assert cut_cues(talk, CueOptions())[0].lines == (said,)
    later = [
        piece.start_ms for lines in spoken_lines(talk, cues) for each in lines for piece in each
    ]
    assert later == sorted(later)
    kinds = _kinds(said, language, sdh)
    assert ("brackets" in kinds) == (line != said)
    assert "brackets" not in _kinds(line, language, sdh) | _kinds(said, language, CueOptions())


def test_remarks_that_tell_of_no_sound_keep_their_brackets() -> None:
    """Lint names the sound alone, on however many lines it stands."""
    sdh = CueOptions(style=SDH)
    assert "brackets" not in _kinds("(I think) so.\n[Applause]", "English", sdh)
    assert "brackets" not in _kinds("♪ La (la) la ♪", "English", sdh)
    assert "brackets" in _kinds("[I think] so.\n(Applause)", "English", sdh)
    assert "brackets" in _kinds("(The audience\nlaughs)", "English", sdh)


def test_one_character_stands_for_three_stops_where_a_profile_says_so() -> None:
    """The text stays what was heard."""
    talk = spoken("Well... so it is.")

    assert cut_cues(talk, CueOptions(style=SDH))[0].lines == ("Well… so it is.",)
    assert cut_cues(talk, CueOptions())[0].lines == ("Well... so it is.",)


def test_uneven_lines_are_counted_as_the_guide_of_ted_has_it() -> None:
    """A line of less than half of the other; other guides count none."""
    lines = "This is a line that goes on,\nso."
    assert "uneven" in _kinds(lines, "English", CueOptions(style=STYLES["ted"]))
    assert "uneven" not in _kinds("This is\nso it is", "English", CueOptions(style=STYLES["ted"]))
    assert "uneven" not in _kinds(lines, "English", CueOptions())
    assert STYLES["ted"].settings == {"min_duration_ms": 1000, "max_duration_ms": 7000}


def _kinds(text: str, language: str, options: CueOptions) -> set[str]:
    cue = ReadCue(start_ms=0, end_ms=3000, lines=tuple(text.split("\n")))
    verdict = lint([cue], language=language, limits=limits_of(language, options))
    return {breach.kind for breach in verdict.breaches}
