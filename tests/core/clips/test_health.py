"""Loops are found and cut, signs of bad results are seen, ordinary speech is left alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.clips.health import Sign, has_collapsed_times, signs_of, without_loops
from qasr_cli.core.types import ClipDone, Timing, Word
from tests.strategies import span_of

SENTENCE = "the cat sat on the mat, all day. "  # 33 characters

# Pieces of a text in which no eight characters come twice: nothing periodic can hide there.
distinct_words = st.lists(st.integers(10**8, 10**9 - 1), unique=True, max_size=20).map(
    lambda numbers: "".join(f"{number} " for number in numbers)
)
units = st.text(string.ascii_lowercase, min_size=1, max_size=60)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "no no no",
        "Ha ha ha ha ha ha!",
        "1, 1, 1, 1.",
        "Row, row, row your boat, gently down the stream.",
        "一一一。二二二。",
        "1,000,000,000,000",
        SENTENCE * 4,
        "Anna has two cats. Tom has two cats. Mary has two cats. " * 4,
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """What people do say is no loop, however often they repeat it."""
    assert without_loops(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 30, "a"),
        ("no " * 200, "no "),
        (SENTENCE * 200, SENTENCE),
        ("Well: " + SENTENCE * 200, "Well: " + SENTENCE.strip()),
        (SENTENCE * 30 + "the cat sa", SENTENCE),
        ("Start. " + "go on " * 40 + "and stop.", "Start. go on and stop."),
        ("so " * 30 + "then " * 30 + "end", "so then end"),
        (("x" * 30 + "y") * 30, "xy"),
        ("我们看书。" * 80, "我们看书。"),
    ],
    ids=["letter", "word", "sentence", "prefix", "unfinished", "inside", "two", "nested", "han"],
)
def test_a_loop_is_cut_to_one_unit(text: str, expected: str) -> None:
    """Of a loop one unit stays, and what stands before and after it."""
    assert without_loops(text) == expected


@given(before=distinct_words, unit=units, after=distinct_words)
def test_a_planted_loop_is_found(before: str, unit: str, after: str) -> None:
    """A unit of any length said sixty times shrinks to at most two units."""
    text = before + unit * 60 + " " + after

    shorter = without_loops(text)

    assert len(shorter) <= len(before) + 2 * len(unit) + 1 + len(after)
    assert shorter.startswith(before)
    assert shorter.endswith(after)


@given(distinct_words)
def test_text_without_repetition_is_kept(text: str) -> None:
    """Where nothing comes twice, nothing is cut."""
    assert without_loops(text) == text


@given(st.text("ab ", max_size=400))
def test_cutting_twice_changes_nothing_more(text: str) -> None:
    """What was cut holds no loop."""
    once = without_loops(text)

    assert without_loops(once) == once


def test_a_long_text_needs_no_recursion() -> None:
    """A thousand loops in a row are cut one after the other."""
    text = "".join(f"{number} ".rjust(9, "w") * 20 for number in range(1000))

    assert len(without_loops(text)) < len(text) / 15


def spoken(*starts_ms: int) -> tuple[Word, ...]:
    """Words of one grid step each."""
    return tuple(Word(start_ms=at_ms, end_ms=at_ms + 80, text="w") for at_ms in starts_ms)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), False),
        (spoken(0, 0, 0), False),
        (spoken(0, 0, 0, 0), True),
        (spoken(0, 80, 160, 240), False),
        (spoken(0, 400, 800, 800, 800, 1200, 1600), False),
        (spoken(*range(0, 4000, 250), *[4000] * 8), True),
        (spoken(*range(0, 8000, 120)), False),
    ],
    ids=["none", "few", "four at once", "fast", "three at once", "collapsed tail", "auctioneer"],
)
def test_collapsed_times_are_seen(words: tuple[Word, ...], *, expected: bool) -> None:
    """More words than anyone can say in the time are a sign of a failed alignment."""
    assert has_collapsed_times(words) is expected


# --- signs of a clip --------------------------------------------------------------------------

CLIP = span_of(10_000, 20_000)
SPEECH = (span_of(10_250, 14_000), span_of(16_000, 19_750))  # 7.5 s, two seconds apart


def heard(
    text: str, *words: tuple[int, int], truncated: bool = False, repetition: bool = False
) -> ClipDone:
    """A result whose words lie at these times."""
    return ClipDone(
        clip_id="f/1",
        language="English",
        text=text,
        words=tuple(Word(start_ms=start_ms, end_ms=end_ms, text="w") for start_ms, end_ms in words),
        timing=Timing.ALIGNED,
        truncated=truncated,
        repetition=repetition,
    )


EVEN = tuple((at_ms, at_ms + 300) for at_ms in (10_300, 11_000, 12_000, 13_500, 16_100, 19_000))
SENTENCE_OF_TEN_S = "Tom has two cats and a dog, and they go to the river every day. "


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (heard(SENTENCE_OF_TEN_S, *EVEN), ()),
        (heard(SENTENCE_OF_TEN_S), ()),
        (heard(SENTENCE_OF_TEN_S, truncated=True), (Sign.CUT_SHORT,)),
        (heard(SENTENCE_OF_TEN_S, repetition=True), (Sign.LOOP,)),
        (heard("blah " * 100), (Sign.TEXT_WITHOUT_SPEECH,)),
        (heard("我们看书" * 18), ()),
        (heard("我们看书" * 40), (Sign.TEXT_WITHOUT_SPEECH,)),
        (heard(""), (Sign.SPEECH_WITHOUT_TEXT,)),
        (heard("... !"), (Sign.SPEECH_WITHOUT_TEXT,)),
        (heard("Yes, yes."), ()),
        (heard("a b c d", *[(11_000, 11_000)] * 4), (Sign.COLLAPSED_TIMES,)),
        (
            heard(SENTENCE_OF_TEN_S, *[(at_ms, at_ms) for at_ms, _ in EVEN]),
            (Sign.COLLAPSED_TIMES,),
        ),
        (heard(SENTENCE_OF_TEN_S, *EVEN[:4], (15_000, 15_000)), (Sign.WORDS_IN_SILENCE,)),
        (heard(SENTENCE_OF_TEN_S, *EVEN[:4], (14_400, 15_600)), ()),
        (heard("", truncated=True), (Sign.CUT_SHORT, Sign.SPEECH_WITHOUT_TEXT)),
    ],
    ids=[
        *("healthy", "untimed", "cut short", "loop", "babble", "fast Chinese", "Chinese babble"),
        *("mute", "no letters", "few words", "collapsed", "no lengths", "stray", "near", "both"),
    ],
)
def test_signs_are_seen(done: ClipDone, expected: tuple[Sign, ...]) -> None:
    """Each kind of bad result has its sign, and speech as people speak has none."""
    assert signs_of(done, span=CLIP, speech=SPEECH) == expected


@pytest.mark.parametrize("text", ["", SENTENCE_OF_TEN_S])
def test_where_nobody_listened_nothing_is_missed(text: str) -> None:
    """Without regions of speech neither silence nor words are out of place."""
    done = heard(text, *(EVEN if text else ()))

    assert signs_of(done, span=CLIP, speech=None) == ()


@pytest.mark.parametrize("speech_ms", [0, 100, 3999])
def test_little_speech_may_be_none(speech_ms: int) -> None:
    """A short stretch that the detector took for speech need not have words."""
    speech = (span_of(10_000, 10_000 + speech_ms),) if speech_ms else ()

    assert signs_of(heard(""), span=CLIP, speech=speech) == ()


@pytest.mark.parametrize(
    ("text", "length_ms", "speech_ms", "is_sign"),
    [
        ("Kubernetes.", 1000, (), True),
        ("Kubernetes.", 2000, (0, 2000), True),
        ("Kubernetes.", 30_000, (400, 900), True),
        ("Kubernetes, etcd.", 20_000, (0, 20_000), True),
        ("Kubernetes, etcd.", 3100, (0, 3100), True),
        ("Kubernetes, etcd, Kubernetes.", 3100, (0, 3100), False),
        ("Hello.", 1000, (), False),
        ("", 1000, (), False),
    ],
    ids=["silence", "short", "long", "sparse", "a bit sparse", "dense", "own text", "no text"],
)
def test_text_out_of_the_context_is_doubted_where_little_was_said(
    text: str, length_ms: int, speech_ms: tuple[int, ...], *, is_sign: bool
) -> None:
    """In silence, in short speech, and where the text is too thin for the speech."""
    done = ClipDone(clip_id="f/0", language="English", text=text, words=(), timing=Timing.NONE)
    speech = (span_of(*speech_ms),) if speech_ms else ()

    def signs(context: str) -> tuple[Sign, ...]:
        return signs_of(done, span=span_of(0, length_ms), speech=speech, context=context)

    assert (Sign.OUT_OF_CONTEXT in signs("etcd Kubernetes")) is is_sign
    assert Sign.OUT_OF_CONTEXT not in signs("")


def test_unknown_speech_may_be_all_of_the_clip() -> None:
    """Where nobody looked for speech, the length of the clip counts."""
    done = ClipDone(clip_id="f/0", language="English", text="etcd", words=(), timing=Timing.NONE)

    assert signs_of(done, span=span_of(0, 1000), speech=None, context="etcd") == (
        Sign.OUT_OF_CONTEXT,
    )
