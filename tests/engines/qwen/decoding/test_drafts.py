"""A draft saves time and changes nothing: whatever it is, the answer is the one without it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.model.packed_choice import choice_in, probability_in
from qasr_cli.engines.qwen.recogniser import Recogniser, answer_cap
from tests.engines.conftest import (
    Recording,
    answers_of,
    clips_of_every_recording,
    make_clip,
    noise,
)

_HALF, _TIE = 0.51, 0.02
_DRAFTED = 6  # clips of the property, short enough for 50 examples
# Tokens of any kind: text, marks such as ends and the place of sound, none at all.
_TOKENS = st.one_of(st.integers(0, 400), st.integers(151_640, 151_710), st.integers(-3, 200_000))


def with_draft(clip: PreparedClip, draft: Sequence[int]) -> PreparedClip:
    """The same clip, still being spoken, with a draft."""
    return replace(clip, clip=replace(clip.clip, is_partial=True, draft=tuple(draft)))


@pytest.fixture(scope="module")
def clips(recogniser: Recogniser) -> list[PreparedClip]:
    """Short clips of the bundled recordings, and one in which nothing is said."""
    shortest = sorted(clips_of_every_recording(), key=lambda clip: clip.span.sample_count)
    silent = make_clip(noise(1.0), start_sample=160_000_000)
    some = [*shortest[:: len(shortest) // (_DRAFTED - 1)][: _DRAFTED - 1], silent]
    return [prepare(clip, recogniser.extractor) for clip in some]


@pytest.fixture(scope="module")
def plain(recogniser: Recogniser, clips: list[PreparedClip]) -> list[list[int]]:
    """Their answers, decoded greedily, one by one."""
    return answers_of(recogniser, clips, 1)


@given(data=st.data())
def test_any_draft_gives_the_greedy_answer(
    recogniser: Recogniser,
    clips: list[PreparedClip],
    plain: list[list[int]],
    data: st.DataObject,
) -> None:
    """Right, wrong from anywhere, with ends or no tokens in it, or too long: the answer is one."""
    drafted = []
    for clip, answer in zip(clips, plain, strict=True):
        kept_count = data.draw(st.integers(0, len(answer)))
        garbage = data.draw(st.lists(_TOKENS, max_size=8))
        turns = data.draw(st.sampled_from([1, 1, 1, 200]))
        drafted.append(with_draft(clip, [*answer[:kept_count], *garbage * turns]))
    row_count = data.draw(st.integers(1, len(clips)))

    assert answers_of(recogniser, drafted, row_count) == plain


def test_a_draft_longer_than_any_answer_is_cut(
    recogniser: Recogniser, clips: list[PreparedClip], plain: list[list[int]]
) -> None:
    """A draft of more tokens than the clip may have reads no further than its cap."""
    drafted = [
        with_draft(clip, [*answer[:-1], *[answer[0]] * answer_cap(clip)])
        for clip, answer in zip(clips, plain, strict=True)
    ]

    assert answers_of(recogniser, drafted, len(clips)) == plain


def test_a_right_draft_takes_one_look(
    recogniser: Recogniser,
    clips: list[PreparedClip],
    plain: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With its own answer as the draft, no clip needs a step after the prompt was read."""
    model = recogniser._generator._model  # noqa: SLF001
    real_step = model.step
    steps: list[int] = []

    def counted(*args: object) -> torch.Tensor:
        steps.append(1)
        return real_step(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(model, "step", counted)
    drafted = [with_draft(clip, ids) for clip, ids in zip(clips, plain, strict=True)]

    assert answers_of(recogniser, drafted, 3) == plain
    assert not steps
    assert answers_of(recogniser, clips, 3) == plain
    assert steps


def test_a_draft_that_overflows_says_nothing_of_its_clip(
    recogniser: Recogniser,
    clips: list[PreparedClip],
    plain: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the numbers of a wrong draft become NaN, the answer is made without it."""
    model = recogniser._generator._model  # noqa: SLF001
    real_embed = model.embed
    poison = 77
    assert not any(poison in answer for answer in plain)

    def spoilt(ids: torch.Tensor) -> torch.Tensor:
        return real_embed(ids).masked_fill((ids == poison)[:, None], float("nan"))

    monkeypatch.setattr(model, "embed", spoilt)
    drafted = [
        with_draft(clip, [*answer[:2], poison, *answer[2:]])
        for clip, answer in zip(clips, plain, strict=True)
    ]

    assert answers_of(recogniser, drafted, 2) == plain
    assert answers_of(recogniser, clips, 2) == plain  # nor does it stay in the cache


@pytest.mark.parametrize(
    ("dtype", "quantize"), [("bfloat16", "none"), ("float32", "int8")], ids=["bfloat16", "int8"]
)
def test_drafts_in_other_number_formats(dtype: str, quantize: str) -> None:
    """In bfloat16 and in 8 bits, too, the last answer as the draft gives what none gives.

    But for a tie with AMX: a prompt with a draft is longer, and may be rounded in another way.
    """
    place = placement("cpu", dtype, quantize)
    checkpoint = read(demo_folder("recogniser"), "recogniser", "auto")
    recogniser = Recogniser(checkpoint, place, with_confidence=True)
    pcm = Recording("lesson.flac").clip(0, 1).pcm
    draft: list[int] = []
    for end in range(16_000, len(pcm), 16_000):
        clip = prepare(make_clip(pcm[:end]), recogniser.extractor)
        (without,) = answers_of(recogniser, [clip], 1)
        (with_it,) = answers_of(recogniser, [with_draft(clip, draft)], 1)
        with_choices, choices = (list(map(choice_in, each)) for each in (with_it, without))
        assert with_choices == choices or (
            place.has_tiles and _are_same_but_for_a_tie(with_it, without)
        )
        draft = choices


def _are_same_but_for_a_tie(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether answers with probabilities are of the same tokens, up to a choice of two equals."""
    for first, second in zip(one, other, strict=False):
        if choice_in(first) != choice_in(second):
            chances = probability_in(first), probability_in(second)
            # Two that are as likely as each other have at most half each.
            return max(chances) < _HALF and abs(chances[0] - chances[1]) < _TIE
    return len(one) == len(other)


def test_partials_give_their_tokens_and_no_times(demo_engine: Engine, speech: list[Clip]) -> None:
    """What is still being spoken has text and tokens, and words without times; a final has both."""
    whole = speech[0]
    (final,) = demo_engine.run([whole])
    (partial,) = demo_engine.run([replace(whole, is_partial=True, wants_times=False)])
    (again,) = demo_engine.run(
        [replace(whole, is_partial=True, wants_times=False, draft=_tokens(partial))]
    )

    assert isinstance(final, ClipDone)
    assert isinstance(partial, ClipDone)
    assert final.words
    assert final.token_ids == ()
    assert partial.words == ()
    assert partial.text == final.text
    assert again == partial
    assert len(_tokens(partial)) > len(final.text.split())


def _tokens(result: object) -> tuple[int, ...]:
    assert isinstance(result, ClipDone)
    return result.token_ids
