"""Embeddings of sound equal the library's, whatever else is in the batch."""

import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.device import placement
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
