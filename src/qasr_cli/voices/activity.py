"""Who speaks when, from what hears several voices at once: one voice at a time, as many as told.

Only one voice can say a word, so where several speak it is the likeliest one's turn.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices, VoiceActivity, VoiceTurn
from qasr_cli.voices.heard import HeardVectors, Stretches
from qasr_cli.voices.recording import VoiceCount, Voices
from qasr_cli.voices.vectors import Labels, bytes_from_vectors

# A longer pause ends a turn, whoever speaks next; a shorter turn holds no word.
_PAUSE_MS = 500
_LEAST_MS = 100


def voices_at_work(
    activity: VoiceActivity, count: VoiceCount, heard: Sequence[HeardVoices] = ()
) -> Voices:
    """Who speaks when in a recording.

    Args:
        count: of more voices than it allows the one who speaks least is taken for others, again
            and again. Fewer cannot be made more.
        heard: how its clips sound, where each voice is to have its vector.
    """
    stretches_ms = np.frombuffer(activity.stretches_ms, "<i4").astype(np.int64).reshape(-1, 2)
    if not len(stretches_ms):
        return Voices()
    likelihoods = np.frombuffer(activity.likelihoods, np.uint8).reshape(len(stretches_ms), -1)
    speakers = _merged(likelihoods, stretches_ms[:, 1] - stretches_ms[:, 0], count.most)
    turns = _turns(stretches_ms, speakers)
    numbers = {voice: number for number, voice in enumerate(dict.fromkeys(t.voice for t in turns))}
    turns = [
        VoiceTurn(start_ms=turn.start_ms, end_ms=turn.end_ms, voice=numbers[turn.voice])
        for turn in turns
    ]
    return Voices(
        turns=tuple(turns),
        vectors=_vectors(turns, len(numbers), heard),
        speech_ms=tuple(
            sum(turn.end_ms - turn.start_ms for turn in turns if turn.voice == voice)
            for voice in range(len(numbers))
        ),
    )


def _merged(
    likelihoods: npt.NDArray[np.uint8], lengths_ms: npt.NDArray[np.int64], most: int
) -> Labels:
    """The likeliest voice of each stretch, of so many voices at most."""
    speakers = _likeliest(likelihoods)
    kept = likelihoods.astype(np.int16)
    while len(present := np.unique(speakers)) > most:
        spoken_ms = np.bincount(speakers, lengths_ms)
        weakest = min(present.tolist(), key=lambda voice: (spoken_ms[voice], -voice))
        kept[:, weakest] = -1
        nobody = np.setdiff1d(np.arange(kept.shape[1]), present)
        kept[:, nobody] = -1
        gone = np.flatnonzero(speakers == weakest)
        others = np.flatnonzero(speakers != weakest)
        for index in gone.tolist():
            likeliest = int(kept[index].argmax())
            if kept[index, likeliest] > 0:
                speakers[index] = likeliest
            else:  # nobody else was thought of: whoever speaks next to it
                speakers[index] = speakers[others[np.abs(others - index).argmin()]]
    return speakers


def _likeliest(likelihoods: npt.NDArray[np.uint8]) -> Labels:
    """The likeliest voice of each stretch; of equals who spoke before, or else the first."""
    speakers = np.asarray(likelihoods.argmax(axis=1), np.int64)
    likeliest = likelihoods.max(axis=1, keepdims=True)
    tied = np.flatnonzero((likelihoods == likeliest).sum(axis=1) > 1)
    for index in tied[tied > 0].tolist():
        before = speakers[index - 1]
        if likelihoods[index, before] == likeliest[index, 0]:
            speakers[index] = before
    return speakers


def _turns(stretches_ms: Stretches, speakers: Labels) -> list[VoiceTurn]:
    """Turns in order of time; what is too short for a word is its neighbour's, if one is near."""
    turns = _joined(
        VoiceTurn(start_ms=start_ms, end_ms=end_ms, voice=voice)
        for (start_ms, end_ms), voice in zip(stretches_ms.tolist(), speakers.tolist(), strict=True)
    )
    settled = list(turns)
    for index, turn in enumerate(turns):
        if turn.end_ms - turn.start_ms >= _LEAST_MS:
            continue
        near = [
            other
            for other in (*settled[max(0, index - 1) : index], *turns[index + 1 : index + 2])
            if max(turn.start_ms - other.end_ms, other.start_ms - turn.end_ms) < _PAUSE_MS
        ]
        if near:
            longest = max(near, key=lambda other: other.end_ms - other.start_ms)
            settled[index] = VoiceTurn(
                start_ms=turn.start_ms, end_ms=turn.end_ms, voice=longest.voice
            )
    return _joined(settled)


def _joined(turns: Iterable[VoiceTurn]) -> list[VoiceTurn]:
    """The turns, with those of one voice made one that only a short pause parts."""
    joined: list[VoiceTurn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last and last.voice == turn.voice and turn.start_ms - last.end_ms < _PAUSE_MS:
            joined[-1] = VoiceTurn(start_ms=last.start_ms, end_ms=turn.end_ms, voice=turn.voice)
        else:
            joined.append(turn)
    return joined


def _vectors(turns: Sequence[VoiceTurn], count: int, heard: Sequence[HeardVoices]) -> bytes:
    """How each voice sounds, from the stretches that are for the most part its own."""
    vectors = HeardVectors(heard)
    owners = _owners(turns, count, vectors.stretches)[vectors.is_told]
    result = np.zeros((count, VECTOR_SIZE), np.float32)
    if (owners >= 0).any():
        known = vectors.means(owners)
        result[: len(known)] = known
    return bytes_from_vectors(result)


def _owners(turns: Sequence[VoiceTurn], count: int, stretches: Stretches) -> Labels:
    """Whose each stretch is by more than half; -1 = nobody's."""
    starts_ms = np.array([turn.start_ms for turn in turns])
    ends_ms = np.array([turn.end_ms for turn in turns])
    voices = np.array([turn.voice for turn in turns])
    owners = np.full(len(stretches), -1, np.int64)
    for index, (start_ms, end_ms) in enumerate(stretches.tolist()):
        first = int(np.searchsorted(ends_ms, start_ms, side="right"))
        stop = int(np.searchsorted(starts_ms, end_ms))
        shared_ms = np.minimum(ends_ms[first:stop], end_ms) - np.maximum(
            starts_ms[first:stop], start_ms
        )
        spoken_ms = np.bincount(voices[first:stop], shared_ms, minlength=count)
        if 2 * spoken_ms.max() > end_ms - start_ms:
            owners[index] = int(spoken_ms.argmax())
    return owners
