"""What the models are given equals what the published package gives them, but for what is wanted.

Needs `qwen-asr`, in the environment or, as `.ci/run` installs it, in `.venv/official`; it requires
another transformers, so only its preprocessing is loaded here, file by file.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from qasr_cli.core.language.languages import all_languages
from qasr_cli.core.text import canonical
from qasr_cli.engines import word_splitters
from qasr_cli.engines.qwen.answer import parse
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.engines.word_splitters import words_for_aligner
from tests.conftest import RECORDINGS
from tests.engines.conftest import Pcm, make_clip, noise
from tests.engines.qwen.sentences import SENTENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """The preprocessing of the published package."""

    aligner: Any
    audio: ModuleType
    processor: type[Any]

    def units(self, text: str, language: str | None) -> list[str]:
        """What it asks the aligner the times of."""
        words, _ = self.aligner.encode_timestamp(text, language or "")
        return list(words)


@pytest.fixture(scope="module")
def official() -> Iterator[Official]:
    """Its modules, with stand-ins for its models, which do not load beside this transformers."""
    places = [*sys.path, str(RECORDINGS.parent.parent / ".venv" / "official")]
    found = next(iter(metadata.distributions(name="qwen-asr", path=places)), None)
    if found is None:
        pytest.skip("qwen-asr is not installed")
    pytest.importorskip("nagisa")
    pytest.importorskip("soynlp")
    folder = str(found.locate_file("qwen_asr"))
    models = "qwen_asr.core.transformers_backend"
    inference = "qwen_asr.inference"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(found.locate_file("")))
        for name in ("qwen_asr", "qwen_asr.core", models, inference):
            module = ModuleType(name)
            module.__path__ = ["/".join((folder, *name.split(".")[1:]))]
            patch.setitem(sys.modules, name, module)
        for name in ("Qwen3ASRConfig", "Qwen3ASRForConditionalGeneration", "Qwen3ASRProcessor"):
            patch.setattr(sys.modules[models], name, type(name, (), {}), raising=False)
        if importlib.util.find_spec("librosa") is None:  # it reads and resamples, which is not ours
            patch.setitem(sys.modules, "librosa", ModuleType("librosa"))
        word_splitters.korean_words.cache_clear()
        aligner = importlib.import_module(f"{inference}.qwen3_forced_aligner")
        yield Official(
            aligner=aligner.Qwen3ForceAlignProcessor(),
            audio=importlib.import_module(f"{inference}.utils"),
            processor=importlib.import_module(f"{models}.processing_qwen3_asr").Qwen3ASRProcessor,
        )
        for name in [name for name in sys.modules if name.startswith(f"{inference}.")]:
            patch.delitem(sys.modules, name)
    word_splitters.korean_words.cache_clear()


def their_inputs(official: Official, checkpoint: Checkpoint, text: str, pcm: Pcm) -> Any:  # noqa: ANN401  # untyped
    """What the package gives its model: token ids, features and their mask."""
    ours = checkpoint.processor
    extractor: Any = WhisperFeatureExtractor
    processor = official.processor(
        feature_extractor=extractor(feature_size=ours.feature_extractor.feature_size),
        tokenizer=ours.tokenizer,
        chat_template=ours.chat_template,
    )
    ((sound, _),) = official.audio.split_audio_into_chunks(
        official.audio.normalize_audio_input((pcm, 16_000)), 16_000, 1200
    )
    return processor(text=[text], audio=[sound], return_tensors="pt", padding=True)


def test_there_is_a_sentence_of_every_language() -> None:
    """All 30 are compared, in their own scripts."""
    assert SENTENCES.keys() == {language.name for language in all_languages()}


@pytest.mark.parametrize("language", SENTENCES)
def test_units_and_prompts_of_the_aligner_are_the_same(
    official: Official, aligner_checkpoint: Checkpoint, language: str
) -> None:
    """The aligner gets the same units, and token for token the same prompt around them."""
    processor = aligner_checkpoint.processor
    pcm = noise(2)
    words, text = official.aligner.encode_timestamp(SENTENCES[language], language)

    units = words_for_aligner(canonical(SENTENCES[language]), language)
    clip = prepare(make_clip(pcm), processor.feature_extractor)
    ids = Prompts(processor.tokenizer).for_alignment(clip.audio_token_count, units)

    assert units == words
    theirs = their_inputs(official, aligner_checkpoint, text, pcm)
    assert ids == theirs["input_ids"][0].tolist()


@pytest.mark.parametrize("language", SENTENCES)
def test_an_unknown_language_is_split_at_spaces(official: Official, language: str) -> None:
    """Where nobody knows the language, any text is split as the package splits it."""
    text = SENTENCES[language]

    units = words_for_aligner(canonical(text), None)

    assert units == official.units(text, None)


@pytest.mark.parametrize("language", [None, *SENTENCES])
def test_prompts_of_the_recogniser_are_the_same(
    official: Official, recogniser_checkpoint: Checkpoint, language: str | None
) -> None:
    """Token for token, with a context and with each language forced."""
    processor = recogniser_checkpoint.processor
    pcm, context = noise(3), "Anna, Łódź, 東京"
    messages: Any = [
        {"role": "system", "content": context},
        {"role": "user", "content": [{"type": "audio", "audio": ""}]},
    ]
    text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    text += "" if language is None else f"language {language}<asr_text>"

    clip = prepare(make_clip(pcm), processor.feature_extractor)
    prompts = Prompts(processor.tokenizer)
    ids = prompts.for_recognition(clip.audio_token_count, language=language, context=context)

    theirs = their_inputs(official, recogniser_checkpoint, text, pcm)
    assert ids == theirs["input_ids"][0].tolist()


@pytest.mark.parametrize("sample_count", [8000, 16_001, 23_456, 128_000, 480_007])
@pytest.mark.parametrize("loudness", [0.01, 1.0, 3.0, 32768.0])
def test_features_are_the_same(
    official: Official, recogniser_checkpoint: Checkpoint, sample_count: int, loudness: float
) -> None:
    """To the bit, also of sound past full scale; what follows is padding of ours."""
    pcm = noise(31)[:sample_count]
    pcm = (pcm * np.float32(loudness / np.abs(pcm).max())).astype(np.float32)

    clip = prepare(make_clip(pcm), recogniser_checkpoint.processor.feature_extractor)

    theirs = their_inputs(official, recogniser_checkpoint, "<|audio_pad|>", pcm)
    (features,) = theirs["input_features"]
    assert theirs["feature_attention_mask"].sum() == clip.frame_count == features.shape[1]
    assert torch.equal(clip.mel[:, : clip.frame_count], features)


@pytest.mark.parametrize(
    "raw",
    [
        *(f"language {name}<asr_text>{text}" for name, text in SENTENCES.items()),
        "language None<asr_text>",
        "language CHINESE<asr_text>你好。",
        "Without a head.",
        "language English<asr_text>" + "ha" * 30,
    ],
)
def test_answers_are_read_in_the_same_way(official: Official, raw: str) -> None:
    """Language and text of an answer are those that the package finds in it."""
    heard = parse(raw, forced_language=None, truncated=False)

    assert (heard.language or "", heard.text) == official.audio.parse_asr_output(raw)


# --- what is wanted to differ -----------------------------------------------------------------

Found = Callable[[Official, Checkpoint], object]


def _units(text: str, language: str | None, first: str | None) -> tuple[Found, Found]:
    """Theirs and ours, of a text in what the recogniser called its language."""
    return (
        lambda official, _: official.units(text, language),
        lambda _official, _checkpoint: words_for_aligner(canonical(text), first),
    )


def _answer(raw: str) -> tuple[Found, Found]:
    heard = parse(raw, forced_language=None, truncated=False)
    return (
        lambda official, _: official.audio.parse_asr_output(raw),
        lambda _official, _checkpoint: (heard.language, heard.languages, heard.text),
    )


def _frame_count(sample_count: int) -> tuple[Found, Found]:
    pcm = noise(1)[:sample_count]

    def theirs(official: Official, checkpoint: Checkpoint) -> object:
        found = their_inputs(official, checkpoint, "<|audio_pad|>", pcm)
        return int(found["feature_attention_mask"].sum())

    return (
        theirs,
        lambda _, checkpoint: (
            prepare(make_clip(pcm), checkpoint.processor.feature_extractor).frame_count
        ),
    )


_LONG_LOOP = "the cat sat on the mat, all day. "
# Why it differs -> the two of it, what the package has, and what qasr has.
WANTED: dict[str, tuple[tuple[Found, Found], object, object]] = {
    "a text is canonical first, or its accents would be dropped with the punctuation": (
        _units("cafe\u0301", "French", "French"),
        ["cafe"],
        ["café"],
    ),
    "of two languages the first finds the words: those of Japanese have no spaces": (
        _units("今日は天気。", "Japanese,english", "Japanese"),
        ["今", "日", "は", "天", "気"],
        ["今日", "は", "天気"],
    ),
    "two languages are two names, each as it is written elsewhere": (
        _answer("language Chinese,English<asr_text>你好 Hello"),
        ("Chinese,english", "你好 Hello"),
        ("Chinese", ("Chinese", "English"), "你好 Hello"),
    ),
    "what is no language of the models is none": (
        _answer("language Klingon<asr_text>Qapla'."),
        ("Klingon", "Qapla'."),
        (None, (), "Qapla'."),
    ),
    "a text without a language is one all the same": (
        _answer("language None<asr_text>Hm."),
        ("", "Hm."),
        (None, (), "Hm."),
    ),
    "loops of any length are cut, the package knows those of up to 20 characters": (
        _answer("language English<asr_text>" + _LONG_LOOP * 20),
        ("English", (_LONG_LOOP * 20).strip()),
        ("English", (), _LONG_LOOP.strip()),
    ),
    "a short clip is padded to half a second, as pieces of long ones are in the package": (
        _frame_count(1600),
        10,
        50,
    ),
}


@pytest.mark.parametrize("reason", WANTED)
def test_what_differs_is_wanted(
    official: Official, aligner_checkpoint: Checkpoint, reason: str
) -> None:
    """The rows of the table are all differences that are known, and each still is one."""
    (theirs, ours), expected_theirs, expected_ours = WANTED[reason]

    assert theirs(official, aligner_checkpoint) == expected_theirs
    assert ours(official, aligner_checkpoint) == expected_ours
