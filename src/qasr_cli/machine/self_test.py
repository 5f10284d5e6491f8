"""A bundled recording through the real engine, checked by its true words."""

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

import qasr_cli
from qasr_cli.checkpoints.catalog import DEMO
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, Span, Word
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# The demo pair hears this recording without a mistake, its words about 45 ms off; a wrong device,
# library or number format shows as garbage, not as a little more than that.
MAX_WORD_ERROR_RATE = 0.05
MAX_MEAN_SHIFT_MS = 200.0
# All other models hear a human being: eleven words, of which an accent may cost two.
MAX_WORD_ERROR_RATE_OF_OTHERS = 0.2

_FOLDER = Path(qasr_cli.__file__).parent / "demo" / "selftest"
_HUMAN_FOLDER = _FOLDER / "human"
_NOT_OF_WORDS = ".,?!"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What was said, what was heard, and how far apart they are.

    Attributes:
        models: role -> name and revision of what was tested.
        word_error_rate: wrong, missing and added words over the words said.
        mean_shift_ms: mean distance of the starts and ends of the words heard right from the
            truth; None when no word was. Of a human being's sentence only its own start and end
            are known.
    """

    device: str
    said: str
    heard: str
    word_error_rate: float
    mean_shift_ms: float | None
    models: dict[str, str] = field(default_factory=dict)
    max_word_error_rate: float = MAX_WORD_ERROR_RATE

    @property
    def is_passed(self) -> bool:
        """Whether both measures are within their limits."""
        return (
            self.word_error_rate <= self.max_word_error_rate
            and self.mean_shift_ms is not None
            and self.mean_shift_ms <= MAX_MEAN_SHIFT_MS
        )


def run_self_test(
    device: str,
    *,
    model: str = DEMO,
    model_dir: str | None = None,
    quantize: Literal["none", "int8", "int4"] = "none",
) -> SelfTest:
    """Transcribe a bundled recording on a device ("cpu", "cuda:0" ...).

    Args:
        model: with its aligner; the demo pair is always here, and hears the voice that it knows.
        quantize: as `--quantize`.

    Raises:
        EngineError: the engine could not do it at all.
    """
    truth = _truth(_FOLDER if _is_demo(model) else _HUMAN_FOLDER)
    options = EngineOptions(model=model, device=device, model_dir=model_dir, quantize=quantize)
    engine = build_engine(options)
    try:
        (result,) = engine.run([_clip(truth.pcm)])
    finally:
        engine.close()
    match result:
        case ClipDone():
            return SelfTest(
                device=device,
                said=truth.said,
                heard=result.text,
                word_error_rate=word_error_rate(truth.words, result.words),
                mean_shift_ms=truth.shift_ms(result.words),
                models=engine.models,
                max_word_error_rate=_most_errors(model),
            )
        case ClipFailed():
            raise result.error
        case _:
            assert_never(result)


def _is_demo(model: str) -> bool:
    return model.casefold() == DEMO


def _most_errors(model: str) -> float:
    return MAX_WORD_ERROR_RATE if _is_demo(model) else MAX_WORD_ERROR_RATE_OF_OTHERS


def word_error_rate(said: tuple[Word, ...], heard: tuple[Word, ...]) -> float:
    """Fewest changed, lost and added words that lead from one to the other, over those said."""
    costs = list(range(len(heard) + 1))
    for said_count, said_word in enumerate(said, start=1):
        diagonal, costs[0] = costs[0], said_count
        for heard_count, heard_word in enumerate(heard, start=1):
            substituted = diagonal + (said_word.text.casefold() != heard_word.text.casefold())
            diagonal = costs[heard_count]
            costs[heard_count] = min(substituted, diagonal + 1, costs[heard_count - 1] + 1)
    return costs[-1] / len(said)


def mean_shift_ms(said: tuple[Word, ...], heard: tuple[Word, ...]) -> float | None:
    """Mean distance of starts and ends over the words heard right; None when there are none."""
    matcher = difflib.SequenceMatcher(
        a=[word.text.casefold() for word in said],
        b=[word.text.casefold() for word in heard],
        autojunk=False,
    )
    shifts_ms = [
        abs(expected - actual)
        for block in matcher.get_matching_blocks()
        for a, b in zip(
            said[block.a : block.a + block.size],
            heard[block.b : block.b + block.size],
            strict=True,
        )
        for expected, actual in ((a.start_ms, b.start_ms), (a.end_ms, b.end_ms))
    ]
    return sum(shifts_ms) / len(shifts_ms) if shifts_ms else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Truth:
    """A recording and what is said in it.

    Attributes:
        speech: where it begins and ends; None = the words have times.
    """

    said: str
    words: tuple[Word, ...]
    speech: Word | None
    pcm: "npt.NDArray[np.float32]"

    def shift_ms(self, heard: tuple[Word, ...]) -> float | None:
        """Mean distance of what is known of the times."""
        if self.speech is None:
            return mean_shift_ms(self.words, heard)
        if not heard:
            return None
        before_ms = abs(heard[0].start_ms - self.speech.start_ms)
        return (before_ms + abs(heard[-1].end_ms - self.speech.end_ms)) / 2


def _truth(folder: Path) -> _Truth:
    document = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    speech = document.get("speech")
    if speech is None:
        words = tuple(_word(word["word"], word) for word in document["words"])
    else:
        words = tuple(_word(text.strip(_NOT_OF_WORDS), speech) for text in document["text"].split())
    return _Truth(
        said=document["text"],
        words=words,
        speech=None if speech is None else _word(document["text"], speech),
        pcm=_read_pcm(folder / "speech.wav"),
    )


def _word(text: str, times: dict[str, int]) -> Word:
    return Word(text=text, start_ms=times["start_ms"], end_ms=times["end_ms"])


def bundled_speech() -> "npt.NDArray[np.float32]":
    """A sentence of 4.5 s, mono, 16 kHz, in [-1, 1]."""
    return _read_pcm(_FOLDER / "speech.wav")


def _clip(pcm: "npt.NDArray[np.float32]") -> Clip:
    return Clip(
        clip_id=f"self-test/0-{len(pcm)}",
        span=Span(start_sample=0, end_sample=len(pcm)),
        language=None,
        pcm=pcm,
    )


def _read_pcm(path: Path) -> "npt.NDArray[np.float32]":
    """A bundled 16 kHz mono WAV; needs no ffmpeg, so that a doctor can do without."""
    import soundfile

    pcm: npt.NDArray[np.float32] = soundfile.read(path, dtype="float32")[0]
    return pcm
