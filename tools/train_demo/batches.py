"""Examples put together for training: by length, with features altered a little each time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from tools.demo_speech import SAMPLE_RATE_HZ
from tools.train_demo.store import MEL_BIN_COUNT, Example

CHUNK_FRAME_COUNT = 100  # the encoder's chunk: 1 s
CHUNK_TOKEN_COUNT = 13
TOKEN_S = 0.08  # inside a chunk; the 13th token is cut short
NOTHING_ASKED = -100  # what torch's cross entropy skips

_MOST_CLIPS = 48
_BLURRED_FRAMES = 60  # clips of about the same length change places between epochs
_MASKED_BINS, _MASKED_FRAMES = 18, 10
_FRAMES_A_MASK = 300
_LEVEL_SHIFT = 0.03


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """An example as tokens.

    Attributes:
        ids: of the whole row, the audio's places included.
        audio_at: place of the first audio token.
        targets: for each token, what a model must say there (see the objectives), or NOTHING_ASKED.
        frame_labels: for each audio token the text token that sounds there, or NOTHING_ASKED.
        spans_s: shape (tokens, 2), when each token sounds, or NaN.
    """

    example: Example
    ids: npt.NDArray[np.int64]
    audio_at: int
    targets: npt.NDArray[np.float32]
    frame_labels: npt.NDArray[np.int64]
    spans_s: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Rows as tensors; padding is on the right, where a causal model cannot see it.

    Attributes:
        mel: float32, shape (clips, mel bins, frames); zeros in the padding.
        mel_mask: int64, shape (clips, frames).
        ids: int64, shape (clips, tokens).
        targets: float32, shape (clips, tokens).
        frame_labels: int64, shape (audio tokens of all clips,).
        audio_times_s: float32, shape (clips, tokens): when each audio token begins in its clip,
            NaN for the other tokens.
        spans_s: float32, shape (clips, tokens, 2), as in Row.
    """

    mel: torch.Tensor
    mel_mask: torch.Tensor
    ids: torch.Tensor
    targets: torch.Tensor
    frame_labels: torch.Tensor
    audio_times_s: torch.Tensor
    spans_s: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return Batch(
            mel=self.mel.to(device),
            mel_mask=self.mel_mask.to(device),
            ids=self.ids.to(device),
            targets=self.targets.to(device),
            frame_labels=self.frame_labels.to(device),
            audio_times_s=self.audio_times_s.to(device),
            spans_s=self.spans_s.to(device),
        )


def audio_token_count(frame_count: int) -> int:
    """Three convolutions of stride 2 halve each chunk three times, rounding up."""
    chunk_count, rest_count = divmod(frame_count, CHUNK_FRAME_COUNT)
    return chunk_count * CHUNK_TOKEN_COUNT - (-rest_count // 8)


def token_times_s(token_count: int) -> npt.NDArray[np.float32]:
    """When each audio token of a clip begins."""
    chunk, place = np.divmod(np.arange(token_count), CHUNK_TOKEN_COUNT)
    return (chunk + place * TOKEN_S).astype(np.float32)


def token_labels(
    token_count: int, spans: Sequence[tuple[int, float, float]], silent_id: int
) -> npt.NDArray[np.int64]:
    """For each audio token the text token that sounds there; spans are (id, from_s, to_s)."""
    times_s = token_times_s(token_count)
    labels = np.full(token_count, silent_id, np.int64)
    for token_id, from_s, to_s in spans:
        labels[(times_s >= from_s) & (times_s < to_s)] = token_id
    return labels


def grouped(rows: Sequence[Row], rng: np.random.Generator, batch_s: float) -> list[list[Row]]:
    """All rows in batches of clips of like length, each of at most `batch_s` with its padding."""
    lengths = np.array([len(row.example.mel) for row in rows])
    order = np.argsort(lengths + rng.uniform(0, _BLURRED_FRAMES, len(rows)), kind="stable")
    most_frames = batch_s * SAMPLE_RATE_HZ / 160
    groups: list[list[Row]] = []
    longest = 0
    for place in order:
        padded = _padded(int(lengths[place]))
        fits = groups and max(longest, padded) * (len(groups[-1]) + 1) <= most_frames
        if not fits or len(groups[-1]) == _MOST_CLIPS:
            groups.append([])
            longest = 0
        groups[-1].append(rows[place])
        longest = max(longest, padded)
    return [groups[place] for place in rng.permutation(len(groups))]


def collated(rows: Sequence[Row], rng: np.random.Generator | None) -> Batch:
    """One batch; its features are altered when there is a generator."""
    mels = [row.example.mel.astype(np.float32) for row in rows]
    if rng is not None:
        mels = [_altered(mel, rng) for mel in mels]
    mel, mel_mask = padded_features(mels)
    token_count = max(len(row.ids) for row in rows)
    ids = np.zeros((len(rows), token_count), np.int64)
    targets = np.full((len(rows), token_count), NOTHING_ASKED, np.float32)
    audio_times_s = np.full((len(rows), token_count), np.nan, np.float32)
    spans_s = np.full((len(rows), token_count, 2), np.nan, np.float32)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = row.ids
        targets[place, : len(row.ids)] = row.targets
        spans_s[place, : len(row.ids)] = row.spans_s
        audio_count = len(row.frame_labels)
        audio_times_s[place, row.audio_at : row.audio_at + audio_count] = token_times_s(audio_count)
    return Batch(
        mel=mel,
        mel_mask=mel_mask,
        ids=torch.from_numpy(ids),
        targets=torch.from_numpy(targets),
        frame_labels=torch.from_numpy(np.concatenate([row.frame_labels for row in rows])),
        audio_times_s=torch.from_numpy(audio_times_s),
        spans_s=torch.from_numpy(spans_s),
    )


def padded_features(
    mels: Sequence[npt.NDArray[np.float32]],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Features and mask of one batch; zeros in the padding, as in a clip alone."""
    frame_count = _padded(max(len(mel) for mel in mels))
    features = np.zeros((len(mels), MEL_BIN_COUNT, frame_count), np.float32)
    mask = np.zeros((len(mels), frame_count), np.int64)
    for place, mel in enumerate(mels):
        features[place, :, : len(mel)] = mel.T
        mask[place, : len(mel)] = 1
    return torch.from_numpy(features), torch.from_numpy(mask)


def _padded(frame_count: int) -> int:
    return -(-frame_count // CHUNK_FRAME_COUNT) * CHUNK_FRAME_COUNT


def _altered(mel: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Features with some bins and moments masked and the level shifted. Changes `mel`."""
    mean = mel.mean()
    for _ in range(2):
        width = int(rng.integers(_MASKED_BINS))
        at = int(rng.integers(MEL_BIN_COUNT - width))
        mel[:, at : at + width] = mean
    for _ in range(1 + len(mel) // _FRAMES_A_MASK):
        width = int(rng.integers(_MASKED_FRAMES))
        at = int(rng.integers(max(1, len(mel) - width)))
        mel[at : at + width] = mean
    return mel + np.float32(rng.normal(0, _LEVEL_SHIFT))
