"""In bfloat16 qasr is as near to the library's float32 as the library's own bfloat16 is.

`pytest -s` tells how near, and where answers first part.
"""

from itertools import zip_longest

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.encoder import Encoder
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.conftest import clips_of_every_recording, library_inputs

PLACE = placement("cpu", "bfloat16")
# Both errors are sums of the same number of roundings, in another order.
AS_NEAR = 1.25


@pytest.fixture(scope="module")
def clips(recogniser_checkpoint: Checkpoint) -> list[PreparedClip]:
    """Clips of every bundled recording."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    return [prepare(clip, extractor) for clip in clips_of_every_recording()]


@pytest.fixture(scope="module")
def library() -> Checkpoint:
    """The demo recogniser as the library runs it, in bfloat16."""
    return read(demo_folder("recogniser"), "recogniser", torch.bfloat16)


def tell(text: str) -> None:
    """Say it to who asked for it with `-s`."""
    print(f"\n{text}")  # noqa: T201


def fresh() -> Checkpoint:
    """The demo recogniser, to be taken apart."""
    return read(demo_folder("recogniser"), "recogniser", "auto")


def embeddings(checkpoint: Checkpoint, clip: PreparedClip) -> torch.Tensor:
    """The library's, of a clip."""
    inputs = library_inputs(checkpoint, clip.clip)
    found: torch.Tensor = checkpoint.model.get_audio_features(
        inputs["input_features"].to(checkpoint.model.dtype),
        inputs["input_features_mask"],
        return_dict=True,
    ).pooler_output
    return found


def distance(found: torch.Tensor, truth: torch.Tensor) -> float:
    """Root of the mean square of what is off, beside the truth's own."""
    return float((found.double() - truth.double()).norm() / truth.double().norm())


def test_embeddings_are_as_near(
    recogniser_checkpoint: Checkpoint, library: Checkpoint, clips: list[PreparedClip]
) -> None:
    """Sound of every recording, all at once."""
    encoder = Encoder(fresh().model.model, PLACE)
    with torch.inference_mode():
        ours = torch.cat(encoder(clips))
        theirs = torch.cat([embeddings(library, clip) for clip in clips])
        truth = torch.cat([embeddings(recogniser_checkpoint, clip) for clip in clips])

    off, their_off = distance(ours, truth), distance(theirs, truth)
    tell(f"embeddings: {off:.4f} off, the library's {their_off:.4f}")
    assert 0 < off <= AS_NEAR * their_off


def test_scores_are_as_near(recogniser_checkpoint: Checkpoint, library: Checkpoint) -> None:
    """After every position of sequences, whether they are read whole or the end step by step."""
    model = recogniser_checkpoint.model
    chance = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 600, (3, 90), generator=chance)
    read_count = 70
    checkpoint = fresh()
    language_model = LanguageModel(checkpoint.model.model.language_model, PLACE)
    shape = (language_model.layer_count, language_model.key_head_count, language_model.head_dim)
    cache = Cache(PLACE, shape, row_count=3, capacity=100, bucket=16)
    with torch.inference_mode():
        truth = model(input_ids=ids).logits
        theirs = library.model(input_ids=ids).logits
        begun = language_model.read(
            language_model.embed(ids[:, :read_count].flatten()),
            [read_count] * 3,
            torch.arange(3 * read_count),
            cache,
        ).view(3, read_count, -1)
        steps = [
            language_model.step(ids[:, place], cache.advance(), cache)
            for place in range(read_count, ids.shape[1])
        ]
        states = torch.cat([begun, torch.stack(steps, dim=1)], dim=1)
        ours = states.float() @ language_model.embeddings.float().T

    for name, part in (("read", slice(None, read_count)), ("stepped", slice(read_count, None))):
        off = distance(ours[:, part], truth[:, part])
        their_off = distance(theirs[:, part], truth[:, part])
        tell(f"scores, {name}: {off:.4f} off, the library's {their_off:.4f}")
        assert 0 < off <= AS_NEAR * their_off


def test_answers_part_late_and_seldom(recogniser: Recogniser, clips: list[PreparedClip]) -> None:
    """Of every recording, most clips have the very tokens of float32."""
    ours = dict(Recogniser(fresh(), PLACE).answers(clips, 16))
    full = dict(recogniser.answers(clips, 16))

    parted = {}
    for index, tokens in full.items():
        assert isinstance(tokens, list)
        pairs = zip_longest(tokens, ours[index])  # type: ignore[arg-type]  # none overflowed
        place = next((place for place, (a, b) in enumerate(pairs) if a != b), None)
        if place is not None:
            parted[clips[index].clip.clip_id] = place
    tell(f"{len(parted)} of {len(clips)} answers part; clip and token: {parted}")
    assert len(parted) <= len(clips) // 5
