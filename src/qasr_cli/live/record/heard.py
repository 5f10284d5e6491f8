"""All that was heard in a session so far, packed, as a transcript whenever it is wanted."""

import pickle
from collections.abc import Iterable, Iterator, Mapping

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import ClipFailed, Span, Transcript


class HeardSession:
    """The phrases of a session. A word takes 80 bytes, so two hours take two megabytes.

    Args:
        file, models, settings: of the transcript.
    """

    def __init__(
        self, *, file: str, models: Mapping[str, str], settings: Mapping[str, object]
    ) -> None:
        self._file = file
        self._models = models
        self._settings = settings
        self._phrases: dict[int, bytes | ClipOutcome] = {}
        self._speech: list[Span] = []

    def add(self, outcomes: Iterable[ClipOutcome], speech: Iterable[Span]) -> None:
        """Add phrases; a later one takes the place of one with the same beginning."""
        for outcome in outcomes:
            # An error need not survive packing, and there are few.
            is_plain = not isinstance(outcome.result, ClipFailed)
            self._phrases[outcome.span.start_sample] = (
                pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL) if is_plain else outcome
            )
        self._speech += speech

    @property
    def failed_count(self) -> int:
        """Phrases that could not be recognised."""
        return sum(isinstance(phrase, ClipOutcome) for phrase in self._phrases.values())

    def transcript(self, *, duration_ms: int, warnings: Iterable[str] = ()) -> Transcript:
        """The whole, as far as it goes."""
        return assemble(
            file=self._file,
            duration_ms=duration_ms,
            clips=self._unpacked(),
            models=self._models,
            settings=self._settings,
            warnings=warnings,
            speech=self._speech,
        )

    def _unpacked(self) -> Iterator[ClipOutcome]:
        for phrase in self._phrases.values():
            if isinstance(phrase, bytes):
                outcome: ClipOutcome = pickle.loads(phrase)  # noqa: S301  # packed above
                yield outcome
            else:
                yield phrase
