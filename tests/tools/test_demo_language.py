"""The demo pair's language and its speakers."""

import ctypes.util
import itertools

import numpy as np
import pytest
from transformers import Qwen3ASRProcessor

from tools.demo_judge import DEMO_PAIR
from tools.demo_language import Language, is_held_out, random_sentence, vocabulary, words_of
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Utterance, resample
from tools.demo_voices import (
    CHINESE_ACCENT,
    ENGLISH_ACCENTS,
    HELD_OUT_VARIANTS,
    TRAINING_VARIANTS,
    Voice,
)

LANGUAGES: tuple[Language, ...] = ("English", "Chinese")
_ALIGNER = DEMO_PAIR / "aligner"
_SILENCE = np.zeros(SAMPLE_RATE_HZ // 10, np.float32)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def test_vocabulary_is_the_demo_pairs() -> None:
    """The grammar has 128 English words, decimals and 48 Chinese characters."""
    english = vocabulary("English")
    decimals = {word for word in english if word.isdigit()}
    assert len(english - decimals) == 128
    assert decimals == {str(number) for number in range(11, 100) if number % 10}
    assert len(vocabulary("Chinese")) == 48


@every_language
@pytest.mark.parametrize("held_out", [True, False])
def test_sentences_keep_to_their_side(language: Language, held_out: bool) -> None:
    """A held-out sentence is never drawn for training, nor the other way round."""
    rng = np.random.default_rng(0)
    sentences = [random_sentence(rng, language, held_out=held_out) for _ in range(200)]
    assert {is_held_out(sentence) for sentence in sentences} == {held_out}
    words = {word.lower() for sentence in sentences for word in words_of(sentence, language)}
    assert words <= vocabulary(language)


def test_no_held_out_voice_is_trained_on() -> None:
    """Voice variants are either for training or for tests."""
    assert not set(TRAINING_VARIANTS) & set(HELD_OUT_VARIANTS)


def test_words_lose_punctuation() -> None:
    """English is split at white space, Chinese into characters; signs inside a word are lost."""
    assert words_of("Hello, Anna.", "English") == ("Hello", "Anna")
    assert words_of("It is 3.5, Dr. Brown.", "English") == ("It", "is", "35", "Dr", "Brown")
    assert words_of("你好，请喝茶。", "Chinese") == tuple("你好请喝茶")


@every_language
def test_words_are_those_of_the_aligner(language: Language) -> None:
    """The library's processor splits a text into the same words."""
    processor = Qwen3ASRProcessor.from_pretrained(_ALIGNER)
    rng = np.random.default_rng(2)
    for _ in range(200):
        text = random_sentence(rng, language, held_out=True)
        _, (words,) = processor.prepare_forced_aligner_inputs(
            audio=[_SILENCE], transcript=[text], language=[language]
        )
        assert tuple(words) == words_of(text, language)


def test_resampling_keeps_the_tone() -> None:
    """A tone below both limits is the same tone at the new rate."""
    tone = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050).astype(np.float32)
    expected = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    np.testing.assert_allclose(resample(tone, 16_000), expected, atol=1e-5)


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    """The synthesizer."""
    if ctypes.util.find_library("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    return Espeak()


def _said(espeak: Espeak, text: str, language: Language) -> Utterance:
    accent = ENGLISH_ACCENTS[0] if language == "English" else CHINESE_ACCENT
    utterance = espeak.say(text, language, Voice(accent=accent, variant="m3"))
    assert utterance is not None
    return utterance


@every_language
def test_every_word_is_timed(espeak: Espeak, language: Language) -> None:
    """All words of a sentence sound one after the other inside the utterance."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        text = random_sentence(rng, language, held_out=False)
        utterance = _said(espeak, text, language)
        assert tuple(word.text for word in utterance.words) == words_of(text, language)
        edges = [(word.start_sample, word.end_sample) for word in utterance.words]
        assert all(start < end for start, end in edges)
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(edges))
        assert edges[-1][1] <= len(utterance.pcm)


def test_joined_words_are_told_apart(espeak: Espeak) -> None:
    """Words that espeak reports as one ("in the", "not a") get times of their own."""
    utterance = _said(espeak, "Now, I see a big cat, not a red dog.", "English")
    a = utterance.words[7]
    assert a.text == "a"
    assert 0.02 < (a.end_sample - a.start_sample) / SAMPLE_RATE_HZ < 0.2


@pytest.mark.parametrize("accent", ENGLISH_ACCENTS)
def test_titles_and_decimals_are_one_word_each(espeak: Espeak, accent: str) -> None:
    """A title is spoken out and without a rest, a decimal lasts for all that is said of it."""
    utterance = espeak.say("Dr. Green sees 3.5 apples.", "English", Voice(accent=accent))
    assert utterance is not None
    assert [word.text for word in utterance.words] == ["Dr", "Green", "sees", "35", "apples"]
    assert all(
        left.end_sample == right.start_sample for left, right in itertools.pairwise(utterance.words)
    )
    title, _, _, decimal, _ = (
        (word.end_sample - word.start_sample) / SAMPLE_RATE_HZ for word in utterance.words
    )
    assert 0.2 < title < 0.6
    assert 0.6 < decimal < 1.3


def test_unknown_voice_is_an_error(espeak: Espeak) -> None:
    """A voice that espeak does not have is not replaced by another."""
    with pytest.raises(ValueError, match="no voice"):
        espeak.say("Hello, Anna.", "English", Voice(accent="no-such-voice"))
