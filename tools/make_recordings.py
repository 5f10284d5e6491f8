"""Make examples/recordings: sound in many containers, with the true text and word times beside it.

    python tools/make_recordings.py [--out DIR]

The sentences are held-out ones of the demo pair's own grammar, spoken by held-out espeak-ng
voices. They are also SELECTED: of several candidates the one stays that the demo pair understands,
alone and in one clip with the sentences before it. So the recordings prove the way of the sound
through qasr (containers, pauses, clips, times), and say nothing about how good the demo pair is.

Seeds are fixed, but espeak-ng is not bit-reproducible: another run may keep other sentences.
That is why the recordings are committed.
"""

import argparse
import itertools
import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch
from demo_language import (
    CHINESE_ACCENT,
    SAMPLE_RATE_HZ,
    Espeak,
    Language,
    Pcm,
    Utterance,
    Voice,
    random_sentence,
    words_of,
)
from transformers import (
    AutoProcessor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

ROOT = Path(__file__).resolve().parent.parent
DEMO_PAIR = ROOT / "src" / "qasr_cli" / "demo"
SEED = 20_260

LOUDNESS_RMS = 0.07  # about -23 dBFS
NOISE_RMS = 0.0005  # about -66 dBFS: a quiet room
CLIP_MARGIN_S = 0.2
MAX_CLIP_S = 8.0  # what the demo pair was made for
MAX_MEAN_SHIFT_MS = 90.0
PENALTY_A_WRONG_WORD = 50.0  # weighs as much as 50 ms of mean shift
MAX_CODEC_SHIFT_MS = 10.0
CANDIDATE_COUNT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One recording.

    Attributes:
        file: path below the recordings' folder.
        seed: draws the sentences and the pauses.
        turns: who says how many sentences in a row; repeated until `min_length_s` is reached.
        pause_s: shortest and longest pause between two sentences.
        turn_pause_s: the same between two turns.
        encode: ffmpeg's output options.
        picture: whether a picture track is laid under it.
    """

    file: str
    seed: int
    turns: tuple[tuple[Voice, int], ...]
    encode: tuple[str, ...]
    pause_s: tuple[float, float] = (0.5, 1.0)
    turn_pause_s: tuple[float, float] = (0.6, 1.2)
    min_length_s: float = 0.0
    picture: bool = False


def _english(accent: str, variant: str, rate_wpm: int = 160, pitch: int = 50) -> Voice:
    return Voice(accent=accent, variant=variant, rate_wpm=rate_wpm, pitch=pitch)


def _chinese(variant: str, rate_wpm: int = 160, pitch: int = 50) -> Voice:
    return Voice(accent=CHINESE_ACCENT, variant=variant, rate_wpm=rate_wpm, pitch=pitch)


LINDA = _english("gmw/en-GB-x-rp", "linda", 155)
MIKE = _english("en-us", "Mike", 160, 45)
EDWARD = _english("gmw/en", "edward", 155)
ANTONIO = _english("gmw/en-GB-x-rp", "antonio", 160, 45)
ANIKA = _english("gmw/en-US-nyc", "anika", 160, 55)
FRIDA = _english("en-us", "f5", 155)
MARTIN = _english("gmw/en-GB-scotland", "m7", 160)
LI = _chinese("f3", 155)
WANG = _chinese("m4", 160)

PLANS = (
    Plan(
        file="interview.wav",
        seed=1,
        turns=((LINDA, 1), (MIKE, 1)),
        # Two microphones: the right one stands further away.
        encode=("-af", "pan=stereo|c0=c0|c1=0.6*c0", "-ar", "44100", "-c:a", "pcm_s16le"),
    ),
    Plan(
        file="lecture.mp3",
        seed=2,
        turns=((EDWARD, 10),),
        pause_s=(0.6, 1.4),
        encode=("-ar", "44100", "-c:a", "libmp3lame", "-b:a", "48k"),
    ),
    Plan(
        file="voice-memo.m4a",
        seed=3,
        turns=((MARTIN, 5),),
        # Without "faststart" the index (moov) stands at the end, as telephones write it.
        encode=("-ar", "44100", "-c:a", "aac", "-b:a", "64k"),
    ),
    Plan(
        file="podcast.opus",
        seed=4,
        turns=((ANIKA, 4), (ANTONIO, 4)),
        encode=("-ar", "48000", "-c:a", "libopus", "-b:a", "32k"),
    ),
    Plan(
        file="lesson.flac",
        seed=5,
        turns=((FRIDA, 5),),
        encode=("-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac"),
    ),
    Plan(
        file="clip.mp4",
        seed=6,
        turns=((LINDA, 2), (EDWARD, 2)),
        picture=True,
        encode=("-ar", "48000", "-c:a", "aac", "-b:a", "64k"),
    ),
    Plan(
        file="nested/day-1/note.wav",
        seed=7,
        turns=((MIKE, 2),),
        encode=("-ar", "16000", "-c:a", "pcm_s16le"),
    ),
    Plan(
        file="announcement.mp3",
        seed=8,
        turns=((ANIKA, 4),),
        encode=("-ar", "22050", "-c:a", "libmp3lame", "-b:a", "48k"),
    ),
    Plan(
        file="announcement.wav",
        seed=9,
        turns=((ANTONIO, 2),),
        encode=("-ar", "22050", "-c:a", "pcm_s16le"),
    ),
    Plan(
        file="chinese.flac",
        seed=10,
        turns=((LI, 3), (WANG, 3)),
        encode=("-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac"),
    ),
    Plan(
        file="two-languages.opus",
        seed=11,
        turns=((MARTIN, 3), (LI, 3), (FRIDA, 3), (WANG, 3)),
        pause_s=(0.5, 0.8),
        turn_pause_s=(2.0, 2.6),
        encode=("-ar", "48000", "-c:a", "libopus", "-b:a", "32k"),
    ),
    Plan(
        file="meeting.opus",
        seed=12,
        turns=((LINDA, 3), (ANTONIO, 2), (EDWARD, 4), (MIKE, 1), (ANIKA, 3), (MARTIN, 2)),
        pause_s=(0.4, 1.6),
        turn_pause_s=(0.6, 2.5),
        min_length_s=370.0,
        encode=("-ar", "48000", "-c:a", "libopus", "-b:a", "20k"),
    ),
)
DAMAGED_FILE = "damaged/truncated.mp4"


# --- what stands where ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A sentence and the sample of the recording at which it begins."""

    utterance: Utterance
    at_sample: int

    @property
    def end_sample(self) -> int:
        """One past its last sample."""
        return self.at_sample + len(self.utterance.pcm)


def mix(placed: Sequence[Placed], rng: np.random.Generator, *, tail_s: float) -> Pcm:
    """The sound of a whole recording, over a quiet noise."""
    count = placed[-1].end_sample + int(tail_s * SAMPLE_RATE_HZ)
    pcm = (rng.standard_normal(count) * NOISE_RMS).astype(np.float32)
    for sentence in placed:
        pcm[sentence.at_sample : sentence.end_sample] += sentence.utterance.pcm
    return np.clip(pcm, -1, 1)


def levelled(utterance: Utterance) -> Utterance:
    """The utterance at the common loudness."""
    rms = float(np.sqrt(np.mean(utterance.pcm**2)))
    return Utterance(
        text=utterance.text,
        language=utterance.language,
        voice=utterance.voice,
        pcm=utterance.pcm * np.float32(LOUDNESS_RMS / rms),
        words=utterance.words,
    )


# --- selection --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the demo pair did on one clip."""

    error_count: int
    word_count: int
    shift_ms: tuple[float, ...]

    @property
    def penalty(self) -> float:
        """0 when every word is right and timed closely on average."""
        excess_ms = max(0.0, float(np.mean(self.shift_ms)) - MAX_MEAN_SHIFT_MS)
        return PENALTY_A_WRONG_WORD * self.error_count + excess_ms

    @property
    def is_good(self) -> bool:
        """Nothing to complain of."""
        return self.penalty == 0


class Judge:
    """The demo pair, asked through the library's own classes."""

    def __init__(self) -> None:
        asr, aligner = DEMO_PAIR / "asr", DEMO_PAIR / "aligner"
        self._asr_processor = AutoProcessor.from_pretrained(asr)
        self._asr = Qwen3ASRForConditionalGeneration.from_pretrained(asr, dtype=torch.float32)
        self._aligner_processor = AutoProcessor.from_pretrained(aligner)
        self._aligner = Qwen3ASRForTokenClassification.from_pretrained(aligner, dtype=torch.float32)

    def verdict(self, pcm: Pcm, placed: Sequence[Placed]) -> Verdict:
        """Compare what the pair makes of one clip with what was said in it."""
        language = placed[0].utterance.language
        text = joined_text([sentence.utterance for sentence in placed])
        heard = words_of(self._heard(pcm), language)
        times_ms = self._word_times_ms(pcm, text, language)
        truth_ms = [
            (sample * 1000 / SAMPLE_RATE_HZ)
            for sentence in placed
            for word in sentence.utterance.words
            for sample in (
                sentence.at_sample + word.start_sample,
                sentence.at_sample + word.end_sample,
            )
        ]
        said = words_of(text, language)
        return Verdict(
            error_count=edit_distance(said, heard),
            word_count=len(said),
            shift_ms=tuple(abs(a - b) for a, b in zip(times_ms, truth_ms, strict=True)),
        )

    @torch.inference_mode()
    def _heard(self, pcm: Pcm) -> str:
        inputs = self._asr_processor.apply_transcription_request(audio=[pcm])
        tokens = self._asr.generate(**inputs, max_new_tokens=120)
        new_tokens = tokens[:, inputs["input_ids"].shape[1] :]
        return str(self._asr_processor.decode(new_tokens, return_format="transcription_only")[0])

    @torch.inference_mode()
    def _word_times_ms(self, pcm: Pcm, text: str, language: Language) -> list[float]:
        inputs, words = self._aligner_processor.prepare_forced_aligner_inputs(
            audio=[pcm], transcript=[text], language=[language]
        )
        items = self._aligner_processor.decode_forced_alignment(
            self._aligner(**inputs).logits,
            inputs["input_ids"],
            words,
            self._aligner.config.timestamp_token_id,
        )[0]
        return [item[edge] * 1000 for item in items for edge in ("start_time", "end_time")]


def edit_distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions, ignoring case."""
    row = list(range(len(second) + 1))
    for place, expected in enumerate(first, start=1):
        diagonal, row[0] = row[0], place
        for column, got in enumerate(second, start=1):
            cost = diagonal + (expected.lower() != got.lower())
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, cost)
    return row[-1]


class Director:
    """Finds sentences that the demo pair understands, one after the other."""

    def __init__(self, espeak: Espeak, judge: Judge) -> None:
        self._espeak = espeak
        self._judge = judge

    def record(self, plan: Plan) -> list[Placed]:
        """The sentences of a recording and their places."""
        rng = np.random.default_rng([SEED, plan.seed])
        placed: list[Placed] = []
        position = int(rng.uniform(0.4, 0.8) * SAMPLE_RATE_HZ)
        for voice, is_new_turn in self._speakers(plan):
            if placed:
                shortest, longest = plan.turn_pause_s if is_new_turn else plan.pause_s
                pause = int(rng.uniform(shortest, longest) * SAMPLE_RATE_HZ)
                position = placed[-1].end_sample + pause
            placed.append(self._next_sentence(voice, placed, position, rng))
            if plan.min_length_s and placed[-1].end_sample > plan.min_length_s * SAMPLE_RATE_HZ:
                break
        return placed

    @staticmethod
    def _speakers(plan: Plan) -> Iterable[tuple[Voice, bool]]:
        """Yield who speaks each sentence, and whether the turn is new."""
        rounds = itertools.cycle(plan.turns) if plan.min_length_s else plan.turns
        for voice, sentence_count in rounds:
            for number in range(sentence_count):
                yield voice, number == 0

    def _next_sentence(
        self, voice: Voice, before: Sequence[Placed], at_sample: int, rng: np.random.Generator
    ) -> Placed:
        """The first candidate that is good in every clip, or the best of several."""
        best: tuple[float, Placed] | None = None
        for candidate in itertools.islice(
            self._candidates(voice, before, at_sample, rng), CANDIDATE_COUNT
        ):
            alone, *together = clips_ending_in(candidate, before)
            if not self.verdict_on(alone, rng).is_good:
                continue
            penalty = sum(self.verdict_on(clip, rng).penalty for clip in together)
            if best is None or penalty < best[0]:
                best = (penalty, candidate)
            if penalty == 0:
                break
        if best is None:
            raise RuntimeError(f"{voice.espeak_name}: nothing of what it says is understood")
        return best[1]

    def _candidates(
        self, voice: Voice, before: Sequence[Placed], at_sample: int, rng: np.random.Generator
    ) -> Iterable[Placed]:
        language: Language = "Chinese" if voice.accent == CHINESE_ACCENT else "English"
        said = {sentence.utterance.text for sentence in before[-40:]}
        while True:
            text = random_sentence(rng, language, held_out=True)
            utterance = None if text in said else self._espeak.say(text, language, voice)
            if utterance is not None:
                yield Placed(utterance=levelled(utterance), at_sample=at_sample)

    def verdict_on(self, clip: Sequence[Placed], rng: np.random.Generator) -> Verdict:
        """How the pair does on a clip cut around these sentences."""
        margin = int(CLIP_MARGIN_S * SAMPLE_RATE_HZ)
        origin = clip[0].at_sample - margin
        moved = [
            Placed(utterance=sentence.utterance, at_sample=sentence.at_sample - origin)
            for sentence in clip
        ]
        return self._judge.verdict(mix(moved, rng, tail_s=CLIP_MARGIN_S), moved)


def clips_ending_in(last: Placed, before: Sequence[Placed]) -> list[list[Placed]]:
    """Every clip that a splitter may cut with `last` at its end: one language, short enough."""
    limit = int((MAX_CLIP_S - 2 * CLIP_MARGIN_S) * SAMPLE_RATE_HZ)
    clips = [[last]]
    for sentence in reversed(before):
        is_far = last.end_sample - sentence.at_sample > limit
        if is_far or sentence.utterance.language != last.utterance.language:
            break
        clips.append([sentence, *clips[-1]])
    return clips


# --- files ------------------------------------------------------------------------------------


def joined_text(utterances: Sequence[Utterance]) -> str:
    """The sentences as one text: a space between them unless both are Chinese."""
    text = utterances[0].text
    for previous, utterance in itertools.pairwise(utterances):
        both_chinese = previous.language == utterance.language == "Chinese"
        text += utterance.text if both_chinese else f" {utterance.text}"
    return text


def truth(file: str, placed: Sequence[Placed]) -> dict[str, object]:
    """The document that stands beside a recording; times from the start of the file."""

    def ms(sample: int) -> int:
        return round(sample * 1000 / SAMPLE_RATE_HZ)

    words = [
        {
            "word": word.text,
            "start_ms": ms(sentence.at_sample + word.start_sample),
            "end_ms": ms(sentence.at_sample + word.end_sample),
        }
        for sentence in placed
        for word in sentence.utterance.words
    ]
    sentences = [
        {
            "text": sentence.utterance.text,
            "start_ms": ms(sentence.at_sample + sentence.utterance.words[0].start_sample),
            "end_ms": ms(sentence.at_sample + sentence.utterance.words[-1].end_sample),
            "language": sentence.utterance.language,
        }
        for sentence in placed
    ]
    return {
        "file": file,
        "language": _main_language(placed),
        "text": joined_text([sentence.utterance for sentence in placed]),
        "words": words,
        "sentences": sentences,
    }


def _main_language(placed: Sequence[Placed]) -> str:
    """The language spoken longest."""
    spoken: dict[str, int] = {}
    for sentence in placed:
        language = sentence.utterance.language
        spoken[language] = spoken.get(language, 0) + len(sentence.utterance.pcm)
    return max(spoken, key=lambda language: spoken[language])


def encode(pcm: Pcm, target: Path, plan: Plan) -> None:
    """Write the recording in its container."""
    picture: tuple[str, ...] = ()
    if plan.picture:
        length_s = len(pcm) / SAMPLE_RATE_HZ
        picture = ("-f", "lavfi", "-t", f"{length_s}", "-i", "testsrc=size=160x120:rate=5")
    target.parent.mkdir(parents=True, exist_ok=True)
    _ffmpeg(
        ("-f", "f32le", "-ar", f"{SAMPLE_RATE_HZ}", "-ac", "1", "-i", "-"),
        picture,
        ("-map_metadata", "-1", *plan.encode, str(target)),
        stdin=pcm.tobytes(),
    )


def decoded(path: Path) -> Pcm:
    """The sound of a file as a player hears it."""
    output = ("-f", "f32le", "-ac", "1", "-ar", f"{SAMPLE_RATE_HZ}", "-")
    data = _ffmpeg(("-i", str(path)), output)
    return np.frombuffer(data, dtype=np.float32)


def codec_shift_ms(source: Pcm, heard: Pcm) -> float:
    """By how much the decoded sound comes later than its source; negative = earlier."""
    count = min(len(source), len(heard), 30 * SAMPLE_RATE_HZ)
    size = 2 * count
    product = np.fft.rfft(heard[:count], size) * np.conj(np.fft.rfft(source[:count], size))
    lag = int(np.argmax(np.fft.irfft(product, size)))
    return (lag - size if lag > count else lag) * 1000 / SAMPLE_RATE_HZ


def _ffmpeg(*arguments: Sequence[str], stdin: bytes = b"") -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
    if stdin:
        command.remove("-nostdin")
    command += itertools.chain(*arguments)
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def write_damaged(target: Path, whole: Path) -> None:
    """An mp4 that stops before its index, as a copy that was broken off."""
    data = whole.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data[: len(data) // 2])


def make(plan: Plan, director: Director, out: Path) -> None:
    """One recording and its truth, and a line that says how the demo pair does on it."""
    placed = director.record(plan)
    rng = np.random.default_rng([SEED, plan.seed, 1])
    pcm = mix(placed, rng, tail_s=0.6)
    target = out / plan.file
    encode(pcm, target, plan)
    shift_ms = codec_shift_ms(pcm, decoded(target))
    if abs(shift_ms) > MAX_CODEC_SHIFT_MS:
        raise RuntimeError(f"{plan.file}: the codec moves the sound by {shift_ms:.1f} ms")
    document = out / "truth" / (plan.file.replace("/", "__") + ".json")
    document.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(truth(plan.file, placed), ensure_ascii=False, indent=1)
    document.write_text(text + "\n", encoding="utf-8")
    print(
        f"{plan.file}: {len(pcm) / SAMPLE_RATE_HZ:.1f} s, {len(placed)} sentences, "
        f"{target.stat().st_size} bytes, codec shift {shift_ms:.1f} ms",
        flush=True,
    )


def main() -> None:
    """Make every recording."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=ROOT / "examples" / "recordings")
    parser.add_argument("--only", help="make this recording alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    director = Director(Espeak(), Judge())
    for plan in PLANS:
        if arguments.only in (None, plan.file):
            make(plan, director, arguments.out)
    write_damaged(arguments.out / DAMAGED_FILE, arguments.out / "clip.mp4")


if __name__ == "__main__":
    main()
