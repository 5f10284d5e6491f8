"""What is shown of a phrase while it is spoken."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipDone, ClipResult
from qasr_cli.engines.base import EngineWrapper
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.live.events import Final
from qasr_cli.live.live_options import LiveOptions
from tests.live.conftest import (
    FRAME_S,
    bursts,
    finals,
    listening,
    partials,
    played,
)

# --- partials --------------------------------------------------------------------------------


def test_partials_come_every_step() -> None:
    """The first after 0.6 s of speech, then one each half second, each to the end of its step."""
    found = played(listening(), FakeEngine(), bursts(4.0, 1.0))

    works = [(now_s, work) for now_s, work in found.works if work.kind == "partial"]
    ends_s = [work.clip.span.end_sample / SAMPLE_RATE_HZ for _, work in works]
    assert ends_s[0] == pytest.approx(0.6, abs=FRAME_S)
    assert np.diff(ends_s) == pytest.approx([0.5] * (len(ends_s) - 1))
    assert all(
        now_s - end_s <= 2 * FRAME_S for (now_s, _), end_s in zip(works, ends_s, strict=True)
    )
    assert all(work.clip.is_partial and not work.clip.wants_times for _, work in works)


def test_a_partial_begins_with_the_draft_of_the_last() -> None:
    """Its answer is the draft of the next, and of the final; a new phrase begins without one."""
    found = played(listening(), FakeEngine(), bursts(3.3, 1.0, 3.0, 1.0))

    drafts = [
        (work.kind, work.phrase_id, len(work.clip.draft))
        for _, work in found.works
        if work.kind != "times"
    ]
    assert drafts[:3] == [("partial", 1, 0), ("partial", 1, 1), ("partial", 1, 2)]
    (final,) = (place for place, draft in enumerate(drafts) if draft[:2] == ("final", 1))
    assert drafts[final] == ("final", 1, 4)
    assert drafts[final + 1] == ("partial", 2, 0)


class Looping(EngineWrapper):
    """An engine whose partial answers were loops."""

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result for every clip."""
        for result in self._engine.run(clips):
            assert isinstance(result, ClipDone)
            yield replace(result, repetition=True)


def test_a_loop_is_no_draft() -> None:
    """What a loop was cut out of is not what the next answer may begin with."""
    found = played(listening(), Looping(FakeEngine()), bursts(3.0, 1.0))

    assert all(work.clip.draft == () for _, work in found.works)


def test_settled_words_are_never_taken_back_within_a_phrase() -> None:
    """Each settled text begins with the one before."""
    found = played(listening(), FakeEngine(), bursts(8.0, 1.0))

    before = ""
    for event in partials(found):
        assert event.settled.startswith(before)
        before = event.settled
    assert before == "word0 word1 word2 word3 word4 word5 word6 word7"


def test_the_same_partial_is_not_said_again() -> None:
    """Where nothing is new, nothing is said."""
    texts = [(p.settled, p.tail) for p in partials(played(listening(), FakeEngine(), bursts(6.0)))]

    assert len(texts) == len(set(texts)) > 5


def test_slow_partials_leave_time_for_others() -> None:
    """The next begins 1.5 times as long after the last as that took; finals wait for none."""
    found = played(
        listening(),
        FakeEngine(),
        bursts(8.0, 2.0),
        cost=lambda work, _: 1.0 if work.kind == "partial" else 0.1,
    )

    begun_s = [now_s for now_s, work in found.works if work.kind == "partial"]
    assert min(np.diff(begun_s)) >= 1.5
    (final_s,) = (now_s for now_s, event in found.events if isinstance(event, Final))
    assert final_s <= 8.0 + 0.5 + 2 * FRAME_S + 1.0 + 0.1


def test_without_partials_there_are_none() -> None:
    """Finals and times are all, and they are the same."""
    sound = bursts(3.0, 1.0)
    bare = played(listening(LiveOptions(vad="energy", has_partials=False)), FakeEngine(), sound)

    assert [work.kind for _, work in bare.works] == ["final", "times"]
    assert finals(bare) == finals(played(listening(), FakeEngine(), sound))


def test_a_skipped_partial_says_nothing() -> None:
    """Whoever has no time for one says so, and is asked again a step later."""
    session = listening()
    session.push(bursts(1.0))
    first = session.next_work(1.0)
    assert first is not None
    assert session.next_work(1.0) is None

    assert session.done(first, None, 1.0) == []

    session.push(bursts(0.5))
    assert session.wake_at_s == pytest.approx(1.47)
    assert session.next_work(1.4) is None
    second = session.next_work(1.48)
    assert second is not None
    assert second.kind == "partial"
    session.push(bursts(0, 1.0))
    session.done(second, None, 1.5)
    final = session.next_work(2.5)
    assert final is not None
    with pytest.raises(ValueError, match="cannot be skipped"):
        session.done(final, None, 2.5)
