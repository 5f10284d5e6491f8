"""What is shown of a phrase while it is spoken. It never becomes a final."""

from dataclasses import dataclass, field, replace

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import ClipDone, ClipResult
from qasr_cli.live.agreement import Agreement
from qasr_cli.live.events import Partial
from qasr_cli.live.listener import Listener
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.work import Work, clip_of

_FIRST_MS = 600  # of speech: on the first syllables languages flip
_REST = 1.5  # of the time that a partial took, from its beginning to that of the next
_EARLY_S = 0.03  # a step may begin so much early: sound does not come to the millisecond


@dataclass(slots=True, kw_only=True, eq=False)
class _Shown:
    """What was shown of one phrase.

    Attributes:
        seen_sample: end of what the last partial was made of.
        draft: the answer behind it.
        said: that partial; None where there was none.
    """

    phrase_id: int = 0
    agreement: Agreement = field(default_factory=Agreement)
    seen_sample: int = 0
    draft: tuple[int, ...] = ()
    said: Partial | None = None


class Partials:
    """The partials of one session, one phrase after the other.

    Args:
        name: of the sound.
    """

    def __init__(self, options: LiveOptions, listener: Listener, *, name: str) -> None:
        self._options = options
        self._listener = listener
        self._name = name
        self._shown = _Shown()
        self._next_s = float("-inf")

    @property
    def due_s(self) -> float | None:
        """From when on there may be one, as the sound is now; None = it has to go on first."""
        has_step = self._listener.has_step(
            first_ms=_FIRST_MS, step_ms=self._options.step_ms, after_sample=self._seen_sample
        )
        return self._next_s if has_step else None

    def draft_for(self, phrase_id: int) -> tuple[int, ...]:
        """The last answer to a phrase."""
        return self._shown.draft if self._shown.phrase_id == phrase_id else ()

    def next_work(self, now_s: float) -> Work | None:
        """The phrase so far, if that is due."""
        if now_s < self._next_s:
            return None
        phrase = self._listener.so_far(
            first_ms=_FIRST_MS, step_ms=self._options.step_ms, after_sample=self._seen_sample
        )
        if phrase is None:
            return None
        if self._shown.phrase_id != phrase.phrase_id:
            self._shown = _Shown(phrase_id=phrase.phrase_id)
        self._shown.seen_sample = phrase.span.end_sample
        clip = replace(
            clip_of(phrase, self._options, name=self._name),
            is_partial=True,
            draft=self._shown.draft,
            wants_times=False,
        )
        return Work(kind="partial", clip=clip, phrase_id=self._shown.phrase_id)

    def take(
        self, work: Work, result: ClipResult | None, *, since_s: float, now_s: float
    ) -> list[Partial]:
        """What the result of such a work says; nothing where it failed, or says the same again.

        Args:
            since_s: when it was given out.
        """
        step_s = self._options.step_ms / 1000
        self._next_s = since_s + max(step_s - _EARLY_S, _REST * (now_s - since_s))
        if work.phrase_id != self._shown.phrase_id or not isinstance(result, ClipDone):
            return []
        # A loop that was cut is no answer to begin with.
        is_doubtful = result.repetition or result.truncated
        self._shown.draft = () if is_doubtful else result.token_ids
        settled, tail = self._shown.agreement.take(result.text)
        partial = Partial(
            phrase_id=work.phrase_id,
            start_ms=ms_from_samples(work.clip.span.start_sample),
            settled=settled,
            tail=tail,
            language=result.language,
        )
        is_new, self._shown.said = partial != self._shown.said, partial
        return [partial] if is_new else []

    @property
    def _seen_sample(self) -> int:
        is_same = self._shown.phrase_id == self._listener.phrase_id
        return self._shown.seen_sample if is_same else 0
