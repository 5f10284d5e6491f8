"""A script followed through what was heard, and divided among the clips."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.script.by_clip import ScriptByClip, script_by_clip
from qasr_cli.core.script.lines import script_from_cues, script_from_text
from qasr_cli.core.script.spoken import HeardClip
from qasr_cli.core.text import split_words
from qasr_cli.core.types import ReadCue, Word

SENTENCES = (
    "The morning train was late again today.",
    "Nobody knew where the old keeper lived.",
    "We bought seven apples and a loaf of bread.",
    "Please open your window before the rain comes.",
    "Her brother plays the violin on Sundays.",
    "Twenty people waited outside in the snow.",
    "Does anyone remember what he said about money?",
    "The library closes early on public holidays.",
)


def clips(*texts: str, language: str = "English") -> list[HeardClip]:
    """Clips of ten seconds, a word every 300 ms."""
    return [
        HeardClip(
            clip_id=f"clip-{index}",
            start_ms=index * 10_000,
            end_ms=index * 10_000 + 9_000,
            language=language,
            text=text,
            words=tuple(
                Word(
                    start_ms=index * 10_000 + number * 300,
                    end_ms=index * 10_000 + number * 300 + 200,
                    text=word,
                )
                for number, word in enumerate(split_words(text))
            ),
        )
        for index, text in enumerate(texts)
    ]


def divided(text: str, heard: list[HeardClip], *, keeps_lines: bool = False) -> ScriptByClip:
    """The text divided among the clips that were heard."""
    return script_by_clip(script_from_text(text, name="script.txt", keeps_lines=keeps_lines), heard)


def texts(script: ScriptByClip) -> dict[str, str]:
    """Clip -> its part of the script."""
    return {clip_id: part.text.strip() for clip_id, part in script.of_clip.items()}


def test_a_text_as_it_was_heard_is_divided_whole() -> None:
    """Each clip gets its own sentence, with the script's punctuation and case."""
    heard = clips(*(re.sub(r"[^\w ]", "", sentence).lower() for sentence in SENTENCES))

    script = divided(" ".join(SENTENCES), heard)

    assert texts(script) == {f"clip-{i}": sentence for i, sentence in enumerate(SENTENCES)}
    assert script.warnings == ()


@given(st.sets(st.integers(0, len(SENTENCES) - 1), max_size=4))
def test_passages_missing_from_the_text_shift_nothing(missing: set[int]) -> None:
    """What is left stands in its clip; what is spoken besides is told, and named with its time."""
    text = "\n".join(s for i, s in enumerate(SENTENCES) if i not in missing)

    script = divided(text, clips(*SENTENCES))

    expected = {f"clip-{i}": s for i, s in enumerate(SENTENCES) if i not in missing}
    assert texts(script) == expected
    assert all("spoken, and not in the text" in line for line in script.warnings)
    assert bool(script.warnings) == bool(missing)


@given(st.sets(st.integers(0, len(SENTENCES) - 1), max_size=4))
def test_passages_that_are_not_spoken_shift_nothing(missing: set[int]) -> None:
    """They are left out, and named with their place."""
    heard = clips(*("" if i in missing else s for i, s in enumerate(SENTENCES)))

    script = divided(" ".join(SENTENCES), heard)

    expected = {f"clip-{i}": s for i, s in enumerate(SENTENCES) if i not in missing}
    assert texts(script) == expected
    left_out = " ".join(script.warnings)
    assert all(SENTENCES[i][:20] in left_out for i in missing if i - 1 not in missing)
    assert bool(script.warnings) == bool(missing)


def test_a_swapped_passage_is_named_on_both_sides() -> None:
    """One of two swapped sentences is found; the other is missing here and foreign there."""
    first, second, *others = SENTENCES
    script = divided(" ".join((second, first, *others)), clips(first, second, *others))

    assert len(texts(script)) == len(SENTENCES) - 1
    assert [("not spoken" in line, "spoken, and" in line) for line in script.warnings] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )


def test_misheard_words_are_the_scripts() -> None:
    """What was heard wrong is written right, in its own clip, even at the edge of one."""
    script = divided(
        "We bought a zither. Xylophones are louder than that, they say.",
        clips("We bought a sitter.", "Silly phones are louder than that they say."),
    )

    assert texts(script) == {
        "clip-0": "We bought a zither.",
        "clip-1": "Xylophones are louder than that, they say.",
    }
    assert script.warnings == ()


def test_numbers_may_be_written_otherwise() -> None:
    """Figures for words inside a sentence are no missing passage."""
    script = divided(
        "I have 25 books about trains at home.",
        clips("I have twenty five books about trains at home."),
    )

    assert texts(script) == {"clip-0": "I have 25 books about trains at home."}
    assert script.warnings == ()


def test_chinese_needs_fewer_characters() -> None:
    """A sentence of six characters is enough to be missing, or foreign."""
    heard = clips("我在家喝茶。", "你喜欢大红鱼吗？", "他们去北京看朋友。", language="Chinese")

    without = divided("我在家喝茶。他们去北京看朋友。", heard)
    besides = divided("我在家喝茶。猫很小也很白。你喜欢大红鱼吗？他们去北京看朋友。", heard)

    assert texts(without) == {"clip-0": "我在家喝茶。", "clip-2": "他们去北京看朋友。"}
    assert texts(besides)["clip-1"] == "你喜欢大红鱼吗？"
    assert [line.rpartition(": ")[2] for line in besides.warnings] == ["猫很小也很白。"]


def test_the_aligner_is_told_what_is_spoken_besides() -> None:
    """Words that are not in the script are timed with the others, and then taken out."""
    heard = clips(f"{SENTENCES[0]} {SENTENCES[1]} {SENTENCES[2]}")

    part = divided(f"{SENTENCES[0]} {SENTENCES[2]}", heard).of_clip["clip-0"]
    words = part.words_of(heard[0].words)

    assert part.spoken == heard[0].text
    assert part.text == f"{SENTENCES[0]} {SENTENCES[2]}"
    assert [word.text for word in words] == [*split_words(SENTENCES[0]), *split_words(SENTENCES[2])]
    assert words[7].start_ms == heard[0].words[14].start_ms


def test_lines_stay_whole() -> None:
    """A line that is spoken in part comes out whole, one that is not spoken at all does not."""
    text = f"{SENTENCES[0]} {SENTENCES[1]}\n{SENTENCES[2]}\n* * *\n{SENTENCES[3]}"

    script = divided(text, clips(SENTENCES[0], SENTENCES[3]), keeps_lines=True)

    assert script.cues is not None
    assert [cue.text for cue in script.cues] == [f"{SENTENCES[0]} {SENTENCES[1]}", SENTENCES[3]]
    part = script.of_clip["clip-0"]
    assert part.spoken.strip() == SENTENCES[0]
    assert part.text.strip() == f"{SENTENCES[0]} {SENTENCES[1]}"
    assert len(part.words_of(clips(SENTENCES[0])[0].words)) == 14


def test_cues_that_are_not_spoken_move_with_the_one_before() -> None:
    """A subtitle keeps notes such as music, at their distance from what is spoken."""
    cues = (
        ReadCue(start_ms=5_000, end_ms=7_000, lines=(SENTENCES[0],)),
        ReadCue(start_ms=8_000, end_ms=9_000, lines=("♪ ♪",)),
        ReadCue(
            start_ms=20_000, end_ms=22_000, lines=("Her brother plays", "the violin on Sundays.")
        ),
    )

    script = script_by_clip(
        script_from_cues(cues, name="talk.srt"), clips(SENTENCES[0], SENTENCES[4])
    )

    assert script.cues is not None
    assert [cue.moved_ms for cue in script.cues] == [None, (3_000, 4_000), None]
    assert script.cues[2].lines == ("Her brother plays", "the violin on Sundays.")


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("我在家喝茶。他们去北京看朋友。", SENTENCES),
        ("Completely different words were written down here by somebody else.", SENTENCES[:2]),
        ("Anything.", ("", "")),
        ("Anything.", ()),
    ],
)
def test_another_text_is_refused(text: str, heard: tuple[str, ...]) -> None:
    """A script of which next to nothing is heard is the wrong one."""
    with pytest.raises(ValueError, match="is not what is said"):
        divided(text, clips(*heard))


@pytest.mark.parametrize(
    ("text", "reason"), [("", "no words"), (" \n…\n", "no words"), ("\0", "no text")]
)
def test_a_text_without_words_is_refused(text: str, reason: str) -> None:
    """There must be something to say."""
    with pytest.raises(ValueError, match=reason):
        script_from_text(text, name="empty.txt", keeps_lines=False)


@given(
    st.lists(st.sampled_from([*SENTENCES, "我在家喝茶。", "Oh!", "…", "3.14"]), min_size=1),
    st.lists(st.sampled_from([*SENTENCES, "你好。", "", "Oh!"]), min_size=1),
    st.booleans(),
)
def test_no_text_is_lost_or_made_up(
    written: list[str], spoken: list[str], keeps_lines: bool
) -> None:
    """Whatever was said: parts of the script come out in order, each word in at most one clip."""
    try:
        script = divided("\n".join(written), clips(*spoken), keeps_lines=keeps_lines)
    except ValueError:
        return
    whole = "".join("".join(written).split())
    rest = iter(whole)
    out = "".join(
        "".join(part.text.split())
        for _, part in sorted(
            script.of_clip.items(), key=lambda item: int(item[0].removeprefix("clip-"))
        )
    )

    assert all(char in rest for char in out)
    if script.cues is not None:
        assert "".join("".join(cue.text.split()) for cue in script.cues) == out
