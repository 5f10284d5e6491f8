"""Where phrases of a live session begin and end, on a clock that is only counted."""

from collections.abc import Iterator

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.live.events import Final, Partial, SpeechBegan, Times
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.session import LiveSession
from qasr_cli.live.work import Work
from tests.engines.conftest import Recording
from tests.live.conftest import FRAME_S, bursts, finals, listening, played, spans_s, spoken_every_ms

# --- phrases ---------------------------------------------------------------------------------


def test_a_phrase_is_final_after_the_endpoint() -> None:
    """Where computing is free, its final comes endpoint and a frame after its speech."""
    found = played(listening(), FakeEngine(), bursts(2.0, 1.5, 2.0, 1.5))

    said_s = [now_s for now_s, event in found.events if isinstance(event, Final)]
    ends_s = [
        work.clip.speech[-1].end_sample / SAMPLE_RATE_HZ
        for _, work in found.works
        if work.kind == "final" and work.clip.speech
    ]
    assert len(said_s) == 2
    assert all(
        0.5 <= now_s - end_s <= 0.5 + 2 * FRAME_S
        for now_s, end_s in zip(said_s, ends_s, strict=True)
    )


def test_a_phrase_has_quiet_around_it() -> None:
    """0.3 s before and 0.2 s after it are heard, as far as that is no other phrase's."""
    found = played(listening(), FakeEngine(), bursts(0, 1.0, 2.0, 0.6, 2.0, 1.0))

    (first, second) = spans_s(found)
    assert first == pytest.approx((0.7, 3.2), abs=2 * FRAME_S)
    assert second == pytest.approx((3.3, 5.8), abs=2 * FRAME_S)
    assert first[1] <= second[0]


def test_a_shorter_pause_is_inside_a_phrase() -> None:
    """What is quieter than the endpoint is long does not end it; a longer endpoint joins more."""
    sound = bursts(1.5, 0.3, 1.5, 0.7, 1.5, 2.0)

    assert len(spans_s(played(listening(), FakeEngine(), sound))) == 2
    patient = listening(LiveOptions(vad="energy", endpoint_ms=800))
    assert len(spans_s(played(patient, FakeEngine(), sound))) == 1


def test_a_click_is_no_phrase() -> None:
    """Two frames of loudness begin nothing."""
    found = played(listening(), FakeEngine(), bursts(0, 1.0, 0.05, 2.0))

    assert found.events == []


def test_the_end_of_sound_ends_a_phrase() -> None:
    """What is being said when the sound stops has a final, to the last sample."""
    sound = bursts(2.5)[:-100]

    found = played(listening(), FakeEngine(), sound)

    assert [event.text for event in finals(found)] == ["word0 word1 word2."]
    (span,) = spans_s(found)
    assert round(span[1] * SAMPLE_RATE_HZ) == len(sound)


def test_flush_ends_a_phrase() -> None:
    """Whoever asks for it has the phrase at hand as a final, and what follows is another."""
    session = listening()
    session.push(bursts(2.0))
    session.flush()
    work = session.next_work(0.0)
    session.push(bursts(2.0))
    session.stop()

    assert work is not None
    assert work.kind == "final"
    assert work.clip.span.end_sample <= 2 * SAMPLE_RATE_HZ
    session.done(work, next(FakeEngine().run([work.clip])), 0.0)
    works = list(drained(session, FakeEngine()))
    assert [each.kind for each in works] == ["final", "times", "times"]
    assert works[0].clip.span.start_sample == work.clip.span.end_sample


def drained(session: LiveSession, engine: FakeEngine) -> Iterator[Work]:
    """Every work of a session that was stopped, done at once."""
    while not session.is_finished:
        work = session.next_work(0.0)
        assert work is not None
        (result,) = engine.run([work.clip])
        session.done(work, result, 0.0)
        yield work


@pytest.mark.parametrize("frame_samples", [1, 7, 512, 513, 4000, 8000])
def test_how_the_sound_comes_changes_nothing(frame_samples: int) -> None:
    """One sample at a time, or half a second: the same speech, finals and times."""
    sound = Recording("lesson.flac").pcm[: 6 * SAMPLE_RATE_HZ]
    expected = played(LiveSession(LiveOptions()), FakeEngine(), sound, frame_samples=320)

    found = played(LiveSession(LiveOptions()), FakeEngine(), sound, frame_samples=frame_samples)

    kinds = (SpeechBegan, Final, Times)
    for kind in kinds:
        assert found.of(kind) == expected.of(kind)
    assert found.of(Final)
    if frame_samples < 8000:  # a step may come with the end of its phrase
        assert found.of(Partial) == expected.of(Partial)


def test_whole_numbers_are_the_same_sound() -> None:
    """int16 is what float32 is, and what is no number is silence."""
    whole = (bursts(2.0, 1.0) * 32767).astype(np.int16)
    sessions = [listening(), listening()]

    events = [
        sessions[0].push(whole),
        sessions[1].push(whole.astype(np.float32) / np.float32(32768)),
    ]

    assert events[0] == events[1] != []
    works = [session.next_work(0.0) for session in sessions]
    assert works[0] is not None
    assert works[1] is not None
    assert (works[0].clip.pcm == works[1].clip.pcm).all()
    broken = listening()
    assert broken.push(np.full(16_000, np.nan, np.float32)) == []


# --- long speech -----------------------------------------------------------------------------


def test_a_monologue_is_cut_and_loses_no_word() -> None:
    """Five minutes without a pause: no clip over 20 s, each word in exactly one of them."""
    words = spoken_every_ms(350, 300_000)
    engine = FakeEngine(spoken={"live": words})

    found = played(listening(), engine, bursts(300.0, 1.0))

    assert max(end_s - start_s for start_s, end_s in spans_s(found)) <= 20.0
    said = " ".join(event.text.rstrip(".") for event in finals(found)).split()
    assert said == [word.text for word in words]
    assert len(finals(found)) <= 18  # no shorter than need be


def test_long_speech_is_cut_in_its_longest_pause() -> None:
    """At 12 s it is cut in the longest pause of the later half, if that has 0.2 s."""
    sound = bursts(3.0, 0.45, 4.0, 0.3, 2.0, 0.4, 6.0, 2.0)  # pauses end at 3.45, 7.75, 10.15

    found = played(listening(), FakeEngine(), sound)

    (first, second) = spans_s(found)
    assert 9.75 <= first[1] <= second[0] <= 10.2
    assert second[1] == pytest.approx(16.35, abs=0.1)


def test_after_12_s_the_next_short_pause_ends_a_phrase() -> None:
    """Where there was none before, the first pause of 0.2 s will do."""
    found = played(listening(), FakeEngine(), bursts(14.0, 0.26, 3.0, 2.0))

    (first, second) = spans_s(found)
    assert first[1] == pytest.approx(14.2, abs=0.1)
    assert first[1] <= second[0]


def test_models_that_take_less_are_given_less() -> None:
    """A clip is never longer than the engine takes."""
    found = played(listening(max_clip_s=6.0), FakeEngine(), bursts(30.0, 1.0))

    lengths_s = [end_s - start_s for start_s, end_s in spans_s(found)]
    assert max(lengths_s) <= 6.0
    assert sum(lengths_s) == pytest.approx(30.2, abs=0.1)
