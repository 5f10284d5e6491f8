"""What the pipeline says of languages: how their words were timed, and all that were named."""

import pytest
import torch

from qasr_cli.core.types import Clip, ClipDone, Timing
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.pipeline import Pipeline
from qasr_cli.engines.qwen.recogniser import Recogniser


@pytest.mark.parametrize(
    "case",
    [
        ("Merhaba dünya.", ("Turkish",), Timing.ALIGNED_UNLISTED),
        ("Hello world.", ("English",), Timing.ALIGNED),
        ("Qapla' Qapla'.", (), Timing.ALIGNED_UNLISTED),
        ("你好 Hello", ("Chinese", "English"), Timing.ALIGNED),
        ("Hello dünya.", ("English", "Turkish"), Timing.ALIGNED_UNLISTED),
    ],
)
def test_words_of_every_language_are_timed(
    recogniser: Recogniser,
    aligner: Aligner,
    speech: list[Clip],
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, tuple[str, ...], Timing],
) -> None:
    """Of what the aligner was not trained on the times are marked; all that was named is kept."""
    text, named, timing = case
    heard = Heard(
        text=text,
        language=next(iter(named), None),
        languages=named if len(named) > 1 else (),
        truncated=False,
        repetition=False,
    )
    monkeypatch.setattr(Recogniser, "recognise", lambda *_, **__: iter([(0, heard)]))
    models = (
        LazyModel(lambda: recogniser, keep_loaded=True),
        LazyModel(lambda: aligner, keep_loaded=True),
    )

    (result,) = Pipeline(*models, device=torch.device("cpu"), batch_count=1).run(speech[:1])

    assert isinstance(result, ClipDone)
    assert (result.timing, result.warnings) == (timing, ())
    assert (result.language, result.languages) == (heard.language, heard.languages)
    assert len(result.words) == (3 if "你" in text else 2)
