"""Recognisers that propose, and the answers that theirs must be."""

import pytest

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.decoding.paying import Paying
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.conftest import answers_of, clips_of_every_recording

_CLIP_COUNT = 6


class _AlwaysPaying(Paying):
    """What is tried does not depend on how fast this machine is."""

    def proposes(self, row_count: int, *, is_alone: bool) -> bool:
        del row_count, is_alone
        return True


def demo_recogniser(
    numbers: str = "float32", *, proposes: bool | None = True, with_confidence: bool = False
) -> Recogniser:
    """The demo pair's recogniser, in a number format or quantized; proposals pay there."""
    how = ("float32", numbers) if numbers == "int8" else (numbers,)
    recogniser = Recogniser(
        read(demo_folder("recogniser"), "recogniser", "auto"),
        placement("cpu", *how),
        with_confidence=with_confidence,
        proposes=proposes,
    )
    proposer = recogniser._generator._proposer  # noqa: SLF001
    if proposer is not None:
        proposer.paying = _AlwaysPaying()
    return recogniser


@pytest.fixture(scope="module")
def proposing() -> Recogniser:
    """A recogniser that proposes."""
    return demo_recogniser()


@pytest.fixture(scope="module")
def clips(proposing: Recogniser) -> list[PreparedClip]:
    """Some short clips of the bundled recordings."""
    shortest = sorted(clips_of_every_recording(), key=lambda clip: clip.span.sample_count)
    some = shortest[:: len(shortest) // _CLIP_COUNT][:_CLIP_COUNT]
    return [prepare(clip, proposing.extractor) for clip in some]


@pytest.fixture(scope="module")
def plain(clips: list[PreparedClip]) -> list[list[int]]:
    """Their answers, token by token."""
    return answers_of(demo_recogniser(proposes=False), clips, 1)
