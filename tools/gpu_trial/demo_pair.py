"""The demo pair on the GPU: its tokens, texts and times beside the CPU's and the library's."""

import functools
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.timing import SAMPLE_RATE_HZ, samples_from_ms
from qasr_cli.core.types import Clip, ClipDone, Span
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.recogniser import Recogniser, answer_cap
from qasr_cli.engines.registry import build_engine
from qasr_cli.machine.self_test import bundled_speech
from qasr_cli.options import EngineOptions
from tools.gpu_trial.settings import Found, Notes, Settings
from tools.gpu_trial.steps import ROOT

_RECORDINGS = ROOT / "examples" / "recordings"
_FILES = ("lesson.flac", "chinese.flac")  # the ones with 16,000 samples a second
_AROUND_MS = 250
_ROWS_AT_ONCE = 4  # fewer than clips, so that rows are filled again
_DTYPES = ("float32", "bfloat16", "float16")
_MODEL: Any = {"model": "demo", "batch_size": _ROWS_AT_ONCE}

Answers = Mapping[str, object]


def run(settings: Settings, notes: Notes) -> None:
    """Note where they are equal, in each number format, with captured steps and without."""
    clips = list(itertools.islice(_clips(), settings.sentence_count))
    torch.backends.cudnn.allow_tf32 = False
    notes.add(clip_count=len(clips))
    library = _library(clips, "cpu")
    notes.add(cpu=_compared(library, _tokens(clips, "cpu", dtype="float32", has_graphs=False)))
    outcomes = _outcomes(clips, "cpu", has_graphs=False)
    notes.add(texts=[outcome[0] for outcome in outcomes.values()])
    if not settings.is_cuda:
        return
    compared: Found = {}
    for dtype in _DTYPES:
        for has_graphs in (False, True):
            name = f"{dtype} {'captured' if has_graphs else 'eager'}"
            tokens = functools.partial(_tokens, dtype=dtype, has_graphs=has_graphs)
            compared[name] = _attempt(library, tokens, clips, settings.device)
            notes.add(tokens=compared)
    whole: Found = {}
    for name, has_graphs in (("eager", False), ("captured", True)):
        results = functools.partial(_outcomes, has_graphs=has_graphs)
        whole[name] = _attempt(outcomes, results, clips, settings.device)
        notes.add(texts_and_times=whole)
    notes.add(library=_attempt(library, _library, clips, settings.device))


def _attempt(
    expected: Answers,
    answers: Callable[[Sequence[Clip], str], Answers],
    clips: Sequence[Clip],
    device: str,
) -> Found:
    """One comparison; one that fails leaves the others."""
    try:
        return _compared(expected, answers(clips, device))
    except Exception as error:  # noqa: BLE001  # whatever a GPU may do
        reason = str(error).partition("\n")[0]
        return {"error": f"{type(error).__name__}: {reason}"}


def _clips() -> Iterator[Clip]:
    """Yield the sentences of the bundled recordings that soundfile reads as they are."""
    yield _clip("self-test", bundled_speech(), 0)
    for name in _FILES:
        truth = json.loads((_RECORDINGS / "truth" / f"{name}.json").read_text(encoding="utf-8"))
        sound = soundfile.read(_RECORDINGS / name, dtype="float32")[0]
        for sentence in truth["sentences"]:
            start_sample = samples_from_ms(max(0, sentence["start_ms"] - _AROUND_MS))
            end_sample = samples_from_ms(sentence["end_ms"] + _AROUND_MS)
            yield _clip(Path(name).stem, sound[start_sample:end_sample], start_sample)


def _clip(name: str, sound: np.ndarray, start_sample: int) -> Clip:
    span = Span(start_sample=start_sample, end_sample=start_sample + len(sound))
    return Clip(clip_id=f"{name}/{start_sample}", span=span, language=None, pcm=sound)


def _library(clips: Sequence[Clip], device: str) -> Answers:
    """Tokens of transformers' own `generate`, clip by clip."""
    checkpoint = read(demo_folder("recogniser"), "recogniser", torch.float32)
    model = checkpoint.model.to(device)
    answers = {}
    for clip in clips:
        inputs: Any = checkpoint.processor.apply_transcription_request(
            audio=clip.pcm, audio_kwargs={"sampling_rate": SAMPLE_RATE_HZ}
        )
        inputs = inputs.to(device)
        cap = answer_cap(prepare(clip, checkpoint.processor.feature_extractor))
        with torch.inference_mode():
            ids = model.generate(**inputs, max_new_tokens=cap, do_sample=False)
        answers[clip.clip_id] = ids[0, inputs["input_ids"].shape[1] :].tolist()
    return answers


def _tokens(clips: Sequence[Clip], device: str, *, dtype: str, has_graphs: bool) -> Answers:
    """Tokens of qasr's recogniser, many clips at once."""
    place = placement(device, dtype, cuda_graphs=has_graphs)
    recogniser = Recogniser(read(demo_folder("recogniser"), "recogniser", "auto"), place)
    prepared = [prepare(clip, recogniser.extractor) for clip in clips]
    answers = recogniser.answers(prepared, _ROWS_AT_ONCE)
    return {clips[index].clip_id: answer for index, answer in answers}


def _outcomes(
    clips: Sequence[Clip], device: str, *, has_graphs: bool
) -> dict[str, tuple[Any, ...]]:
    """Text, and words with their times, of the whole engine."""
    engine = build_engine(EngineOptions(device=device, cuda_graphs=has_graphs, **_MODEL))
    try:
        results = {result.clip_id: result for result in engine.run(clips)}
    finally:
        engine.close()
    outcomes: dict[str, tuple[Any, ...]] = {}
    for clip in clips:
        result = results[clip.clip_id]
        if isinstance(result, ClipDone):
            words = [(word.text, word.start_ms, word.end_ms) for word in result.words]
            outcomes[clip.clip_id] = (result.text, words)
        else:
            outcomes[clip.clip_id] = (f"failed: {result.error}", [])
    return outcomes


def _compared(expected: Answers, found: Answers) -> Found:
    """How many are equal, and the first that is not."""
    unequal = [name for name, answer in expected.items() if found[name] != answer]
    compared: Found = {"equal": len(expected) - len(unequal), "of": len(expected)}
    if unequal:
        first = unequal[0]
        compared["first"] = {
            "clip": first,
            "expected": str(expected[first]),
            "found": str(found[first]),
        }
    return compared
