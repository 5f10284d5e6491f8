"""What an edit of subtitles leaves, kept as it is: the same transcript, made sooner."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from qasr_cli.core.script.edited_cues import transcript_with_cues
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.rendering import cues_of
from tests.strategies import assembled, transcripts

_TEXTS = ("Yes.", "Yes.", "No", "no, no", "♪", "—", "- Oui?", "東京", "- — so", "it's 3.14!", "é_é")
_SPEAKERS = (None, None, "Ann", "Bo ")
_ROOM_MS = 5_000


@st.composite
def _cue(draw: DrawFn, start_ms: int) -> Cue:
    lines = draw(st.lists(st.sampled_from(_TEXTS), min_size=1, max_size=2))
    if len(lines) > 1 and draw(st.booleans()):
        return Cue(
            start_ms=start_ms,
            end_ms=start_ms + draw(st.integers(1, 2_000)),
            lines=tuple(f"-{line}" for line in lines),
            line_speakers=(draw(st.sampled_from(_SPEAKERS)), "Cy"),
        )
    return Cue(
        start_ms=start_ms,
        end_ms=start_ms + draw(st.integers(1, 2_000)),
        lines=tuple(lines),
        speaker=draw(st.sampled_from(_SPEAKERS)),
    )


@st.composite
def _talk(draw: DrawFn, cue_count: int) -> tuple[Transcript, list[Cue]]:
    """Subtitles without a recording, as `qasr edit` opens them: many say the same."""
    cues = [draw(_cue(1_000 * place)) for place in range(cue_count)]
    empty = assembled([], duration_ms=1_000 * cue_count + _ROOM_MS)
    whole = transcript_with_cues(empty, (), cues, keeps_ends=False)
    return replace(whole, changes=(), cues=None), cues


@st.composite
def _edited(draw: DrawFn, cues: Sequence[Cue], last_ms: int) -> list[Cue]:
    """The cues after one to three edits, wherever they are."""
    result = list(cues)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(result)))
        old = result[place] if place < len(result) else None
        new = draw(_cue(old.start_ms if old else max(0, last_ms - _ROOM_MS)))
        match draw(st.sampled_from(("insert", "remove", "text", "time", "speaker", "twice"))):
            case "insert":
                result.insert(place, new)
            case "twice" if old:
                result.insert(place, old)
            case "remove" if old:
                del result[place]
            case "text" if old:
                result[place] = replace(
                    old,
                    lines=new.lines,
                    speaker=None if new.line_speakers else old.speaker,
                    line_speakers=new.line_speakers,
                )
            case "speaker" if old:
                result[place] = replace(old, speaker=new.speaker, line_speakers=())
            case "time" if old:
                start_ms = draw(st.integers(0, last_ms - 1))
                result[place] = replace(old, start_ms=start_ms, end_ms=last_ms)
            case _:
                pass
    inside = (replace(cue, end_ms=min(cue.end_ms, last_ms)) for cue in result)
    return sorted(
        (cue for cue in inside if cue.start_ms < cue.end_ms), key=lambda cue: cue.start_ms
    )


def _is_the_same(transcript: Transcript, before: list[Cue], cues: list[Cue]) -> None:
    wanted = transcript_with_cues(transcript, before, cues, keeps_ends=False)
    assert transcript_with_cues(transcript, before, cues) == wanted


@given(count=st.integers(1, 12), data=st.data())
def test_subtitles_that_are_kept_come_out_as_if_made_anew(count: int, data: st.DataObject) -> None:
    """Whatever is edited of subtitles alone, wherever it is: keeping their ends changes nothing."""
    transcript, before = data.draw(_talk(count))
    _is_the_same(transcript, before, data.draw(_edited(before, transcript.duration_ms)))


@given(transcript=transcripts(), data=st.data())
def test_what_was_heard_comes_out_as_if_made_anew(
    transcript: Transcript, data: st.DataObject
) -> None:
    """The same of what was heard, in which sentences go over several cues."""
    before = list(cues_of(transcript))
    _is_the_same(transcript, before, data.draw(_edited(before, transcript.duration_ms)))


def test_sentences_far_from_an_edit_are_not_made_anew() -> None:
    """A save of a film leaves what nobody edited alone: only its neighbours are looked at."""
    cues = [
        Cue(start_ms=1_000 * i, end_ms=1_000 * i + 900, lines=(f"It is {i}.",)) for i in range(300)
    ]
    empty = assembled([], duration_ms=400_000)
    transcript = transcript_with_cues(empty, (), cues)
    edited = [*cues[:200], replace(cues[200], lines=("It is 007.",)), *cues[201:]]

    found = transcript_with_cues(transcript, cues, edited).segments

    made = {i for i, each in enumerate(found) if each is not transcript.segments[i]}
    assert made == {199, 200, 201}
    edited[200] = replace(cues[200], lines=("It is longer.",))
    found = transcript_with_cues(transcript, cues, edited).segments
    assert found[198] is transcript.segments[198]
    assert [each.words[0].start_ms for each in found] == [cue.start_ms for cue in cues]


def test_of_subtitles_that_say_the_same_the_first_are_paired_first() -> None:
    """One that is removed from among its likes is the last of them, as where all is made anew."""
    cues = [Cue(start_ms=1_000 * i, end_ms=1_000 * i + 900, lines=("Yes.",)) for i in range(8)]
    transcript = transcript_with_cues(assembled([], duration_ms=9_000), (), cues)
    for place in range(len(cues)):
        _is_the_same(transcript, cues, [*cues[:place], *cues[place + 1 :]])
