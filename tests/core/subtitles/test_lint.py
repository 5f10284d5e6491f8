from itertools import pairwise

import pytest
from hypothesis import given

from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.lint import Breach, lint
from qasr_cli.core.subtitles.shot_changes import with_shot_changes
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.core.types import ReadCue, Transcript
from tests.strategies import transcripts


def cue(start_ms: int, end_ms: int, *lines: str) -> ReadCue:
    """A cue."""
    return ReadCue(start_ms=start_ms, end_ms=end_ms, lines=lines)


def breaches(*cues: ReadCue, language: str = "English") -> tuple[Breach, ...]:
    """What is wrong with these cues."""
    return lint(cues, language=language, limits=limits_of(language, CueOptions())).breaches


GOOD = cue(0, 2000, "A cue that stands", "as it should.")
NEXT = "And the next one is too."


@pytest.mark.parametrize(
    ("wrong", "severity", "kind", "figure", "limit"),
    [
        (cue(3000, 5000, ""), "error", "empty", 0, None),
        (cue(3000, 5000, "One line,", "", "and one more."), "error", "blank-line", 1, None),
        (cue(3000, 5000, *["Line by line."] * 3), "error", "lines", 3, 2),
        (cue(3000, 7000, "x" * 20 + " " + "y" * 22 + "."), "error", "line-length", 44, 42),
        (cue(3000, 3000, NEXT), "error", "no-duration", 0, None),
        (cue(-5, 3000, NEXT), "error", "order", 5, None),
        (cue(1900, 4000, NEXT), "error", "overlap", 100, None),
        (cue(2040, 4000, NEXT), "warning", "gap", 40, 84),
        (cue(2300, 4000, NEXT), "warning", "flicker", 300, 500),
        (cue(3000, 3500, "Yes, yes."), "warning", "short", 500, 833),
        (cue(3000, 11_000, NEXT), "warning", "long", 8000, 7000),
        (cue(3000, 4000, NEXT), "warning", "reading-speed", 24, 20),
        (cue(3000, 5000, "and gone"), "warning", "", 0, None),
        (cue(3000, 5000, "lonely"), "warning", "orphan", 6, None),
        (cue(3000, 6000, "This is what the", "dog has seen."), "warning", "function-word", 1, None),
    ],
)
def test_each_rule_finds_its_breach(
    wrong: ReadCue, severity: str, kind: str, figure: float, limit: float | None
) -> None:
    """One thing wrong gives one breach, with its cue, its figure and its limit."""
    found = [(b.cue, b.severity, b.kind, b.figure, b.limit) for b in breaches(GOOD, wrong)]

    assert found == ([(2, severity, kind, figure, limit)] if kind else [])


def test_good_subtitles_have_no_breach() -> None:
    """Gaps of two frames, whole short sentences and text that fits are fine."""
    assert breaches(GOOD, cue(2084, 3000, "Yes."), cue(3500, 5500, NEXT)) == ()


def test_full_width_characters_count_one() -> None:
    """A Chinese line takes 16 of them, and a Latin letter in it counts half."""
    fits = cue(0, 5000, "我用iPhone看书学习喝茶回家的人。")
    wrong = cue(6000, 11_000, "我在家喝茶看书学习写字听歌的人是谁？")

    assert [(b.cue, b.kind, b.figure) for b in breaches(fits, wrong, language="Chinese")] == [
        (2, "line-length", 18)
    ]


def test_a_summary_has_shares_and_counts() -> None:
    """ScriptByClip are of lines or cues; a file without cues keeps every rule."""
    verdict = lint(
        [GOOD, cue(1900, 4000, NEXT)], language="English", limits=limits_of("English", CueOptions())
    )

    assert (verdict.cue_count, verdict.line_count) == (2, 3)
    assert (verdict.count_of("error"), verdict.count("overlap")) == (1, 1)
    assert verdict.percent_without("overlap") == 50
    assert verdict.percent_without("line-length") == 100
    empty = lint([], language=None, limits=limits_of(None, CueOptions()))
    assert empty.percent_without("reading-speed") == 100


@given(transcripts())
def test_our_own_cues_have_no_structural_error(transcript: Transcript) -> None:
    """What qasr cuts is never empty, out of order, overlapping or without duration."""
    cues = [
        ReadCue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines)
        for c in cut_cues(transcript, CueOptions())
    ]

    limits = limits_of(transcript.language, CueOptions())
    verdict = lint(cues, language=transcript.language, limits=limits)
    assert verdict.count("empty", "blank-line", "no-duration", "order", "overlap") == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The dog is in the garden", "English"),
        ("Der Hund ist in dem Garten", "German"),
        ("Le chien est dans le jardin", "French"),
        ("El perro está en el jardín", "Spanish"),
        ("O cão não está com você", "Portuguese"),
        ("Il cane è nel giardino della casa", "Italian"),
        ("Собака в саду", "Russian"),
        ("犬が庭にいる", "Japanese"),
        ("강아지가 정원에", "Korean"),
        ("我在家喝茶", "Chinese"),
        ("", None),
    ],
)
def test_the_language_shows(text: str, language: str | None) -> None:
    """Script first, then function words."""
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("kind", "language", "cues"),
    [
        ("opener", "English", [("As you can see,",)]),
        ("opener", "Chinese", [("也就是说，",)]),
        ("sound", "English", [("(Applause) Thank you.",)]),
        ("sound", "Chinese", [("谢谢。（掌声）",)]),
        ("parted", "Korean", [("그것을 설명하고", "있는 그림입니다.")]),
        ("parted", "Korean", [("그것은 시계의",), ("바늘이었습니다.",)]),
        ("parted", "Japanese", [("その歴史に",), ("ついて話しました。",)]),
        ("parted", "Chinese", [("把它们结合",), ("起来了。",)]),
        ("ellipsis", "English", [("And then... nothing came of it.",)]),
    ],
)
def test_what_is_against_the_sense(kind: str, language: str, cues: list[tuple[str, ...]]) -> None:
    """Each fault is told by its name, and with the guide that has the rule."""
    made = [cue(3000 * index, 3000 * index + 2900, *lines) for index, lines in enumerate(cues)]

    found = [breach for breach in breaches(*made, language=language) if breach.kind == kind]

    assert [breach.severity for breach in found] == ["warning"]
    assert "Netflix" in found[0].text


def test_two_sentences_are_a_fault_only_where_the_guide_says_so() -> None:
    """The BBC wants a sentence a subtitle; Netflix does not mind."""
    both = cue(0, 4000, "He came home. She", "had left already.")

    kinds = {
        style: {
            breach.kind
            for breach in lint(
                [both],
                language="English",
                limits=limits_of("English", CueOptions(style=STYLES[style])),
            ).breaches
        }
        for style in ("bbc", "netflix")
    }

    assert "sentences" in kinds["bbc"]
    assert "sentences" not in kinds["netflix"]


@pytest.mark.parametrize("lines", [("(Applause)",), ("- (Applause)",), ("♪ Over the hills ♪",)])
def test_a_sound_alone_is_right(lines: tuple[str, ...]) -> None:
    """With or without the dash of a turn."""
    assert not [b for b in breaches(cue(0, 2000, *lines)) if b.kind == "sound"]


@pytest.mark.parametrize(
    ("line", "language", "kinds"),
    [
        ("好的，我知道了。", "Chinese", ["stops"]),
        ("他说：“好。”", "Chinese", ["stops"]),
        ("好的 我知道了", "Chinese", []),
        ("一、二 三！", "Chinese", []),
        ("雨だった。", "Japanese", ["stops"]),
        ("ある日、雨だった", "Japanese", ["stops"]),
        ("Yes, I know it.", "English", []),
    ],
)
def test_stops_are_found_where_the_guide_forbids_them(
    line: str, language: str, kinds: list[str]
) -> None:
    """Under a profile that wants none; the usual one says nothing of them."""
    cues = [cue(0, 4000, line)]

    def kinds_under(style: str) -> list[str]:
        limits = limits_of(language, CueOptions(style=STYLES[style]))
        return [b.kind for b in lint(cues, language=language, limits=limits).breaches]

    assert kinds_under("sdh") == kinds
    assert kinds_under("netflix") == []


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "figures"),
    [
        (10_000, 14_000, []),  # with the cut
        (10_400, 14_000, [10]),  # behind it
        (9_800, 14_000, [5]),  # before it
        (9_520, 14_000, []),  # twelve frames before it
        (7_000, 9_920, []),  # ends two frames before it
        (7_000, 9_960, [1]),
        (7_000, 10_000, [0]),
        (9_960, 10_040, [1, 1]),
        (7_000, 10_600, []),  # far behind it
    ],
)
def test_what_all_but_meets_a_cut_is_found(
    start_ms: int, end_ms: int, figures: list[float]
) -> None:
    """At 25 frames a second, with cuts at 3 and 10 seconds: how many frames it is off."""
    verdict = lint(
        [cue(start_ms, end_ms, "A cue that stands", "as it should.")],
        language="English",
        limits=limits_of("English", CueOptions()),
        shot_changes_ms=(3000, 10_000),
        fps=25.0,
    )

    assert [b.figure for b in verdict.breaches if b.kind == "shot-change"] == figures


@given(transcripts())
def test_cues_at_cuts_are_good_as_the_rules_have_it(transcript: Transcript) -> None:
    """What was moved to cuts keeps two frames to its neighbours, if it had them before."""
    cues = cut_cues(transcript, CueOptions(fps=25.0))
    moved = with_shot_changes(cues, range(0, 60_000, 700), fps=25.0)
    gaps = [right.start_ms - left.end_ms for left, right in pairwise(cues)]
    moved_gaps = [right.start_ms - left.end_ms for left, right in pairwise(moved)]

    assert all(new >= min(80, old) for old, new in zip(gaps, moved_gaps, strict=True))
