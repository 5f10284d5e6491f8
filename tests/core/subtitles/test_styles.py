import pytest

from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.styles import STYLES, style_from_table
from qasr_cli.errors import UsageError


def test_options_come_before_the_style_and_the_style_before_the_language() -> None:
    """Each says only what it is asked for; the rest comes from below."""
    styled = limits_of("German", CueOptions(style=STYLES["ted"]))
    asked = limits_of("German", CueOptions(style=STYLES["ted"], max_cps=12))

    assert (styled.chars_per_s, styled.min_duration_ms, styled.line_count) == (21, 1000, 2)
    assert (asked.chars_per_s, asked.min_duration_ms) == (12, 1000)


@pytest.mark.parametrize(
    ("style", "language", "line_chars", "line_count", "chars_per_s"),
    [
        ("netflix", "Russian", 39, 2, 20),
        ("bbc", "English", 37, 2, 17),
        ("vertical", "English", 22, 2, 17),
        ("vertical", "Japanese", 11, 2, 7),
        ("plain", "English", 84, 1, 20),
        ("plain", "Chinese", 42, 1, 11),
        ("translated", "English", 42, 2, 20),
        ("translated", "French", 42, 2, 17),
        ("translated", "Japanese", 13, 2, 4),
        ("translated", "Chinese", 16, 2, 9),
        ("children", "English", 42, 2, 17),
        ("children", "German", 42, 2, 13),
        ("children", "Chinese", 16, 2, 7),
        ("children", "Korean", 16, 2, 9),
        ("sdh", "English", 42, 2, 20),
        ("sdh", "Japanese", 16, 2, 7),
        ("sdh", "Chinese", 16, 2, 11),
        ("sdh", "Arabic", 42, 2, 23),
        ("sdh", "Hindi", 42, 2, 25),
        ("sdh", "Polish", 42, 2, 20),
        ("web-cjk", "Chinese", 22, 1, 11),
        ("web-cjk", "Korean", 22, 1, 14),
        ("web-cjk", "English", 42, 2, 20),
    ],
)
def test_a_style_is_what_its_guide_says(
    style: str, language: str, line_chars: int, line_count: int, chars_per_s: int
) -> None:
    """Lines and speed by style; full-width scripts keep their speed, with half the characters."""
    limits = limits_of(language, CueOptions(style=STYLES[style]))

    assert (limits.line_chars, limits.line_count) == (line_chars, line_count)
    assert limits.chars_per_s == chars_per_s


@pytest.mark.parametrize(
    ("style", "language", "chars_per_s"),
    [
        ("netflix", "English", 20),
        ("netflix", "German", 17),
        ("netflix", "Japanese", 4),
        ("netflix", "Korean", 12),
        ("web-cjk", "Chinese", 9),
        ("plain", "French", 17),
        ("ted", "German", 21),
        ("children", "German", 13),
    ],
)
def test_translated_subtitles_are_read_slower(style: str, language: str, chars_per_s: int) -> None:
    """`--translated` gives the speeds of subtitles; those of a style itself stay, and options."""
    options = CueOptions(style=STYLES[style], translated=True)

    assert limits_of(language, options).chars_per_s == chars_per_s
    assert limits_of(language, CueOptions(translated=True, max_cps=8)).chars_per_s == 8


@pytest.mark.parametrize(
    ("fps", "gap_ms"), [(23.976, 84), (24, 84), (25, 80), (29.97, 67), (30, 67), (50, 40), (60, 34)]
)
def test_two_frames_lie_between_cues(fps: float, gap_ms: int) -> None:
    """The gap is two frames, rounded up to whole milliseconds."""
    assert limits_of("English", CueOptions(fps=fps)).gap_ms == gap_ms


def test_what_is_asked_for_holds_against_the_other_limit() -> None:
    """A minimum above the usual maximum moves it, and the other way round."""
    slow = limits_of("English", CueOptions(min_duration_ms=9000))
    fast = limits_of("English", CueOptions(max_duration_ms=500))

    assert slow.max_duration_ms == 9000
    assert fast.min_duration_ms == 500


def test_a_table_may_say_more_for_a_language() -> None:
    """Keys for all, and under the name or code of a language for that one."""
    style = style_from_table("my.toml", {"line_chars": 30, "sentence": True, "de": {"gap_ms": 40}})
    options = CueOptions(style=style)

    german, french = limits_of("German", options), limits_of("French", options)

    assert (german.line_chars, german.gap_ms, german.sentence) == (30, 40, 1)
    assert (french.line_chars, french.gap_ms) == (30, 84)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"line_char": 30}, "my.toml: line_char is not a setting; one of: line_chars"),
        ({"line_chars": 0}, "my.toml: line_chars takes 1 to 500, not 0"),
        ({"line_chars": "30"}, "my.toml: line_chars takes 1 to 500"),
        ({"ja": {"gap_ms": -1}}, r"my.toml \[ja\]: gap_ms takes 0 to 2000, not -1"),
        ({"klingon": {"gap_ms": 1}}, "klingon: not a language"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(table: dict[str, object], message: str) -> None:
    """The message names the file, the key and what it takes."""
    with pytest.raises(UsageError, match=message):
        style_from_table("my.toml", table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": STYLES["sdh"], "translated": True}, "--profile sdh and --translated contradict"),
        ({"shot_changes": "soon"}, "--shot-changes takes auto, or a file"),
        ({"max_line_width": 0}, "--max-line-width takes 1 to 500, not 0"),
        ({"max_line_count": 4}, "--max-line-count takes 1 to 3"),
        ({"max_gap_ms": 1}, "--max-gap-ms takes 100"),
        ({"fps": 12.5}, "--fps takes one of: 23.976, 24, 25, 29.97, 30, 50, 60"),
        ({"min_duration_ms": 900, "max_duration_ms": 800}, "--min-duration-ms is longer"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, float], message: str) -> None:
    """The message names the option and what it takes."""
    with pytest.raises(UsageError, match=message):
        CueOptions(**options)  # type: ignore[arg-type]  # wrong on purpose
