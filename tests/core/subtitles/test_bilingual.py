"""A second language under the first, matched by time."""

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.subtitles.bilingual import Bilingual, with_second_language
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.types import Cue, ReadCue, Tag


def cue(start_ms: int, end_ms: int, *lines: str) -> Cue:
    """A cue of the first language."""
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=lines)


def second(start_ms: int, end_ms: int, *lines: str, tags: tuple[Tag, ...] = ()) -> ReadCue:
    """A cue of the second language."""
    return ReadCue(start_ms=start_ms, end_ms=end_ms, lines=lines, tags=tags)


def both(
    cues: list[Cue], translated: list[ReadCue], *, language: str = "German", **options: int
) -> Bilingual:
    """The cues with the second language under them."""
    return with_second_language(
        cues,
        translated,
        CueOptions(**options),  # type: ignore[arg-type]  # whole numbers all
        language=language,
    )


def lines(found: Bilingual) -> list[tuple[str, ...]]:
    """The lines of each cue."""
    return [each.lines for each in found.cues]


def test_each_cue_gets_its_own() -> None:
    """Cues that share their time stand together; times and lines of the first stay."""
    found = both(
        [cue(0, 2000, "One."), cue(2000, 4000, "Two,", "three.")],
        [second(100, 1900, "Eins."), second(2100, 4100, "Zwei, drei.")],
    )

    assert lines(found) == [("One.", "Eins."), ("Two,", "three.", "Zwei, drei.")]
    assert [(each.start_ms, each.end_ms) for each in found.cues] == [(0, 2000), (2000, 4000)]
    assert [each.second_line_count for each in found.cues] == [1, 1]
    assert (found.without_second, found.unused, found.placed) == ((), (), ())


def test_one_over_several_stands_under_each() -> None:
    """A translation that covers two cues is to be read as long as its own file shows it."""
    found = both([cue(0, 2000, "One"), cue(2000, 4000, "two.")], [second(0, 4000, "Eins zwei.")])

    assert lines(found) == [("One", "Eins zwei."), ("two.", "Eins zwei.")]


def test_several_under_one_stand_one_after_the_other() -> None:
    """In the order of their times, whatever their order in the file."""
    found = both([cue(0, 4000, "One two.")], [second(2000, 4000, "zwei."), second(0, 2000, "Eins")])

    assert lines(found) == [("One two.", "Eins", "zwei.")]


def test_a_few_frames_of_overlap_are_no_match() -> None:
    """Cues of two files hardly ever end at the same moment."""
    found = both(
        [cue(0, 2000, "One."), cue(2000, 4000, "Two.")],
        [second(0, 2150, "Eins."), second(1900, 4000, "Zwei.")],
    )

    assert lines(found) == [("One.", "Eins."), ("Two.", "Zwei.")]


def test_what_matches_nothing_is_counted_on_both_sides() -> None:
    """Numbers are places in the file, from 1; empty cues count for nothing."""
    found = both(
        [cue(0, 1000, "One."), cue(5000, 6000, "Two.")],
        [second(0, 1000, "Eins."), second(2000, 3000, "Schild"), second(7000, 8000, " ")],
    )

    assert lines(found) == [("One.", "Eins."), ("Two.",)]
    assert found.without_second == (2,)
    assert found.unused == (2,)


def test_lines_that_are_too_long_are_laid_out_anew() -> None:
    """By the options, as those of the first; tags stay on their words."""
    text = "Das ist eine Zeile, die für jeden Bildschirm zu lang ist."
    tags = (
        Tag(line=0, char=text.index("die"), text="<i>"),
        Tag(line=0, char=len(text), text="</i>"),
    )

    (found,) = both([cue(0, 4000, "Long.")], [second(0, 4000, text, tags=tags)]).cues

    assert found.lines == (
        "Long.",
        "Das ist eine Zeile,",
        "die für jeden Bildschirm zu lang ist.",
    )
    assert found.tags == (
        Tag(line=2, char=0, text="<i>"),
        Tag(line=2, char=len(found.lines[2]), text="</i>"),
    )


def test_lines_that_fit_stay_as_they_were_broken() -> None:
    """Whoever translated them broke them there."""
    found = both([cue(0, 4000, "x")], [second(0, 4000, "- Ja.", "- Nein.")])

    assert lines(found) == [("x", "- Ja.", "- Nein.")]


def test_a_place_on_the_screen_gives_way() -> None:
    """What stands under another has no place of its own, and its number is told."""
    tags = (Tag(line=0, char=0, text="{\\an8}"), Tag(line=0, char=0, text="<b>"))

    found = both([cue(0, 1000, "One.")], [second(0, 1000, "Eins.", tags=tags)])

    assert found.placed == (1,)
    assert found.cues[0].tags == (Tag(line=1, char=0, text="<b>"),)


def test_scripts_without_spaces_are_joined_without() -> None:
    """Chinese lines that are laid out anew gain no space, and are as wide as Chinese may be."""
    found = both(
        [cue(0, 9000, "x")],
        [second(0, 4000, "今天我们去学校读书写字"), second(4000, 9000, "明天我们在家里喝茶看书")],
        language="Chinese",
        max_line_count=1,
    )

    (written,) = lines(found)
    assert "".join(written[1:]) == "今天我们去学校读书写字明天我们在家里喝茶看书"
    assert all(len(line) <= 16 for line in written[1:])


def test_right_to_left_text_stays_in_its_order() -> None:
    """Players turn it round; the file has it as it is spoken."""
    found = both([cue(0, 1000, "Hello")], [second(0, 1000, "مرحبا بالعالم")], language="Arabic")

    assert lines(found) == [("Hello", "مرحبا بالعالم")]


_times = st.tuples(st.integers(0, 20_000), st.integers(0, 5000))


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 4000))), st.lists(_times))
def test_nothing_is_lost(steps: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    """Every translated cue is under a cue or counted; no cue of the first changes its own lines."""
    cues: list[Cue] = []
    for gap_ms, long_ms in steps:
        start_ms = gap_ms + (cues[-1].end_ms if cues else 0)
        cues.append(cue(start_ms, start_ms + long_ms, "first"))
    translated = [
        second(start_ms, start_ms + long_ms, f"nummer{number}")
        for number, (start_ms, long_ms) in enumerate(spans, start=1)
    ]

    found = both(cues, translated)

    shown = " ".join(line for each in found.cues for line in each.lines[1:]).split()
    numbers = range(1, len(spans) + 1)
    assert {f"nummer{number}" for number in numbers if number not in found.unused} == set(shown)
    assert all(each.lines[0] == "first" for each in found.cues)
    alone = tuple(n for n, each in enumerate(found.cues, start=1) if not each.second_line_count)
    assert alone == found.without_second
