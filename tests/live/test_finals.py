"""Texts that never change, their times, and what becomes of a machine that is too slow."""

import pytest

from qasr_cli.core.types import ClipDone, Timing
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import RecognitionError, UsageError
from qasr_cli.live.events import Event, Failed, Final, Lag, Partial, Times
from qasr_cli.live.live_options import LiveOptions
from tests.live.conftest import (
    bursts,
    finals,
    listening,
    played,
    spans_s,
    spoken_every_ms,
)

# --- finals and times ------------------------------------------------------------------------


def test_the_text_comes_before_its_times() -> None:
    """Captions do not wait for the aligner: first the final, then words and subtitles of it."""
    found = played(
        listening(),
        FakeEngine(),
        bursts(2.0, 2.0),
        cost=lambda work, _: 0.4 * (work.kind == "times"),
    )

    (final_s, final), (times_s, times) = [
        (now_s, event) for now_s, event in found.events if isinstance(event, Final | Times)
    ]
    assert isinstance(final, Final)
    assert isinstance(times, Times)
    assert times_s == pytest.approx(final_s + 0.4)
    assert " ".join(word.text for word in times.words) == final.text.rstrip(".") != ""
    assert [cue.lines for cue in times.cues] == [(final.text,)]
    (outcome,) = found.outcomes.values()
    assert outcome.result.text == final.text


def test_without_an_aligner_times_are_shared_out() -> None:
    """Then subtitles come with the final, without a work for them."""
    options = LiveOptions(vad="energy", wants_times=False)
    found = played(listening(options), FakeEngine(align=False), bursts(2.0, 2.0))

    assert [work.kind for _, work in found.works if work.kind != "partial"] == ["final"]
    (times,) = (event for _, event in found.events if isinstance(event, Times))
    assert times.words == ()
    assert len(times.cues) == 1
    (outcome,) = found.outcomes.values()
    assert isinstance(outcome.result, ClipDone)
    assert outcome.result.timing is Timing.PROPORTIONAL


def test_a_phrase_without_text_takes_back_what_was_shown() -> None:
    """Its final is empty, and it has no times."""
    engine = FakeEngine(texts={"live": ""})

    found = played(listening(), engine, bursts(2.0, 1.0))

    assert [(event.text, event.language) for event in finals(found)] == [("", None)]
    assert found.of(Times) == []
    assert len(found.outcomes) == 1


def test_a_phrase_that_fails_is_tried_again() -> None:
    """Once; what then fails has an empty final, and is said and kept as a failure."""
    error = RecognitionError("live", "numbers overflowed")
    once = played(
        listening(), FakeEngine(failures={"live": [None, None, None, error]}), bursts(2.0)
    )
    never = played(
        listening(LiveOptions(vad="energy", has_partials=False)),
        FakeEngine(failures={"live": [error] * 9}),
        bursts(2.0),
    )

    assert [event.text for event in finals(once)] == ["word0 word1."]
    assert [event.text for event in finals(never)] == [""]
    (failed,) = never.of(Failed)
    assert isinstance(failed, Failed)
    assert (failed.code, failed.ends_session) == ("phrase", False)
    (outcome,) = never.outcomes.values()
    assert outcome.attempts == 2
    assert outcome.result.text is None


# --- lag -------------------------------------------------------------------------------------


def test_a_slow_machine_says_how_far_it_is_behind() -> None:
    """From 5 s on the lag is said, there are no partials, and no final is skipped."""
    sound = bursts(*[2.0, 1.0] * 8, 40.0)
    cost = {"final": 5.0, "times": 0.0, "partial": 0.1}

    found = played(
        listening(LiveOptions(vad="energy", max_lag_s=3600)),
        FakeEngine(),
        sound,
        cost=lambda work, _: cost[work.kind],
    )

    lags = [event for event in found.of(Lag) if isinstance(event, Lag)]
    assert lags[0].lag_s >= 5.0
    assert lags[-1].lag_s < 5.0
    assert len(finals(found)) == 8 + 3  # and 40 s in three
    behind = [i for i, (_, event) in enumerate(found.events) if isinstance(event, Lag)]
    between = [event for _, event in found.events[behind[0] : behind[-1]]]
    assert not any(isinstance(event, Partial) for event in between)


def test_a_session_that_is_too_slow_ends() -> None:
    """At its bound it says so and takes no more sound; what was heard is finished all the same."""
    words = spoken_every_ms(500, 600_000)
    engine = FakeEngine(spoken={"live": words})
    sound = bursts(*[2.0, 1.0] * 200)

    found = played(
        listening(LiveOptions(vad="energy", max_lag_s=30.0)),
        engine,
        sound,
        cost=lambda work, _: 9.0 if work.kind == "final" else 0.0,
    )

    (failed,) = found.of(Failed)
    assert isinstance(failed, Failed)
    assert failed.ends_session
    assert "30 are allowed" in failed.message
    spans = spans_s(found)
    assert len(finals(found)) == len(spans) < 100
    assert spans[-1][1] > 30
    said = " ".join(event.text.rstrip(".") for event in finals(found)).split()
    assert said == [
        word.text
        for word in words
        if any(start_s <= word.start_ms / 1000 < end_s for start_s, end_s in spans)
    ]


def test_time_that_models_took_to_load_is_no_lag() -> None:
    """What came before anybody could recognise it is excused."""
    session = listening(LiveOptions(vad="energy", max_lag_s=5.0))
    events: list[Event] = []
    for _ in range(40):
        events += session.push(bursts(1.0, 1.0))
        session.excuse_lag()

    assert session.lag_s == 0.0
    assert not any(isinstance(event, Lag | Failed) for event in events)
    events = session.push(bursts(5.2))
    assert any(isinstance(event, Failed) for event in events)


# --- options ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"endpoint_ms": 100}, "--endpoint-ms takes 200 to 5000"),
        ({"step_ms": 0}, "--step-ms takes 100 to 10000"),
        ({"max_lag_s": 1.0}, "--max-lag takes 5 to 3600"),
    ],
)
def test_what_no_session_can_do_is_refused(named: dict[str, int], message: str) -> None:
    """In one line that names the option and its range."""
    with pytest.raises(UsageError, match=message):
        LiveOptions(**named)  # type: ignore[arg-type]  # one of its fields


def test_language_and_context_go_with_every_clip() -> None:
    """Partials and finals are told the same."""
    options = LiveOptions(vad="energy", language="German", context="Kubernetes")
    found = played(listening(options), FakeEngine(), bursts(2.0, 1.0))

    told = {(work.clip.language, work.clip.context) for _, work in found.works}
    assert told == {("German", "Kubernetes")}
    assert {event.language for event in finals(found)} == {"German"}
