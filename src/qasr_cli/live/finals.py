"""Phrases that have ended, until each has its text and its times. None is dropped."""

from collections import deque
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import ClipDone, ClipFailed, ClipResult, Span
from qasr_cli.live.events import Event, Failed, Final, Times
from qasr_cli.live.listener import Phrase
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.phrase_cues import phrase_cues
from qasr_cli.live.work import Work, clip_of


@dataclass(slots=True, kw_only=True, eq=False)
class _Due:
    """A phrase that has ended, and is not finished.

    Attributes:
        draft: its last partial answer.
        final: its text, once that is final.
    """

    phrase: Phrase
    draft: tuple[int, ...]
    attempt_count: int = 0
    final: ClipDone | None = None


class Finals:
    """The phrases of one session that are still to be finished, the earliest first.

    Args:
        name: of the sound.
    """

    def __init__(self, options: LiveOptions, *, name: str) -> None:
        self._options = options
        self._name = name
        self._due: deque[_Due] = deque()
        self._outcomes: list[ClipOutcome] = []
        self._speech: list[Span] = []

    def __bool__(self) -> bool:
        return bool(self._due)

    @property
    def waiting(self) -> Phrase | None:
        """The first phrase without a final."""
        due = self._without_final()
        return None if due is None else due.phrase

    def add(self, phrase: Phrase, draft: tuple[int, ...]) -> None:
        """Finish this one, too."""
        self._due.append(_Due(phrase=phrase, draft=draft))
        self._speech += phrase.speech

    def next_work(self) -> Work | None:
        """The first final that is due; else the first times that are."""
        due = self._without_final()
        if due is not None:
            due.attempt_count += 1
            clip = replace(
                clip_of(due.phrase, self._options, name=self._name),
                draft=due.draft,
                wants_times=False,
            )
            return Work(kind="final", clip=clip, phrase_id=due.phrase.phrase_id)
        if not self._due:
            return None
        due = self._due[0]
        if due.final is None:
            raise AssertionError("a phrase waits for times without a text")
        clip = replace(
            clip_of(due.phrase, self._options, name=self._name),
            text=due.final.text,
            language=due.final.language,
        )
        return Work(kind="times", clip=clip, phrase_id=due.phrase.phrase_id)

    def take(self, work: Work, result: ClipResult) -> list[Event]:
        """What the result of a work of these says."""
        (due,) = (due for due in self._due if due.phrase.phrase_id == work.phrase_id)
        return self._settled(due, result) if work.kind == "final" else self._timed(due, result)

    def take_outcomes(self) -> list[ClipOutcome]:
        """As `LiveSession.take_outcomes`."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def take_speech(self) -> list[Span]:
        """As `LiveSession.take_speech`."""
        speech, self._speech = self._speech, []
        return speech

    def _settled(self, due: _Due, result: ClipResult) -> list[Event]:
        if isinstance(result, ClipFailed):
            return self._failed(due, result)
        due.final = result
        self._keep(due, result)
        events: list[Event] = [_final(due.phrase, result.text, result.language)]
        if not result.text:
            self._due.remove(due)
        elif not self._options.wants_times:
            events.append(self._finished(due, result))
        return events

    def _failed(self, due: _Due, failed: ClipFailed) -> list[Event]:
        if due.attempt_count <= self._options.retries:
            return []
        self._keep(due, failed)
        self._due.remove(due)
        return [
            _final(due.phrase, "", None),
            Failed(code="phrase", message=str(failed.error), ends_session=False),
        ]

    def _timed(self, due: _Due, result: ClipResult) -> list[Event]:
        final = due.final
        if final is None:
            raise AssertionError("times came before a text")
        if isinstance(result, ClipFailed):
            warning = f"word times are estimated: {result.error}"
            done = replace(final, warnings=(*final.warnings, warning))
        else:
            warnings = tuple(dict.fromkeys((*final.warnings, *result.warnings)))
            done = replace(final, words=result.words, timing=result.timing, warnings=warnings)
        self._keep(due, done)
        return [self._finished(due, done)]

    def _finished(self, due: _Due, done: ClipDone) -> Times:
        self._due.remove(due)
        end_ms = ms_from_samples(due.phrase.known_sample)
        outcome = ClipOutcome(span=due.phrase.span, result=done)
        return Times(
            phrase_id=due.phrase.phrase_id,
            words=done.words,
            cues=phrase_cues(outcome, self._options.cue, end_ms=end_ms),
        )

    def _keep(self, due: _Due, result: ClipResult) -> None:
        self._outcomes.append(
            ClipOutcome(span=due.phrase.span, result=result, attempts=due.attempt_count)
        )

    def _without_final(self) -> _Due | None:
        return next((due for due in self._due if due.final is None), None)


def _final(phrase: Phrase, text: str, language: str | None) -> Final:
    return Final(
        phrase_id=phrase.phrase_id,
        start_ms=ms_from_samples(phrase.span.start_sample),
        end_ms=ms_from_samples(phrase.span.end_sample),
        text=text,
        language=language,
    )
