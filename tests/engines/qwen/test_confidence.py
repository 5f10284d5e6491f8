"""How sure both models are: the library's own softmax, and nothing else changes."""

from dataclasses import replace

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone, ClipResult
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.model.packed_choice import choice_in, probability_in
from qasr_cli.engines.qwen.recogniser import Recogniser, answer_cap
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import LIBRARY_AUDIO, Recording, library_inputs, outcome, results_by_id

CPU = placement("cpu", "float32")
needs_fbgemm = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")


@pytest.fixture(scope="module")
def sure() -> Recogniser:
    """The demo recogniser, which says how sure it is."""
    checkpoint = read(demo_folder("recogniser"), "recogniser", "auto")
    return Recogniser(checkpoint, CPU, with_confidence=True)


@pytest.mark.parametrize("row_count", [1, 4])
def test_tokens_are_as_probable_as_to_the_library(
    sure: Recogniser, recogniser_checkpoint: Checkpoint, speech: list[Clip], row_count: int
) -> None:
    """The softmax of the step that chose each, in whatever company."""
    clips = [prepare(clip, sure.extractor) for clip in speech]

    answers = dict(sure.answers(clips, row_count))

    for index, clip in enumerate(clips):
        inputs = library_inputs(recogniser_checkpoint, clip.clip)
        with torch.inference_mode():
            made = recogniser_checkpoint.model.generate(
                **inputs,
                max_new_tokens=answer_cap(clip),
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
        ids = made.sequences[0, inputs["input_ids"].shape[1] :].tolist()
        shares = [scores[0].float().softmax(-1).max().item() for scores in made.scores]
        answer = answers[index]
        assert isinstance(answer, list)
        assert list(map(choice_in, answer)) == ids
        assert list(map(probability_in, answer)) == pytest.approx(shares, abs=1e-4)


def test_times_are_as_probable_as_to_the_library(
    aligner_checkpoint: Checkpoint, speech: list[Clip], lesson: Recording
) -> None:
    """That of a word is the softmax of the less probable of its start and its end."""
    aligner = Aligner(read(demo_folder("aligner"), "aligner", "auto"), CPU, with_confidence=True)
    extractor = aligner_checkpoint.processor.feature_extractor
    text = lesson.text(0)
    request = Request(clip=prepare(speech[0], extractor), text=text, language="English")
    inputs, _ = aligner_checkpoint.processor.prepare_forced_aligner_inputs(
        audio=speech[0].pcm, transcript=text, language="English", audio_kwargs=LIBRARY_AUDIO
    )
    with torch.inference_mode():
        logits = aligner_checkpoint.model(**inputs).logits
    is_time = inputs["input_ids"][0] == aligner_checkpoint.model.config.timestamp_token_id
    shares = logits[0][is_time].float().softmax(-1).max(-1).values.view(-1, 2).min(-1).values

    ((_, found),) = aligner.align([request], 1)

    assert isinstance(found, Aligned)
    assert [word.time_probability for word in found.words] == pytest.approx(
        shares.tolist(), abs=1e-4
    )


def test_a_time_that_was_mended_is_not_probable(
    speech: list[Clip], lesson: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the model gave the time that could not be."""
    checkpoint = read(demo_folder("aligner"), "aligner", "auto")
    aligner = Aligner(checkpoint, CPU, with_confidence=True)
    monkeypatch.setattr("qasr_cli.engines.qwen.aligner.in_order", lambda times: [0, *times[1:]])
    extractor = checkpoint.processor.feature_extractor
    request = Request(clip=prepare(speech[0], extractor), text=lesson.text(0), language="English")

    ((_, found),) = aligner.align([request], 1)

    assert isinstance(found, Aligned)
    first, *others = (word.time_probability for word in found.words)
    assert first == 0
    assert all(others)


def sure_results(clips: list[Clip], **options: object) -> dict[str, ClipResult]:
    """What the demo pair says of clips, and how sure it is."""
    wanted = replace(EngineOptions(model="demo", threads=1), **options)  # type: ignore[arg-type]
    engine = build_engine(wanted)
    try:
        return results_by_id(engine, clips)
    finally:
        engine.close()


@needs_fbgemm
@pytest.mark.parametrize("quantize", ["none", "int8", "int4"])
def test_nothing_else_changes(speech: list[Clip], quantize: str) -> None:
    """Texts and times are what they are without, and every letter has a token."""
    plain = sure_results(speech, quantize=quantize)
    found = sure_results(speech, quantize=quantize, confidence=True)

    for clip_id, result in found.items():
        unsure = plain[clip_id]
        assert isinstance(result, ClipDone)
        assert isinstance(unsure, ClipDone)
        assert unsure.tokens == ()
        assert {word.time_probability for word in unsure.words} == {None}
        words = tuple(replace(word, time_probability=None) for word in result.words)
        assert outcome(replace(result, words=words)) == outcome(unsure)
        covered = {
            place for token in result.tokens for place in range(token.char_start, token.char_end)
        }
        assert covered == set(range(len(result.text)))
        assert all(0 < token.probability <= 1 for token in result.tokens)


def test_a_text_that_was_given_has_no_tokens(speech: list[Clip], lesson: Recording) -> None:
    """Nobody chose it; its times are the aligner's, and as sure as it is of them."""
    told = replace(speech[0], text=lesson.text(0), language="English")

    (result,) = sure_results([told], confidence=True).values()

    assert isinstance(result, ClipDone)
    assert result.tokens == ()
    assert all(word.time_probability for word in result.words)
