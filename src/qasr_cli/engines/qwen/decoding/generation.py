"""Answers token by token, greedily: rows that finish make room for the next clips in the queue."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice, takewhile

import torch

from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.decoding.proposals import (
    Checked,
    Pace,
    Proposer,
    held_count,
)
from qasr_cli.engines.qwen.decoding.rough_model import RoughModel
from qasr_cli.engines.qwen.decoding.step_maker import StepMaker
from qasr_cli.engines.qwen.decoding.steps import Steps
from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.company import groups
from qasr_cli.engines.qwen.model.head import Head
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.packed_choice import choice_in, choices_in
from qasr_cli.engines.qwen.model.rows import Slots

# Rows that must be free before clips are read into them: reading few at once wastes a GPU.
_FREE_SHARE = 4
_OVERFLOWED = -1
_log = logging.getLogger(__name__)


class Overflow(Exception):
    """An answer's scores became NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What an answer begins with.

    Attributes:
        index: of the clip whose embeddings stand where its placeholders are.
        cap: most tokens of the answer.
        draft: what the answer may begin with. It is read with the prompt, and kept as far as the
            model would have written the same; any draft gives the same answer, but for a choice of
            two equals where longer reads are rounded in another way (8 bits, AMX).
        is_stepwise: the answer is begun anew, without proposals; that is finished after a stop.
    """

    index: int
    ids: Sequence[int]
    cap: int
    draft: Sequence[int] = ()
    is_stepwise: bool = False


Encode = Callable[[Sequence[int]], Sequence[torch.Tensor]]
Answer = list[int] | Overflow


@dataclass(slots=True, kw_only=True, eq=False)
class _Row:
    prompt: Prompt
    end_ids: frozenset[int]
    pace: Pace = field(default_factory=Pace)
    tokens: list[int] = field(default_factory=list)
    is_done: bool = False
    is_spoilt: bool = False  # some of its numbers overflowed, perhaps only after its end
    # What was drafted or proposed overflowed, which says nothing of the answer.
    is_begun_anew: bool = False

    def take(self, tokens: Sequence[int]) -> None:
        """Append these tokens, up to the answer's end."""
        self.is_spoilt = self.is_spoilt or _OVERFLOWED in tokens
        for token in tokens:
            if not self.is_done:
                self.tokens.append(token)
                is_last = choice_in(token) in self.end_ids or token == _OVERFLOWED
                self.is_done = is_last or len(self.tokens) == self.prompt.cap

    def take_first(self, tokens: Sequence[int]) -> None:
        """Append what the model writes at every place of the draft, as far as it was the same."""
        self.take_kept(tokens, held_count(self.prompt.draft, tokens) + 1)

    def take_kept(self, tokens: Sequence[int], count: int) -> None:
        """Append the first of these tokens; the others were chosen behind what did not hold."""
        self.take(tokens[:count])
        if _OVERFLOWED in tokens[count:]:  # and so would whoever attends to these places
            self.is_done = self.is_spoilt = self.is_begun_anew = True

    @property
    def room(self) -> int:
        """Tokens that it may still take."""
        return self.prompt.cap - len(self.tokens)

    @property
    def has_overflowed(self) -> bool:
        return self.tokens[-1] == _OVERFLOWED


class Generator:
    """Makes answers with a language model.

    Args:
        head: from states to tokens.
        end_ids: tokens that end an answer.
        audio_id: the placeholder of 80 ms of sound.
        with_probability: the head packs tokens with their probabilities, and so are answers.
        rough: proposes tokens; None = every token is a step.
    """

    def __init__(
        self,
        model: LanguageModel,
        head: Head,
        placement: Placement,
        *,
        end_ids: frozenset[int],
        audio_id: int,
        with_probability: bool = False,
        rough: RoughModel | None = None,
    ) -> None:
        self._model = model
        self._head = head
        self._placement = placement
        self._end_ids = end_ids
        self._audio_id = audio_id
        self._with_probability = with_probability
        self._proposer = None if rough is None else Proposer(model, rough, self._best, placement)
        self._step_maker = StepMaker(
            placement,
            self._next_ids,
            (model.layer_count, model.key_head_count, model.head_dim),
            takes_any_lengths=model.ragged is not None,
        )

    def answers(
        self,
        prompts: Sequence[Prompt],
        encode: Encode,
        *,
        row_count: int,
        goes_on: Callable[[], bool],
        beside: Beside | None = None,
    ) -> Iterator[tuple[int, Answer]]:
        """Index and tokens of each answer, in the order in which they end.

        Args:
            prompts: the longest first.
            encode: embeddings of the clips with these indices.
            row_count: answers in the making at once.
            goes_on: once it says no, answers in the making are finished, and no other is begun.
            beside: what is done meanwhile, as soon as few answers leave a core to it.
        """
        if not self._placement.is_batch_invariant:
            row_count = min(row_count, len(prompts))
        position_count = max((len(p.ids) + p.cap for p in prompts), default=0)
        steps = self._step_maker.steps(row_count, position_count)
        unreadable = {self._audio_id, *self._end_ids}
        queue = [_with_usable_draft(p, self._model, unreadable) for p in reversed(prompts)]
        rows: list[_Row] = []
        while rows or (queue and (queue[-1].is_stepwise or goes_on())):
            free_count = row_count - len(rows)
            is_roomy = not rows or free_count * _FREE_SHARE >= row_count
            if queue and is_roomy and (not rows or goes_on()):
                some = range(min(free_count, len(queue)) if goes_on() else 1)
                rows += self._begun([queue.pop() for _ in some], encode, steps.cache)
            else:
                self._go_on(rows, steps, beside)
            for row in _taken_out(rows, steps.cache):
                if row.is_begun_anew:
                    queue.append(replace(row.prompt, draft=(), is_stepwise=True))
                else:
                    yield row.prompt.index, Overflow() if row.has_overflowed else row.tokens
        self._step_maker.give_back(steps)

    def _begun(self, prompts: Sequence[Prompt], encode: Encode, cache: Cache) -> list[_Row]:
        """Rows behind those of the cache, with the first tokens of their answers."""
        fresh, first = [_Row(prompt=p, end_ids=self._end_ids) for p in prompts], len(cache)
        if self._proposer is not None:
            self._proposer.begin(first + len(fresh))
        tokens = torch.cat(list(self._read(prompts, encode, cache)))
        _take_first(fresh, tokens, cache, first)
        return fresh

    def _go_on(self, rows: Sequence[_Row], steps: Steps, beside: Beside | None) -> None:
        """Give every row its next tokens."""
        is_alone = beside is None or not beside.has_core
        found = self._checked(rows, steps.cache, is_alone=is_alone)
        if beside is not None:
            beside.go_on(may_begin=bool(found))
        if not found:
            paying = self._proposer and self._proposer.paying
            with paying.step(len(rows), is_alone=is_alone) if paying else nullcontext():
                _take(rows, steps([row.tokens[-1] for row in rows]))
        for row, checked in zip(rows, found, strict=False):
            row.pace.note(proposed=len(checked.tokens) - 1, kept=checked.kept_count - 1)
            row.take_kept(checked.tokens, checked.kept_count)

    def _checked(self, rows: Sequence[_Row], cache: Cache, *, is_alone: bool) -> list[Checked]:
        """The next tokens of every row out of proposals; none where a step is as good."""
        if self._proposer is None or any(row.prompt.is_stepwise for row in rows):
            return []
        # The last token of a full answer is none to go on from.
        most = min(row.room for row in rows) - 1
        last, paces = [choice_in(row.tokens[-1]) for row in rows], [row.pace for row in rows]
        return self._proposer.checked(last, paces, cache, most=most, is_alone=is_alone)

    def give_back(self) -> bool:
        """Free what only makes answers faster; whether there was anything."""
        return self._proposer is not None and self._proposer.give_back()

    def prove_recordings(self, prompt: Prompt, encode: Encode) -> None:
        """Check that recorded steps give the tokens of eager ones; else record none, and say so."""

        def begin(cache: Cache) -> list[int]:
            (tokens,) = self._read([prompt], encode, cache)
            return list(map(int, tokens.tolist()))

        self._step_maker.prove_recordings(begin, len(prompt.ids))

    def _read(
        self, prompts: Sequence[Prompt], encode: Encode, cache: Cache
    ) -> Iterator[torch.Tensor]:
        """The tokens after prompts and each place of their drafts, some prompts at a time."""
        for group in groups([len(p.ids) + len(p.draft) for p in prompts], self._placement):
            some = [prompts[number] for number in group]
            lengths = [len(prompt.ids) + len(prompt.draft) for prompt in some]
            ids = torch.tensor([token for p in some for token in (*p.ids, *p.draft)])
            device = self._placement.device
            places = sent((ids == self._audio_id).nonzero()[:, 0], device)
            x = self._model.embed(sent(ids, device))
            wanted = [
                place
                for prompt, end in zip(some, accumulate(lengths), strict=True)
                for place in range(end - 1 - len(prompt.draft), end)
            ]
            x.index_copy_(0, places, torch.cat(list(encode([prompt.index for prompt in some]))))
            wanted_places = sent(torch.tensor(wanted), device)
            yield self._best(self._model.read(x, lengths, wanted_places, cache))

    def _next_ids(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        ids = ids.clamp(min=0)
        if self._with_probability:
            ids = choices_in(ids)
        return self._best(self._model.step(ids, slots, cache))

    def _best(self, states: torch.Tensor) -> torch.Tensor:
        scores, ids = self._head(states)
        return ids.masked_fill(scores.isnan(), _OVERFLOWED)


def _with_usable_draft(prompt: Prompt, model: LanguageModel, unreadable: Collection[int]) -> Prompt:
    """The prompt with what can be read of its draft, which may be anything."""
    token_count = len(model.embeddings)
    usable = takewhile(
        lambda token: 0 <= token < token_count and token not in unreadable,
        prompt.draft[: prompt.cap - 1],
    )
    return replace(prompt, draft=tuple(usable))


def _take(rows: Sequence[_Row], tokens: torch.Tensor) -> None:
    for row, some in zip(rows, tokens.tolist(), strict=True):
        row.take(some)


def _take_first(rows: Sequence[_Row], tokens: torch.Tensor, cache: Cache, first: int) -> None:
    """Give fresh rows their first tokens, and cut them in the cache to what is kept of drafts.

    Args:
        tokens: of all rows, one after the other: after the prompt, and after each place of a draft.
        first: number of the first of them in the cache.
    """
    of_all = iter(tokens.tolist())
    for number, row in enumerate(rows, start=first):
        prompt = row.prompt
        row.take_first(list(islice(of_all, len(prompt.draft) + 1)))
        if prompt.draft:
            cache.truncate(number, len(prompt.ids) + len(row.tokens) - 1)


def _taken_out(rows: list[_Row], cache: Cache) -> list[_Row]:
    """Finished rows, removed from list and cache; in both the last row takes their place."""
    done = []
    for place in reversed(range(len(rows))):
        if not rows[place].is_done:
            continue
        if rows[place].is_spoilt:
            cache.wipe_row(place)
        cache.drop_row(place)
        done.append(rows[place])
        last = rows.pop()
        if place < len(rows):
            rows[place] = last
    return done
