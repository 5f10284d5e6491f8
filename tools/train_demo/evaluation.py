"""The evaluate stage: every figure that the demo pair is held to, printed and kept as JSON."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tools.demo_judge import edit_distance
from tools.demo_language import Language, words_of
from tools.demo_speech import SAMPLE_RATE_HZ
from tools.train_demo.clips import Clip
from tools.train_demo.pair import Aligner, Answer, Recogniser
from tools.train_demo.store import load_clips

_SHORT_S, _LONG_S = 12.0, 24.5  # a little more than the longest clips
_NEAR_MS = 160.0
_ALONE_COUNT = 60
_SHOWN_MISTAKES = 30
_LENGTH_BANDS_S = ((0, 4), (4, 8), (8, 12), (12, 16), (16, 20), (20, 25))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number.

    Attributes:
        limit: what it must not exceed, or not fall below; None for numbers that only inform.
        more_is_better: which of the two.
        clip_count: how many clips it was measured on.
        counted: words, characters, word boundaries or clips that it is a share or mean of.
    """

    name: str
    unit: str
    measured: float
    clip_count: int
    counted: int
    limit: float | None = None
    more_is_better: bool = False

    @property
    def reached(self) -> bool:
        """Whether it is good enough."""
        if self.limit is None:
            return True
        if self.more_is_better:
            return self.measured >= self.limit
        return self.measured <= self.limit

    def __str__(self) -> str:
        text = f"{self.name:<44} {self.measured:8.2f} {self.unit:<4}"
        if self.limit is not None:
            sign = ">=" if self.more_is_better else "<="
            text += f" {sign} {self.limit:g}{'' if self.reached else '  NOT REACHED'}"
        return f"{text}  ({self.clip_count} clips, {self.counted})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    clip: Clip
    answer: Answer

    @property
    def length_s(self) -> float:
        return _length_s(self.clip)

    def errors(self) -> tuple[int, int]:
        """Words wrong and words said."""
        language: Language = self.clip.language or "English"
        said = words_of(self.clip.text, language)
        return edit_distance(said, words_of(self.answer.text, language)), len(said)


def evaluate(pair: Path, data: Path, report: Path) -> list[Figure]:
    """Measure a pair; print the figures and write them down."""
    test, slt, quiet = (load_clips(data, name) for name in ("test", "slt", "quiet"))
    recogniser, aligner = Recogniser(pair), Aligner(pair)
    heard = _heard(recogniser, test)
    heard_slt = _heard(recogniser, slt)
    heard_quiet = _heard(recogniser, quiet)
    timed = [clip for clip in test if clip.words]
    figures = [
        *_recognition_figures(heard, heard_slt),
        *_language_figures([*heard, *heard_slt]),
        _quiet_figure(heard_quiet),
        *_alignment_figures(timed, aligner.edges_ms(timed)),
        *_company_figures(recogniser, aligner, heard, timed),
    ]
    _write(report, figures, [*heard, *heard_slt, *heard_quiet])
    print("\n".join(map(str, figures)))
    return figures


def _heard(recogniser: Recogniser, clips: Sequence[Clip]) -> list[_Heard]:
    return [
        _Heard(clip=clip, answer=answer)
        for clip, answer in zip(clips, recogniser.answers(clips), strict=True)
    ]


def _recognition_figures(heard: Sequence[_Heard], slt: Sequence[_Heard]) -> list[Figure]:
    figures = []
    for name, language, limit in (("English WER", "English", 2.5), ("Chinese CER", "Chinese", 3.0)):
        spoken = [one for one in heard if one.clip.language == language]
        figures += [
            _error_rate(f"{name}, up to 12 s", _between(spoken, 0, _SHORT_S), limit),
            _error_rate(f"{name}, 12 to 24 s", _between(spoken, _SHORT_S, _LONG_S), 6.0),
        ]
        figures += [
            _error_rate(f"{name}, {low} to {high} s", _between(spoken, low, high))
            for low, high in _LENGTH_BANDS_S
        ]
    figures += [
        _error_rate("WER of flite slt, up to 12 s", _between(slt, 0, _SHORT_S)),
        _error_rate("WER of flite slt", slt, 10.0),
    ]
    return [figure for figure in figures if figure.clip_count]


def _between(heard: Sequence[_Heard], low_s: float, high_s: float) -> list[_Heard]:
    return [one for one in heard if low_s <= one.length_s < high_s]


def _error_rate(name: str, heard: Sequence[_Heard], limit: float | None = None) -> Figure:
    wrong = sum(one.errors()[0] for one in heard)
    said = sum(one.errors()[1] for one in heard)
    return Figure(
        name=name,
        unit="%",
        measured=100 * wrong / max(1, said),
        clip_count=len(heard),
        counted=said,
        limit=limit,
    )


def _language_figures(heard: Sequence[_Heard]) -> list[Figure]:
    right = sum(one.answer.language == one.clip.language for one in heard)
    exact = sum(one.answer.text == one.clip.text for one in heard)
    return [
        Figure(
            name="language right",
            unit="%",
            measured=100 * right / len(heard),
            clip_count=len(heard),
            counted=right,
            limit=99.0,
            more_is_better=True,
        ),
        Figure(
            name="text right to the last sign",
            unit="%",
            measured=100 * exact / len(heard),
            clip_count=len(heard),
            counted=exact,
        ),
    ]


def _quiet_figure(heard: Sequence[_Heard]) -> Figure:
    empty = sum(not one.answer.text for one in heard)
    return Figure(
        name="silence, noise and tones left empty",
        unit="%",
        measured=100 * empty / len(heard),
        clip_count=len(heard),
        counted=empty,
        limit=100.0,
        more_is_better=True,
    )


def _alignment_figures(clips: Sequence[Clip], edges_ms: Sequence[Sequence[float]]) -> list[Figure]:
    def mean(shifts_ms: Sequence[float]) -> float:
        return float(np.mean(shifts_ms))

    def near(shifts_ms: Sequence[float]) -> float:
        return 100 * float(np.mean(np.array(shifts_ms) <= _NEAR_MS))

    shifts = [
        (_length_s(clip), _shifts_ms(clip, edges))
        for clip, edges in zip(clips, edges_ms, strict=True)
    ]
    rows: list[tuple[float, float, str, str, Callable[[Sequence[float]], float], float | None]] = [
        (0, _SHORT_S, "mean shift, up to 12 s", "ms", mean, 60.0),
        (0, _SHORT_S, "within 160 ms, up to 12 s", "%", near, 95.0),
        (_SHORT_S, _LONG_S, "mean shift, 12 to 24 s", "ms", mean, 120.0),
        (_SHORT_S, _LONG_S, "within 160 ms, 12 to 24 s", "%", near, None),
    ]
    rows += [
        (low, high, f"mean shift, {low} to {high} s", "ms", mean, None)
        for low, high in _LENGTH_BANDS_S
    ]
    figures = []
    for low_s, high_s, name, unit, measure, limit in rows:
        chosen = [each for length_s, each in shifts if low_s <= length_s < high_s]
        if chosen:
            every = [shift for each in chosen for shift in each]
            figures.append(
                Figure(
                    name=f"word boundaries: {name}",
                    unit=unit,
                    measured=measure(every),
                    clip_count=len(chosen),
                    counted=len(every),
                    limit=limit,
                    more_is_better=measure is near,
                )
            )
    return figures


def _shifts_ms(clip: Clip, edges_ms: Sequence[float]) -> list[float]:
    truth_ms = [
        sample * 1000 / SAMPLE_RATE_HZ
        for word in clip.words or ()
        for sample in (word.start_sample, word.end_sample)
    ]
    return [abs(got - true) for got, true in zip(edges_ms, truth_ms, strict=True)]


def _company_figures(
    recogniser: Recogniser, aligner: Aligner, heard: Sequence[_Heard], timed: Sequence[Clip]
) -> list[Figure]:
    """Whether a clip in a batch is answered as it is alone."""
    texts = [recogniser.answer_alone(one.clip) == one.answer for one in heard[:_ALONE_COUNT]]
    few = timed[:_ALONE_COUNT]
    times = [
        aligner.edges_alone_ms(clip) == edges
        for clip, edges in zip(few, aligner.edges_ms(few), strict=True)
    ]
    return [
        Figure(
            name=f"{what} in a batch as alone",
            unit="%",
            measured=100 * sum(same) / len(same),
            clip_count=len(same),
            counted=sum(same),
            limit=100.0,
            more_is_better=True,
        )
        for what, same in (("text", texts), ("times", times))
    ]


def _write(report: Path, figures: Sequence[Figure], heard: Sequence[_Heard]) -> None:
    mistakes = [
        {"voice": one.clip.voice, "said": one.clip.text, "heard": one.answer.text}
        for one in heard
        if one.answer.text != one.clip.text
    ]
    content = {
        "figures": [{**asdict(figure), "reached": figure.reached} for figure in figures],
        "first_mistakes": mistakes[:_SHOWN_MISTAKES],
    }
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _length_s(clip: Clip) -> float:
    return len(clip.pcm) / SAMPLE_RATE_HZ
