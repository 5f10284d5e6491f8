"""The data stage: clips made by several processes, kept in two flat files a split.

`NAME.jsonl` holds the truth of each clip; `NAME.bin` holds its features (training) or its samples
(tests), one after the other, so that training can map them into memory.
"""

import functools
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from transformers import Qwen3ASRFeatureExtractor

from tools.demo_language import Language
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm
from tools.demo_word_times import SpokenWord
from tools.train_demo.clips import Clip, Script, quiet_clip, session
from tools.train_demo.speakers import Cast

MEL_BIN_COUNT = 128
_QUIET_KIND_COUNT = 3
_INT16_PEAK = 32767
_MOST_CRASHES = 10
_StoredClips: TypeAlias = list[tuple[dict[str, Any], npt.NDArray[Any]]]  # truth and data of each


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """A clip as training takes it.

    Attributes:
        mel: float16, shape (frames, mel bins), 10 ms a frame.
        text, language, words: as in Clip.
    """

    mel: npt.NDArray[np.float16]
    text: str
    language: Language | None
    words: tuple[SpokenWord, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A part of the data.

    Attributes:
        number: part of the seed, so that no two splits draw the same clips.
        script: how clips come about; None for the clips without speech.
        as_features: keep features, not samples.
    """

    name: str
    number: int
    script: Script | None
    session_count: int
    as_features: bool = False


def splits(training_session_count: int, test_scale: float) -> tuple[Split, ...]:
    """Every split; `test_scale` multiplies the sizes of those for tests."""

    def scaled(session_count: int) -> int:
        return max(1, round(session_count * test_scale))

    unseen = Script(cast=Cast.HELD_OUT, held_out=True, languages=("English", "English", "Chinese"))
    slt = Script(cast=Cast.FLITE_HELD_OUT, held_out=True, languages=("English",))
    return (
        Split(name="test", number=2, script=unseen, session_count=scaled(200)),
        Split(name="slt", number=3, script=slt, session_count=scaled(40)),
        Split(name="quiet", number=4, script=None, session_count=scaled(60)),
        Split(
            name="validation",
            number=1,
            script=Script(cast=Cast.TRAINING, held_out=True),
            session_count=scaled(60),
            as_features=True,
        ),
        Split(
            name="training",
            number=0,
            script=Script(cast=Cast.TRAINING, held_out=False, harsh=True, clips_a_session=8),
            session_count=training_session_count,
            as_features=True,
        ),
    )


def build(folder: Path, split: Split, *, seed: int, job_count: int) -> None:
    """Make a split, unless it is there already."""
    truth_path, data_path = folder / f"{split.name}.jsonl", folder / f"{split.name}.bin"
    if truth_path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    with data_path.open("wb") as data:
        for clips in _sessions(split, seed, job_count):
            for row, array in clips:
                rows.append(row)
                array.tofile(data)
    partial = truth_path.with_suffix(".partial")
    partial.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    partial.replace(truth_path)
    hours = sum(row["sample_count"] for row in rows) / SAMPLE_RATE_HZ / 3600
    print(f"{split.name}: {len(rows)} clips, {hours:.2f} h", flush=True)


def load_examples(folder: Path, name: str) -> list[Example]:
    """A split of features."""
    flat = np.memmap(folder / f"{name}.bin", np.float16, "r").reshape(-1, MEL_BIN_COUNT)
    return [
        Example(mel=part, text=clip["text"], language=clip["language"], words=_words(clip))
        for clip, part in _parts(folder, name, flat)
    ]


def load_clips(folder: Path, name: str) -> list[Clip]:
    """A split of samples."""
    flat = np.memmap(folder / f"{name}.bin", np.int16, "r")
    return [
        Clip(
            pcm=part.astype(np.float32) / np.float32(_INT16_PEAK),
            text=row["text"],
            language=row["language"],
            words=_words(row),
            voice=row["voice"],
        )
        for row, part in _parts(folder, name, flat)
    ]


def features(extractor: Qwen3ASRFeatureExtractor, pcm: Pcm) -> npt.NDArray[np.float32]:
    """Log-mel features of one clip alone, shape (frames, mel bins).

    Not in batches: those pad with the log-mel of silence in place of zeros, and so make a clip
    depend on its neighbours.
    """
    batch = extractor(
        pcm, sampling_rate=SAMPLE_RATE_HZ, padding="longest", return_attention_mask=True
    )
    frame_count = int(batch["attention_mask"][0].sum())
    mel: npt.NDArray[np.float32] = batch["input_features"][0, :, :frame_count].numpy()
    return mel.T


def _sessions(split: Split, seed: int, job_count: int) -> Iterator[_StoredClips]:
    """Yield the clips of each session, in order."""
    make = functools.partial(_make_session, split, seed)
    numbers = range(split.session_count)
    if job_count == 1:
        yield from map(make, numbers)
        return
    # "spawn": a fork of a process that has used torch's threads can hang.
    context = multiprocessing.get_context("spawn")
    done_count = crash_count = 0
    while done_count < split.session_count:
        with ProcessPoolExecutor(job_count, mp_context=context) as pool:
            try:
                for clips in pool.map(make, numbers[done_count:], chunksize=4):
                    yield clips
                    done_count += 1
            except BrokenProcessPool:  # espeak-ng crashes once in many thousand sentences
                crash_count += 1
                if crash_count > _MOST_CRASHES:
                    raise


def _make_session(split: Split, seed: int, index: int) -> _StoredClips:
    rng = np.random.default_rng([seed, split.number, index])
    clips: Sequence[Clip]
    if split.script is None:
        clips = [quiet_clip(rng, index % _QUIET_KIND_COUNT)]
    else:
        clips = list(session(rng, _espeak(), split.script))
    return [_stored(clip, as_features=split.as_features) for clip in clips]


@functools.cache
def _espeak() -> Espeak:
    return Espeak()


@functools.cache
def _extractor() -> Qwen3ASRFeatureExtractor:
    torch.set_num_threads(1)  # the processes share the cores already
    return Qwen3ASRFeatureExtractor()  # type: ignore[no-untyped-call]  # transformers


def _stored(clip: Clip, *, as_features: bool) -> tuple[dict[str, Any], npt.NDArray[Any]]:
    array: npt.NDArray[Any]
    if as_features:
        array = np.ascontiguousarray(features(_extractor(), clip.pcm), np.float16)
    else:
        array = (clip.pcm * _INT16_PEAK).astype(np.int16)
    words = clip.words
    row = {
        "text": clip.text,
        "language": clip.language,
        "voice": clip.voice,
        "words": None if words is None else [[w.text, w.start_sample, w.end_sample] for w in words],
        "sample_count": len(clip.pcm),
        "length": len(array),
    }
    return row, array


def _parts(
    folder: Path, name: str, flat: npt.NDArray[Any]
) -> Iterator[tuple[dict[str, Any], npt.NDArray[Any]]]:
    at = 0
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        yield row, flat[at : at + row["length"]]
        at += row["length"]


def _words(row: dict[str, Any]) -> tuple[SpokenWord, ...] | None:
    if row["words"] is None:
        return None
    return tuple(
        SpokenWord(text=text, start_sample=start, end_sample=end)
        for text, start, end in row["words"]
    )
