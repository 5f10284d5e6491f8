"""Sound and checkpoints that cost no download: noise in clips of all lengths, random weights."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from tools.bench.jobs import TOKENS_A_S, WORD, WORDS_A_S, noise
from tools.bench.shapes import ROLES, checkpoint_of

# Of speech cut at pauses; an estimate.
_MIDDLE_S, _SPREAD, _SHORTEST_S = 18.0, 0.6, 2.0
_SOUND_COUNT = 4  # different ones: numbers decide no kernel
_SHORT_CLIP_S = 2


def folders_of(shape: str, folder: str) -> dict[Role, Path]:
    """The pair of that shape, made where it is not there yet."""
    return {role: checkpoint_of(shape, role, Path(folder)) for role in ROLES}


def clips_of(count: int, longest_s: int, *, text: bool = False) -> list[Clip]:
    """Clips of all lengths; fewer are the first of more.

    Args:
        text: they have one, so that they are aligned only.
    """
    longest_count = longest_s * SAMPLE_RATE_HZ
    pool = [noise(longest_s, seed) for seed in range(_SOUND_COUNT)]
    lengths_s = np.random.default_rng(0).lognormal(np.log(_MIDDLE_S), _SPREAD, count)
    counts = np.clip(lengths_s, min(_SHORTEST_S, longest_s), longest_s) * SAMPLE_RATE_HZ
    clips = []
    for index, sample_count in enumerate(counts.astype(int).tolist()):
        span = Span(
            start_sample=index * longest_count, end_sample=index * longest_count + sample_count
        )
        clips.append(
            Clip(
                clip_id=f"noise/{index}",
                span=span,
                language="English" if text else None,
                pcm=pool[index % _SOUND_COUNT][:sample_count],
                text=WORD * _word_count(sample_count) if text else None,
            )
        )
    return clips


def seconds_of(clips: Sequence[Clip]) -> float:
    """Sound in clips, in seconds."""
    return sum(clip.span.sample_count for clip in clips) / SAMPLE_RATE_HZ


def token_count(sample_count: int) -> int:
    """Tokens that an answer to so much sound has."""
    return max(3, round(sample_count / SAMPLE_RATE_HZ * TOKENS_A_S))


def _word_count(sample_count: int) -> int:
    return max(1, round(sample_count / SAMPLE_RATE_HZ * WORDS_A_S))


@contextmanager
def random_weights_answer() -> Iterator[dict[str, int]]:
    """While it lasts, answers end as speech would, and their text is of known words.

    Random weights end nowhere. Gives checksums of the tokens, by clip.
    """
    from qasr_cli.engines.qwen import recogniser as recognition
    from qasr_cli.engines.qwen.answer import Heard
    from qasr_cli.engines.qwen.decoding.generation import Generator

    checksums: dict[str, int] = {}

    class Endless(Generator):
        def __init__(self, *given: Any, end_ids: object, **more: Any) -> None:  # noqa: ANN401
            del end_ids
            super().__init__(*given, end_ids=frozenset(), **more)

    def heard(_: object, prepared: Any, answer: list[int]) -> Heard:  # noqa: ANN401
        clip = prepared.clip
        checksums[clip.clip_id] = crc32(repr(answer).encode())
        text = WORD * _word_count(clip.span.sample_count)
        return Heard(text=text, language="English", truncated=False, repetition=False)

    names = {
        "Generator": Endless,
        "answer_cap": lambda prepared: token_count(prepared.clip.span.sample_count),
    }
    before = {name: getattr(recognition, name) for name in names}
    heard_before = recognition.Recogniser._heard  # noqa: SLF001
    for name, value in names.items():
        setattr(recognition, name, value)
    setattr(recognition.Recogniser, "_heard", heard)  # noqa: B010  # not that class's
    try:
        yield checksums
    finally:
        for name, value in before.items():
            setattr(recognition, name, value)
        setattr(recognition.Recogniser, "_heard", heard_before)  # noqa: B010
