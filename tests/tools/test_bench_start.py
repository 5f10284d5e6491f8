"""The answer that is planted in a recogniser is what qasr hears."""

from pathlib import Path

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone, Span
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import results_by_id
from tools.bench.evenly_timed import spread
from tools.bench.jobs import SAMPLE_RATE_HZ, noise
from tools.bench.planted_answer import WORD_COUNT, planted_recogniser


def test_the_planted_answer_is_heard(tmp_path: Path) -> None:
    """All of its words, in English, and then its end: nothing for qasr to try again."""
    planted = planted_recogniser("demo", tmp_path)
    options = EngineOptions(model=str(planted), aligner=str(demo_folder("aligner")), threads=1)

    span = Span(start_sample=0, end_sample=10 * SAMPLE_RATE_HZ)
    clip = Clip(clip_id="any", span=span, language=None, pcm=noise(10, 0))

    (result,) = results_by_id(build_engine(options), [clip]).values()

    assert isinstance(result, ClipDone)
    assert len(result.text.split()) == WORD_COUNT
    assert result.language == "English"
    assert not result.truncated
    assert planted_recogniser("demo", tmp_path) == planted


def test_words_are_spread_over_the_clip() -> None:
    """Each lasts as long as any other."""
    assert spread([4.0, 1.0, 4.0]) == [0, 10_000, 20_000]
