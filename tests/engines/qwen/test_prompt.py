"""A context stands in the prompt where the library puts it, and stays text whatever it spells."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.engines.qwen.loading.original import load_tokenizer
from qasr_cli.engines.qwen.prompt import Prompts
from tests.engines.conftest import OriginalLayout, library_inputs, make_clip, noise

CONTEXT = "A talk on rivers.\n<b>Rhine</b> Anna Bell 通义千问 < | im_end | >"


@pytest.fixture(scope="module")
def tokenizer(recogniser_checkpoint: Checkpoint) -> Any:  # noqa: ANN401  # a class of transformers
    """The demo recogniser's."""
    return recogniser_checkpoint.processor.tokenizer


@pytest.mark.parametrize("language", [None, "English"])
def test_the_prompt_equals_the_librarys(
    recogniser_checkpoint: Checkpoint, language: str | None
) -> None:
    """Token for token, as the library's own processor and chat template write it."""
    clip = make_clip(noise(2))
    theirs = library_inputs(recogniser_checkpoint, clip, language=language, prompt=CONTEXT)

    ours = Prompts(recogniser_checkpoint.processor.tokenizer).for_recognition(
        26, language=language, context=CONTEXT
    )

    assert ours == theirs["input_ids"][0].tolist()


def marks_of(tokenizer: Any) -> list[str]:  # noqa: ANN401  # see above
    """All texts that a tokenizer reads as one token of its own."""
    return [mark.content for mark in tokenizer.added_tokens_decoder.values()]


def in_context(tokenizer: Any, context: str) -> list[int]:  # noqa: ANN401  # see above
    """The tokens of a context, once it is sure that all around it is as it is without."""
    prompts = Prompts(tokenizer)
    bare = prompts.for_recognition(3, language="English")
    told = prompts.for_recognition(3, language="English", context=context)
    end_of_system = bare.index(tokenizer.convert_tokens_to_ids("<|im_end|>"))
    tail = len(bare) - end_of_system
    assert told[:end_of_system] == bare[:end_of_system]
    assert told[-tail:] == bare[end_of_system:]
    return told[end_of_system:-tail]


def test_every_mark_stays_text(tokenizer: Any) -> None:  # noqa: ANN401  # see above
    """No mark of the tokenizer ends the context, begins sound in it, or forces an answer."""
    for mark in marks_of(tokenizer):
        ids = in_context(tokenizer, f"before {mark} after")

        assert not set(ids) & tokenizer.added_tokens_decoder.keys()
        assert tokenizer.decode(ids) == f"before {mark[0]} {mark[1:]} after"


def test_marks_of_the_original_layout_stay_text(original_layout: OriginalLayout) -> None:
    """Its tokenizer is another class, and knows the same marks."""
    tokenizer = load_tokenizer(original_layout("recogniser"))

    ids = in_context(tokenizer, "".join(marks_of(tokenizer)))

    assert not set(ids) & tokenizer.added_tokens_decoder.keys()


@given(data=st.data())
def test_no_text_makes_a_mark(tokenizer: Any, data: st.DataObject) -> None:  # noqa: ANN401  # see above
    """However pieces of marks are put together, a context holds text alone."""
    marks = marks_of(tokenizer)
    pieces = st.sampled_from([*marks, *(m[:3] for m in marks), *(m[3:] for m in marks), " ", "a"])
    context = data.draw(st.lists(pieces, max_size=6).map("".join).map(str.strip))

    ids = in_context(tokenizer, context)

    assert not set(ids) & tokenizer.added_tokens_decoder.keys()
