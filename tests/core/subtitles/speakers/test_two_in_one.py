"""Short words of two people share a cue, a line each, with the dash of their language."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.speakers.names import with_speakers
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.subtitles.speakers.labels import labelled_lines
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.core.types import Cue, ReadCue, Transcript
from qasr_cli.formats.rendering import cues_of, render
from tests.core.subtitles.speakers.dialogue import Turn, dialogue

_OPTIONS = CueOptions()
_QUICK = (("Anna", 0, "Ready?"), ("Ben", 250, "Yes."), ("Anna", 500, "Then we can go home now."))


def _lines(transcript: Transcript, options: CueOptions = _OPTIONS) -> list[tuple[str, ...]]:
    return [cue.lines for cue in cut_cues(transcript, options)]


def test_a_question_and_its_answer_share_a_cue() -> None:
    """Each alone would be gone at once; together they stand from the first word to the next cue."""
    first, second = cut_cues(dialogue(*_QUICK), _OPTIONS)

    assert (first.lines, first.speaker, first.line_speakers) == (
        ("-Ready?", "-Yes."),
        None,
        ("Anna", "Ben"),
    )
    assert (first.start_ms, first.end_ms) == (0, 416)
    assert (second.speaker, second.line_speakers) == ("Anna", ())


@pytest.mark.parametrize(
    ("language", "question", "answer", "dash"),
    [
        ("English", "Ready?", "Yes.", "-"),
        ("German", "Fertig?", "Ja.", "-"),
        ("French", "Prêt ?", "Oui.", "- "),
        ("Spanish", "¿Listo?", "Sí.", "- "),
        ("Italian", "Pronto?", "Sì.", "- "),
        ("Portuguese", "Pronto?", "Sim.", "- "),
        ("Russian", "Готов?", "Да.", "- "),
        ("Chinese", "好吗？", "好。", "-"),
        ("Japanese", "いい？", "うん。", "-"),
        ("Korean", "됐어?", "네.", "- "),
        ("Thai", "พร้อมไหม", "ครับ", "- "),
        ("Arabic", "جاهز؟", "نعم.", "- "),
        ("Dutch", "Klaar?", "Ja.", "-"),
    ],
)
def test_the_dash_is_that_of_the_language(
    language: str, question: str, answer: str, dash: str
) -> None:
    """With a space behind it or without one, as its guide has it, and lint agrees."""
    talk = dialogue(
        ("A", 0, question), ("B", 210, answer), language=language, word_ms=200 // len(question)
    )
    (cue,) = cut_cues(talk, _OPTIONS)

    assert cue.lines == (dash + question, dash + answer)
    assert _kinds(cue.lines, language) == set()
    others = tuple(line.replace(dash, "-" if dash == "- " else "- ") for line in cue.lines)
    assert _kinds(others, language) == {"dash"}


def _kinds(lines: tuple[str, ...], language: str) -> set[str]:
    read = ReadCue(start_ms=0, end_ms=3000, lines=lines)
    verdict = lint([read], language=language, limits=limits_of(language, _OPTIONS))
    return {breach.kind for breach in verdict.breaches}


def test_lint_asks_a_dash_of_nobody() -> None:
    """One dash is a thought or a number, and lines without any are nobody's in particular."""
    assert _kinds(("- Ready?",), "English") == set()
    assert _kinds(("It was late", "- very late."), "English") == set()
    assert _kinds(("-Ready?", "-Yes."), "English") == set()
    assert _kinds(("– Ready?", "– Yes."), "French") == {"dash"}


@pytest.mark.parametrize(
    "turns",
    [
        (("A", 0, "Are you ready for the long way home?"), ("B", 2000, "Yes.")),  # too long
        (("A", 0, "Ready?"), ("A", 250, "Yes."), ("B", 2500, "Oh.")),  # one person
        (("A", 0, "Ready?"), ("B", 1800, "Yes.")),  # a silence that nobody reads over
        (("A", 0, "Ready?"), ("B", 1000, "Yes.")),  # both stand long enough
        (("A", 0, "Ready?"), (None, 250, "Yes.")),  # nobody knows who
        (("A", 0, "[laughter]"), ("B", 250, "Yes.")),  # a sound
        (("A", 0, "-5?"), ("B", 250, "Yes.")),  # "--5?" says nothing
        (("A", 0, "So?"), ("B", 250, "– Yes.")),
    ],
)
def test_others_keep_a_cue_each(turns: tuple[Turn, ...]) -> None:
    """Only two people's short sentences that follow one another share one."""
    assert all(not cue.line_speakers for cue in cut_cues(dialogue(*turns), _OPTIONS))


@pytest.mark.parametrize(
    "options",
    [
        CueOptions(max_line_count=1),
        CueOptions(sentence=True),
        CueOptions(style=STYLES["bbc"]),
        CueOptions(style=STYLES["plain"]),
        CueOptions(max_line_width=6),  # no room for a dash
        CueOptions(min_duration_ms=300, max_duration_ms=400),  # both take longer
    ],
)
def test_options_that_contradict_it_are_kept(options: CueOptions) -> None:
    """One line a cue, one sentence a cue, and lines of so many characters stay what they are."""
    cues = cut_cues(dialogue(*_QUICK), options)

    assert all(not cue.line_speakers for cue in cues)


def test_without_voices_nothing_changes() -> None:
    """Speakers of channels, and of other programs, have a cue each, as before."""
    told, others = dialogue(*_QUICK), dialogue(*_QUICK, is_diarized=False)

    assert [cue.speaker for cue in cut_cues(others, _OPTIONS)] == ["Anna", "Ben", "Anna"]
    assert _lines(told) != _lines(others)


def test_as_few_as_can_be_stand_alone() -> None:
    """Those share that would else both be gone; of ways that are equal, the first."""
    three = (("A", 0, "And how was the trip?"), ("B", 1100, "Fine."), ("A", 1350, "Good."))

    long = ("B", 1600, "We went home by the long way again, and again.")
    assert _lines(dialogue(*three, long))[1] == ("-Fine.", "-Good.")
    assert _lines(dialogue(*three, ("B", 1600, "Yes."))) == [
        ("-And how was the trip?", "-Fine."),
        ("-Good.", "-Yes."),
    ]


def test_names_stand_behind_the_dash() -> None:
    """Once a turn, as everywhere, and who speaks on in the next cue is not named again."""
    cues = [
        Cue(start_ms=0, end_ms=1, lines=("Well.",), speaker="Anna"),
        Cue(start_ms=1, end_ms=2, lines=("- So?", "-No."), line_speakers=("Anna", "Ben")),
        Cue(start_ms=2, end_ms=3, lines=("Never.",), speaker="Ben"),
        Cue(start_ms=3, end_ms=4, lines=("-Oh.", "-Ah.", "二行"), line_speakers=(None, "Anna")),
    ]
    assert list(labelled_lines(cues)) == [
        ("Anna: Well.",),
        ("- So?", "-Ben: No."),
        ("Never.",),
        ("-Oh.", "-Anna: Ah.", "二行"),
    ]


def test_two_who_become_one_need_no_dash() -> None:
    """Of subtitles that stand in a result, where nothing cuts them anew."""
    talk = dialogue(*_QUICK)
    edited = replace(talk, cues=cues_of(talk))

    renamed = with_speakers(edited, {"Ben": "Carl"}).cues or ()
    one = with_speakers(edited, {"Ben": "Anna"}).cues or ()

    assert renamed[0].line_speakers == ("Anna", "Carl")
    assert (one[0].lines, one[0].speaker, one[0].line_speakers) == (("Ready?", "Yes."), "Anna", ())


def test_every_format_says_who_speaks() -> None:
    """Where it has a place for names, of both."""
    talk = dialogue(*_QUICK)

    assert "-Anna: Ready?\n-Ben: Yes.\n" in render(talk, "srt")
    assert "<v Anna>-Ready?</v>\n<v Ben>-Yes.</v>\n" in render(talk, "vtt")
    assert ",Anna / Ben,0,0,0,,-Ready?\\N-Yes.\n" in render(talk, "ass")
    ttml = render(talk, "ttml")
    assert '<ttm:agent xml:id="speaker2" type="person"><ttm:name type="full">Ben<' in ttml
    assert (
        '<span ttm:agent="speaker1">-Ready?</span><br/><span ttm:agent="speaker2">-Yes.</span>'
        in ttml
    )
    assert "] -Ready? -Yes.\n" in render(talk, "lrc").replace("]-", "] -")


_TURNS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", None]),
        st.integers(0, 1500),
        st.sampled_from(["Yes.", "No?", "So it is.", "We went home by the long way again."]),
    ),
    min_size=1,
    max_size=12,
)


@given(_TURNS)
def test_nothing_is_lost_and_nothing_gets_worse(drawn: list[Turn]) -> None:
    """Every word stands once, in order, within the limits; fewer cues are too short, never more."""
    turns: list[Turn] = []
    time_ms = 0
    for speaker, pause_ms, text in drawn:
        turns.append((speaker, time_ms + pause_ms, text))
        time_ms += pause_ms + 200 * len(text.split())
    talk = dialogue(*turns)
    cues, before = cut_cues(talk, _OPTIONS), cut_cues(replace(talk, settings={}), _OPTIONS)

    said = [
        (name, line.removeprefix("-") if cue.line_speakers else line)
        for cue in cues
        for line, name in zip(
            cue.lines, cue.line_speakers or [cue.speaker] * len(cue.lines), strict=True
        )
    ]
    assert said == [(cue.speaker, line) for cue in before for line in cue.lines]
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(cues))
    assert all(len(cue.line_speakers) in (0, 2) for cue in cues)
    assert max(len(line) for lines in labelled_lines(cues) for line in lines) <= 42
    assert _short_count(cues) <= _short_count(before)


def _short_count(cues: tuple[Cue, ...]) -> int:
    return sum(cue.end_ms - cue.start_ms < 833 for cue in cues)
