"""Alignment equals the library's for a single clip, whatever else is in the batch."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.given_up import GivenUp
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.errors import AlignmentError
from tests.engines.conftest import LIBRARY_AUDIO, Recording, make_clip, noise


@pytest.fixture(scope="module")
def requests(
    aligner_checkpoint: Checkpoint, speech: list[Clip], lesson: Recording, chinese: Recording
) -> list[Request]:
    """Speech and its true text."""
    texts = [
        lesson.text(0),
        lesson.text(1),
        f"{lesson.text(0)} {lesson.text(1)}",
        f"{lesson.text(2)} {lesson.text(3)}",
        chinese.text(0),
        chinese.text(1) + chinese.text(2),
        chinese.text(3),
    ]
    extractor = aligner_checkpoint.processor.feature_extractor
    return [
        Request(
            clip=prepare(clip, extractor), text=text, language="English" if n < 4 else "Chinese"
        )
        for n, (clip, text) in enumerate(zip(speech, texts, strict=True))
    ]


def aligned(aligner: Aligner, requests: Sequence[Request]) -> list[Aligned]:
    """Timed words of each request, in their order."""
    found = dict(aligner.align(requests, len(requests)))
    assert not any(isinstance(one, Exception) for one in found.values())
    return cast("list[Aligned]", [found[index] for index in range(len(requests))])


def library_alignment(
    checkpoint: Checkpoint, request: Request
) -> tuple[list[int], list[tuple[str, int, int]]]:
    """Classes, and words with their times in the clip, by the library's own single path."""
    processor, model = checkpoint.processor, checkpoint.model
    inputs, word_lists = processor.prepare_forced_aligner_inputs(
        audio=request.clip.clip.pcm,
        transcript=request.text,
        language=request.language,
        audio_kwargs=LIBRARY_AUDIO,
    )
    with torch.inference_mode():
        logits = model(**inputs).logits
    is_time = inputs["input_ids"][0] == model.config.timestamp_token_id
    (words,) = processor.decode_forced_alignment(
        logits, inputs["input_ids"], word_lists, model.config.timestamp_token_id
    )
    timed = [
        (word["text"], round(1000 * word["start_time"]), round(1000 * word["end_time"]))
        for word in words
    ]
    return logits[0][is_time].argmax(-1).tolist(), timed


def test_what_is_done_before_gives_the_same_times(
    aligner: Aligner, requests: list[Request]
) -> None:
    """Of all clips, of some, and of none."""
    expected = aligned(aligner, requests)
    for made_count in (1, len(requests)):
        before = [
            replace(request, ahead=aligner.ahead(request.clip, lambda: True))
            for request in requests[:made_count]
        ]
        assert aligned(aligner, [*before, *requests[made_count:]]) == expected


@pytest.mark.parametrize("asked_count", [0, 1, 3])
def test_what_nobody_waits_for_is_given_up(
    aligner: Aligner, requests: list[Request], asked_count: int
) -> None:
    """Wherever it is by then."""
    answers = iter([True] * asked_count + [False])
    with pytest.raises(GivenUp):
        aligner.ahead(requests[0].clip, lambda: next(answers))


def test_classes_and_times_equal_the_librarys(
    aligner: Aligner, aligner_checkpoint: Checkpoint, requests: list[Request]
) -> None:
    """Each clip gives the library's classes, and its times moved to the clip's place."""
    for request in requests:
        classes, timed = library_alignment(aligner_checkpoint, request)
        words = [word for word, _, _ in timed]
        start_ms = ms_from_samples(request.clip.clip.span.start_sample)
        end_ms = ms_from_samples(request.clip.clip.span.end_sample)

        assert aligner.time_classes(request.clip, words) == classes
        assert [
            (word.text, word.start_ms, word.end_ms) for word in aligned(aligner, [request])[0].words
        ] == [(text, min(start_ms + a, end_ms), min(start_ms + b, end_ms)) for text, a, b in timed]


@pytest.mark.parametrize("batch_count", [2, 7])
def test_company_changes_nothing(
    aligner: Aligner, requests: list[Request], batch_count: int
) -> None:
    """Shuffled batches of any size, some without words, give the times of single clips."""
    wordless = replace(requests[0], text="...!")
    single = {id(request): aligned(aligner, [request])[0] for request in [*requests, wordless]}
    order = np.random.default_rng(batch_count).permutation(len(requests) + 1)
    shuffled = [[*requests, wordless][index] for index in order]

    for first in range(0, len(shuffled), batch_count):
        batch = shuffled[first : first + batch_count]
        assert aligned(aligner, batch) == [single[id(request)] for request in batch]


def test_words_lie_where_they_are_said(
    aligner: Aligner, requests: list[Request], lesson: Recording
) -> None:
    """The mean shift against the true times is within the demo pair's figures."""
    words = [word for request in requests[:2] for word in aligned(aligner, [request])[0].words]
    truth = lesson.truth["words"][: len(words)]

    assert [word.text for word in words] == [true["word"] for true in truth]
    shifts_ms = [
        abs(word.start_ms - true["start_ms"]) for word, true in zip(words, truth, strict=True)
    ]
    assert np.mean(shifts_ms) <= 120


def test_times_stay_inside_a_short_clip(aligner: Aligner, aligner_checkpoint: Checkpoint) -> None:
    """More words than a tenth of a second can hold still lie inside it."""
    clip = make_clip(noise(0.1), start_sample=16_000)
    request = Request(
        clip=prepare(clip, aligner_checkpoint.processor.feature_extractor),
        text="the big red dog is in the old house on Monday",
        language="English",
    )

    (found,) = aligned(aligner, [request])

    assert len(found.words) == 11
    assert all(1000 <= word.start_ms <= word.end_ms <= 1100 for word in found.words)


@pytest.mark.parametrize("language", ["English", "Turkish", None])
def test_what_cannot_be_aligned_says_why(
    aligner: Aligner, requests: list[Request], language: str | None
) -> None:
    """A text that the aligner cannot take has no words, and a reason."""
    (found,) = aligned(aligner, [replace(requests[0], text="...?!", language=language)])

    assert (found.words, found.obstacle) == ((), "its text holds no words")


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Merhaba, dünya!", "Turkish", ["Merhaba", "dünya"]),
        ("Auto's rijden: 's morgens.", "Dutch", ["Auto's", "rijden", "'s", "morgens"]),
        ("مرحبا بكم.", "Arabic", ["مرحبا", "بكم"]),
        ("नमस्ते दुनिया।", "Hindi", ["नमसत", "दनय"]),
        ("ผมไป ตลาด", "Thai", ["ผมไป", "ตลาด"]),
        ("Hm, 你好 x2.", None, ["Hm", "你", "好", "x2"]),
    ],
)
def test_other_languages_are_split_at_spaces(
    aligner: Aligner, requests: list[Request], text: str, language: str | None, words: list[str]
) -> None:
    """Letters, numbers and apostrophes between spaces, and each Han character, get times."""
    (found,) = aligned(aligner, [replace(requests[0], text=text, language=language)])

    assert [word.text for word in found.words] == words
    assert found.obstacle is None


@pytest.mark.parametrize(("language", "extra"), [("Japanese", "ja"), ("Korean", "ko")])
def test_an_absent_package_is_named(
    aligner: Aligner,
    requests: list[Request],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    extra: str,
) -> None:
    """Without its word splitter a language is told what to install."""
    for package in ("nagisa", "soynlp", "soynlp.tokenizer"):
        monkeypatch.setitem(sys.modules, package, None)

    (found,) = aligned(aligner, [replace(requests[0], text="あ아", language=language)])

    assert found.words == ()
    assert f"qasr-cli[{extra}]" in str(found.obstacle)


def test_japanese_has_its_own_splitter(aligner: Aligner, requests: list[Request]) -> None:
    """Japanese is split by the package that the aligner was trained with."""
    pytest.importorskip("nagisa")

    (found,) = aligned(aligner, [replace(requests[0], text="今日は天気。", language="Japanese")])

    assert [word.text for word in found.words] == ["今日", "は", "天気"]


def test_korean_has_its_own_splitter(aligner: Aligner, requests: list[Request]) -> None:
    """Korean is split by the package that the library asks for."""
    pytest.importorskip("soynlp")

    (found,) = aligned(aligner, [replace(requests[0], text="안녕하세요, 오늘!", language="Korean")])

    assert [word.text for word in found.words] == ["안녕하세요", "오늘"]


def test_numbers_that_overflow_are_told(aligner: Aligner, requests: list[Request]) -> None:
    """Scores that are no numbers are the error of their clip, and are not taken for times."""
    clip = requests[0].clip
    broken = replace(requests[0], clip=replace(clip, mel=clip.mel * float("nan")))

    found = dict(aligner.align([broken, requests[1]], 2))

    assert isinstance(found[0], AlignmentError)
    assert "float32" in str(found[0])
    assert found[1] == aligned(aligner, [requests[1]])[0]
