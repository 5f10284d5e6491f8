"""Embeddings of sound equal the library's, whatever else is in the batch."""

import os
import subprocess
import sys

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.model.encoder import Encoder
from tests.engines.conftest import clips_of_every_recording, library_inputs, make_clip, noise

# Of the greatest number. Two sums in float32 differ so much: beside float64, ours and the library's
# are off by 0.8e-6 each.
NEAR = 3e-6


def test_embeddings_equal_the_librarys(recogniser_checkpoint: Checkpoint) -> None:
    """Every recording, and noise of one sample to twenty seconds, all at once and alone."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    lengths_s = (0.0001, 0.5, 1.0, 7.99, 8.0, 8.01, 20.3)
    clips = [
        prepare(clip, extractor)
        for clip in [*clips_of_every_recording(), *(make_clip(noise(s)) for s in lengths_s)]
    ]
    encoder = Encoder(
        read(demo_folder("recogniser"), "recogniser", "auto").model.model,
        placement("cpu", "float32"),
    )

    with torch.inference_mode():
        together = encoder(clips)

        for clip, found in zip(clips, together, strict=True):
            inputs = library_inputs(recogniser_checkpoint, clip.clip)
            expected = recogniser_checkpoint.model.get_audio_features(
                inputs["input_features"], inputs["input_features_mask"], return_dict=True
            ).pooler_output
            assert found.shape == (clip.audio_token_count, expected.shape[1])
            assert (found - expected).abs().max() <= NEAR * expected.abs().max()
            alone = encoder([clip])[0]
            assert (alone - expected).abs().max() <= NEAR * expected.abs().max()


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels of 8 bits")
def test_in_8_bits_it_is_near_in_any_company(recogniser_checkpoint: Checkpoint) -> None:
    """Its convolutions multiply bfloat16 where the processor does; what comes out is float32."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    clips = [prepare(make_clip(noise(s)), extractor) for s in (2.0, 0.3, 8.01, 20.3)]
    exact, rough = (
        Encoder(
            read(demo_folder("recogniser"), "recogniser", "auto").model.model,
            placement("cpu", "float32", quantize),
        )
        for quantize in ("none", "int8")
    )

    with torch.inference_mode():
        together = rough(clips)

        for clip, found, expected in zip(clips, together, exact(clips), strict=True):
            assert found.dtype == torch.float32
            assert 0 < (found - expected).norm() < 0.06 * expected.norm()
            assert torch.equal(rough([clip])[0], found)


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels of 8 bits")
@pytest.mark.parametrize("held_to", ["AVX2", "AVX512_CORE"])
def test_in_8_bits_it_works_where_onednn_is_held_to_fewer_instructions(held_to: str) -> None:
    """There it has no kernels for bfloat16, whatever the processor multiplies."""
    program = (
        "from qasr_cli.checkpoints.locate import demo_folder\n"
        "from qasr_cli.engines.qwen.device import placement\n"
        "from qasr_cli.engines.qwen.features import prepare\n"
        "from qasr_cli.engines.qwen.loading.checkpoint import read\n"
        "from qasr_cli.engines.qwen.model.encoder import Encoder\n"
        "from tests.engines.conftest import make_clip, noise\n"
        "found = read(demo_folder('recogniser'), 'recogniser', 'auto')\n"
        "clip = prepare(make_clip(noise(2.0)), found.processor.feature_extractor)\n"
        "(heard,) = Encoder(found.model.model, placement('cpu', 'auto', 'int8'))([clip])\n"
        "print(len(heard) == clip.audio_token_count, bool(heard.isfinite().all()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"ONEDNN_MAX_CPU_ISA": held_to},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "True True\n", done.stderr
