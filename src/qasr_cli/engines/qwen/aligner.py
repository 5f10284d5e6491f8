"""The aligner: from the words of clips to their times, many clips at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Word
from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.given_up import ask
from qasr_cli.engines.qwen.loading.contents import Checkpoint
from qasr_cli.engines.qwen.model.attention.sequences import length_ahead
from qasr_cli.engines.qwen.model.company import groups
from qasr_cli.engines.qwen.model.encoder import Encoder
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.packed_choice import choice_in, packed, probability_in
from qasr_cli.engines.qwen.model.products.choice import packing_for
from qasr_cli.engines.qwen.model.products.linear import joined
from qasr_cli.engines.qwen.model.rows import Before
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.engines.qwen.timestamp_repair import in_order
from qasr_cli.engines.word_splitters import install_command, words_for_aligner
from qasr_cli.errors import AlignmentError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """What is done of a clip before its words are known.

    Attributes:
        sound: the clip as the model hears it, shape (its places in a prompt, hidden size).
        before: the beginning of its prompt, which no word changes; None where nothing was read.
    """

    sound: torch.Tensor
    before: Before | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """A clip and what was said in it.

    Attributes:
        text: canonical, not empty.
        language: full English name, or None where it is not known.
        ahead: what is done of it already, by `Aligner.ahead`.
    """

    clip: PreparedClip
    text: str
    language: str | None
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Timed words in file time, ordered and inside the clip; or why there are none."""

    words: tuple[Word, ...] = ()
    obstacle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Job:
    """The words of a clip, as the model was trained on them, and the prompt for their times."""

    index: int
    clip: PreparedClip
    words: list[str]
    ids: list[int]
    ahead: Ahead | None = None

    @property
    def read_count(self) -> int:
        """Positions that were read already."""
        return self.before.length if self.before is not None else 0

    @property
    def before(self) -> Before | None:
        """What was read of them."""
        return None if self.ahead is None else self.ahead.before


class Aligner:
    """Finds words in clips. Takes the weights out of an aligner's checkpoint.

    Args:
        checkpoint: in main memory, in the number format of its files.
        placement: where it shall work, and in which number format.
        with_confidence: its words say how probable their times are.
    """

    def __init__(
        self, checkpoint: Checkpoint, placement: Placement, *, with_confidence: bool = False
    ) -> None:
        model = checkpoint.model
        self._step_ms = checkpoint.processor.timestamp_segment_time
        self._prompts = Prompts(checkpoint.processor.tokenizer)
        self._audio_id = model.config.audio_token_id
        self._time_id = model.config.timestamp_token_id
        self._placement = placement
        self._encoder = Encoder(model.model, placement)
        self._model = LanguageModel(model.model.language_model, placement, steps=False)
        self._score = joined(packing_for(placement, for_reads=True), model.score)
        self._with_confidence = with_confidence

    def align(
        self, requests: Sequence[Request], batch_count: int
    ) -> Iterator[tuple[int, Aligned | AlignmentError]]:
        """Timed words of each clip, by its index; those that cannot be timed come first.

        A clip's times are the same in whichever company it comes, on a GPU only where the placement
        is batch invariant. They are an error where its numbers overflowed.
        """
        jobs = []
        for index, request in enumerate(requests):
            words = self._split(request)
            if isinstance(words, Aligned):
                yield index, words
            else:
                jobs.append(replace(self._job(index, request.clip, words), ahead=request.ahead))
        for first in range(0, len(jobs), batch_count):
            batch = jobs[first : first + batch_count]
            for group in groups([len(job.ids) for job in batch], self._placement):
                some = [batch[number] for number in group]
                for job, classes in zip(some, self._time_classes(some), strict=True):
                    yield job.index, self._timed(job, classes)

    def ahead(self, clip: PreparedClip, goes_on: Callable[[], bool]) -> Ahead:
        """What can be done of a clip before its words are known; its times stay the same.

        Raises:
            GivenUp: `goes_on`, which is asked again and again, says no.
        """
        ids = self._prompts.for_alignment(clip.audio_token_count, ())
        end = ids.index(self._audio_id) + clip.audio_token_count
        count = length_ahead(end, self._placement)
        with torch.inference_mode():
            (sound,) = self._encoder([clip], goes_on=goes_on)
            before = (
                self._begun(self._embedded(torch.tensor(ids[:count]), sound), goes_on)
                if count
                else None
            )
        return Ahead(sound=sound, before=before)

    def _begun(self, x: torch.Tensor, goes_on: Callable[[], bool]) -> Before:
        """The beginning of a prompt, from its embeddings."""
        layers: list[tuple[torch.Tensor, torch.Tensor]] = []
        dtype = self._placement.attention_dtype

        def note(heads: Heads) -> None:
            ask(goes_on)
            # Copies, lest all that was computed beside them stays.
            layers.append((heads.k.to(dtype, copy=True), heads.v.to(dtype, copy=True)))

        self._model.read(x, [len(x)], torch.tensor([0]), note=note)
        return Before(length=len(x), layers=layers)

    def time_classes(self, clip: PreparedClip, words: list[str]) -> list[int]:
        """The raw answer for one clip: start and end of each word, on the model's grid."""
        (classes,) = self._time_classes([self._job(0, clip, words)])
        return list(map(choice_in, classes))

    def _job(self, index: int, clip: PreparedClip, words: list[str]) -> _Job:
        ids = self._prompts.for_alignment(clip.audio_token_count, words)
        return _Job(index=index, clip=clip, words=words, ids=ids)

    def _split(self, request: Request) -> list[str] | Aligned:
        """The words as the model was trained on them; or why there are none."""
        language = request.language
        try:
            words = words_for_aligner(request.text, language)
        except ImportError:
            return Aligned(obstacle=f"{language} needs `{install_command(language)}`")
        return words or Aligned(obstacle="its text holds no words")

    def _time_classes(self, jobs: Sequence[_Job]) -> list[list[int]]:
        """Classes of all time markers of each job; of one whose numbers overflowed, negative."""
        unread = [job.ids[job.read_count :] for job in jobs]
        ids = torch.tensor([token for some in unread for token in some])
        is_time = ids == self._time_id
        time_places = sent(is_time.nonzero()[:, 0], self._placement.device)
        with torch.inference_mode():
            x = self._embedded(ids, torch.cat(self._sounds_of(jobs)))
            lengths, befores = list(map(len, unread)), [job.before for job in jobs]
            states = self._model.read(x, lengths, time_places, befores=befores)
            all_scores = self._score(states)
            scores, classes = all_scores.max(dim=-1)
            if self._with_confidence:
                classes = packed(all_scores, classes)
            found = torch.where(scores.isnan(), -1, classes)
        counts = [2 * len(job.words) for job in jobs]
        return [part.tolist() for part in found.cpu().split_with_sizes(counts)]

    def _sounds_of(self, jobs: Sequence[_Job]) -> list[torch.Tensor]:
        """What is still to be read of the sound of each."""
        new = [job.clip for job in jobs if job.ahead is None]
        made = iter(self._encoder(new) if new else ())
        return [
            next(made)
            if job.ahead is None
            else job.ahead.sound[job.ids[: job.read_count].count(self._audio_id) :]
            for job in jobs
        ]

    def _embedded(self, ids: torch.Tensor, sound: torch.Tensor) -> torch.Tensor:
        """Embeddings of tokens; those of sound in their places, as many as there are."""
        device = self._placement.device
        places = sent((ids == self._audio_id).nonzero()[:, 0], device)
        x = self._model.embed(sent(ids, device))
        return x.index_copy_(0, places, sound[: len(places)])

    def _timed(self, job: _Job, classes: list[int]) -> Aligned | AlignmentError:
        clip = job.clip
        if min(classes) < 0:
            reason = "its numbers overflowed; --dtype float32 helps"
            return AlignmentError(clip.clip.clip_id, reason)
        start_ms = ms_from_samples(clip.clip.span.start_sample)
        end_ms = ms_from_samples(clip.clip.span.end_sample)
        # The grid goes on far beyond short clips, so what lies past the clip is its end.
        chosen_ms = [choice_in(number) * self._step_ms for number in classes]
        ordered_ms = in_order(chosen_ms)
        times_ms = [min(start_ms + time_ms, end_ms) for time_ms in ordered_ms]
        probabilities: list[float | None] = [None] * len(times_ms)
        if self._with_confidence:
            # Whatever the model gave a time that cannot be, it is not that of the one in its place.
            probabilities = [
                probability_in(number) if chosen == ordered else 0.0
                for number, chosen, ordered in zip(classes, chosen_ms, ordered_ms, strict=True)
            ]
        return Aligned(words=tuple(_words(job.words, times_ms, probabilities)))


def _words(
    texts: Sequence[str], times_ms: Sequence[int], probabilities: Sequence[float | None]
) -> Iterator[Word]:
    """Words from start and end of each, and how probable these are."""
    for index, text in enumerate(texts):
        start_ms, end_ms = times_ms[2 * index : 2 * index + 2]
        known = [p for p in probabilities[2 * index : 2 * index + 2] if p is not None]
        yield Word(
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            time_probability=min(known, default=None),
        )
