"""Make examples/recordings: sound in many containers, with the true text and word times beside it.

    python -m tools.make_recordings [--out DIR] [--only FILE ...]

The sentences are held-out ones of the demo pair's own grammar, spoken by held-out espeak-ng
voices. They are also SELECTED: of several candidates the one stays that the demo pair follows best,
alone and in one clip with the sentences before it. So the recordings prove the way of the sound
through qasr (containers, pauses, clips, times), and say nothing about how good the demo pair is.

Seeds are fixed, but espeak-ng is not bit-reproducible: another run may keep other sentences.
That is why the recordings are committed. All of them take about 15 minutes on one core.
"""

import argparse
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch

from tools.demo_judge import Judge, Verdict, summed
from tools.demo_speech import CHINESE_ACCENT, SAMPLE_RATE_HZ, Espeak, Pcm, Voice
from tools.recording_director import Director, Placed, Scene, joined_text, mix, packed, stretch

RECORDINGS = Path(__file__).resolve().parent.parent / "examples" / "recordings"
DAMAGED_FILE = "damaged/truncated.mp4"
TAIL_S = 0.6
MAX_CODEC_SHIFT_MS = 10.0
CORRELATED_S = 30  # enough sound to find a codec's delay


def english(accent: str, variant: str, rate_wpm: int, pitch: int = 50) -> Voice:
    """A speaker of English."""
    return Voice(accent=accent, variant=variant, rate_wpm=rate_wpm, pitch=pitch)


def chinese(variant: str, rate_wpm: int) -> Voice:
    """A speaker of Chinese."""
    return Voice(accent=CHINESE_ACCENT, variant=variant, rate_wpm=rate_wpm)


LINDA = english("gmw/en-GB-x-rp", "linda", 155)
MIKE = english("en-us", "Mike", 160, 45)
EDWARD = english("gmw/en", "edward", 155)
ANTONIO = english("gmw/en-GB-x-rp", "antonio", 160, 45)
ANIKA = english("gmw/en-US-nyc", "anika", 160, 55)
FRIDA = english("en-us", "f5", 155)
MARTIN = english("gmw/en-GB-scotland", "m7", 160)
LI = chinese("f3", 155)
WANG = chinese("m4", 160)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One file to make.

    Attributes:
        file: path below the recordings' folder.
        encoding: ffmpeg's output options.
        has_picture: whether it is a film.
    """

    file: str
    scene: Scene
    encoding: tuple[str, ...]
    has_picture: bool = False


PCM_16_BIT = ("-c:a", "pcm_s16le")
FLAC = ("-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac")
MP3 = ("-c:a", "libmp3lame", "-b:a", "48k")
AAC = ("-c:a", "aac", "-b:a", "64k")
OPUS = ("-ar", "48000", "-c:a", "libopus")

RECORDINGS_TO_MAKE = (
    Recording(
        file="interview.wav",
        scene=Scene(seed=1, turns=((LINDA, 1), (MIKE, 1))),
        # Two channels that differ: the right microphone stands further away.
        encoding=("-af", "pan=stereo|c0=c0|c1=0.6*c0", "-ar", "44100", *PCM_16_BIT),
    ),
    Recording(
        file="lecture.mp3",
        scene=Scene(seed=2, turns=((EDWARD, 3), (EDWARD, 2), (EDWARD, 3), (EDWARD, 2))),
        encoding=("-ar", "44100", *MP3),
    ),
    Recording(
        file="voice-memo.m4a",
        scene=Scene(seed=3, turns=((MARTIN, 2), (MARTIN, 2), (MARTIN, 1)), turn_pause_s=(1.6, 2.2)),
        # Without "faststart" the index (moov) stands at the end, as telephones write it.
        encoding=("-ar", "44100", *AAC),
    ),
    Recording(
        file="podcast.opus",
        scene=Scene(seed=14, turns=((ANIKA, 2), (ANTONIO, 2), (ANIKA, 3), (ANTONIO, 1))),
        encoding=(*OPUS, "-b:a", "32k"),
    ),
    Recording(
        file="lesson.flac",
        scene=Scene(seed=5, turns=((FRIDA, 5),)),
        encoding=FLAC,
    ),
    Recording(
        file="clip.mp4",
        scene=Scene(seed=6, turns=((LINDA, 2), (EDWARD, 2))),
        encoding=("-ar", "48000", *AAC),
        has_picture=True,
    ),
    Recording(
        file="nested/day-1/note.wav",
        scene=Scene(seed=7, turns=((MIKE, 2),)),
        encoding=("-ar", "16000", *PCM_16_BIT),
    ),
    Recording(
        file="announcement.mp3",
        scene=Scene(seed=8, turns=((ANIKA, 4),)),
        encoding=("-ar", "22050", *MP3),
    ),
    Recording(
        file="announcement.wav",
        scene=Scene(seed=9, turns=((ANTONIO, 2),)),
        encoding=("-ar", "22050", *PCM_16_BIT),
    ),
    Recording(
        file="chinese.flac",
        scene=Scene(
            seed=10, turns=((LI, 2), (WANG, 2), (LI, 1), (WANG, 1)), turn_pause_s=(1.6, 2.2)
        ),
        encoding=FLAC,
    ),
    Recording(
        file="two-languages.opus",
        scene=Scene(
            seed=11,
            turns=((MARTIN, 2), (LI, 2), (FRIDA, 3), (WANG, 2), (MARTIN, 1), (LI, 1)),
            pause_s=(0.5, 0.8),
            turn_pause_s=(2.0, 2.6),
        ),
        encoding=(*OPUS, "-b:a", "32k"),
    ),
    Recording(
        file="meeting.opus",
        scene=Scene(
            seed=12,
            turns=((LINDA, 3), (ANTONIO, 2), (EDWARD, 3), (MIKE, 1), (ANIKA, 3), (MARTIN, 2)),
            pause_s=(0.4, 0.9),
            turn_pause_s=(0.7, 2.5),
            min_length_s=364.0,
        ),
        encoding=(*OPUS, "-b:a", "20k"),
    ),
)


# --- the truth --------------------------------------------------------------------------------


def truth(file: str, placed: Sequence[Placed]) -> dict[str, object]:
    """The document that stands beside a recording; times from the start of the file."""
    return {
        "file": file,
        "language": _main_language(placed),
        "text": joined_text(placed),
        "words": [
            {
                "word": word.text,
                "start_ms": _ms(sentence.at_sample + word.start_sample),
                "end_ms": _ms(sentence.at_sample + word.end_sample),
            }
            for sentence in placed
            for word in sentence.utterance.words
        ],
        "sentences": [
            {
                "text": sentence.utterance.text,
                "start_ms": _ms(sentence.at_sample + sentence.utterance.words[0].start_sample),
                "end_ms": _ms(sentence.at_sample + sentence.utterance.words[-1].end_sample),
                "language": sentence.utterance.language,
            }
            for sentence in placed
        ],
    }


def truth_path(folder: Path, file: str) -> Path:
    """Where the truth of a recording stands."""
    return folder / "truth" / (file.replace("/", "__") + ".json")


def _ms(sample: int) -> int:
    return round(sample * 1000 / SAMPLE_RATE_HZ)


def _main_language(placed: Sequence[Placed]) -> str:
    """The language spoken longest."""
    samples = {sentence.utterance.language: 0 for sentence in placed}
    for sentence in placed:
        samples[sentence.utterance.language] += len(sentence.utterance.pcm)
    return max(samples, key=lambda language: samples[language])


# --- the sound --------------------------------------------------------------------------------


def encode(pcm: Pcm, target: Path, recording: Recording) -> None:
    """Write the sound in its container."""
    picture: tuple[str, ...] = ()
    if recording.has_picture:
        length_s = f"{len(pcm) / SAMPLE_RATE_HZ:.3f}"
        picture = ("-f", "lavfi", "-t", length_s, "-i", "testsrc=size=160x120:rate=5")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = ("-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1", "-i", "pipe:0")
    _ffmpeg(*source, *picture, *recording.encoding, str(target), stdin=pcm.tobytes())


def decoded(path: Path) -> Pcm:
    """The sound of a file as a player gives it."""
    target = ("-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1", "pipe:1")
    return np.frombuffer(_ffmpeg("-i", str(path), *target), dtype=np.float32)


def codec_shift_ms(source: Pcm, heard: Pcm) -> float:
    """How much later the decoded sound comes than its source; negative when it comes earlier."""
    sample_count = min(len(source), len(heard), CORRELATED_S * SAMPLE_RATE_HZ)
    size = 2 * sample_count
    spectrum = np.fft.rfft(heard[:sample_count], size)
    spectrum *= np.conj(np.fft.rfft(source[:sample_count], size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (lag if lag < sample_count else lag - size) * 1000 / SAMPLE_RATE_HZ


def write_damaged(target: Path, whole: Path) -> None:
    """A film whose copying was broken off before its index (moov) was reached."""
    data = whole.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data[: len(data) // 2])


def _ffmpeg(*arguments: str, stdin: bytes = b"") -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


# --- all together -----------------------------------------------------------------------------


def make(recording: Recording, director: Director, folder: Path) -> None:
    """One recording, its truth, and a line on how the demo pair does on the finished file."""
    placed = director.record(recording.scene)
    pcm = mix(placed, 0, placed[-1].end_sample + int(TAIL_S * SAMPLE_RATE_HZ))
    target = folder / recording.file
    encode(pcm, target, recording)
    heard = decoded(target)
    shift_ms = codec_shift_ms(pcm, heard)
    if abs(shift_ms) > MAX_CODEC_SHIFT_MS:
        raise RuntimeError(f"{recording.file}: the codec moves the sound by {shift_ms:.1f} ms")
    document = json.dumps(truth(recording.file, placed), ensure_ascii=False, indent=1)
    path = truth_path(folder, recording.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document + "\n", encoding="utf-8")
    alone = [[sentence] for sentence in placed]
    print(
        f"{recording.file}: {len(pcm) / SAMPLE_RATE_HZ:.1f} s, {target.stat().st_size} bytes, "
        f"codec shift {shift_ms:.1f} ms; "
        f"sentences alone: {_figures(director, heard, alone)}; "
        f"packed into clips: {_figures(director, heard, packed(placed))}",
        flush=True,
    )


def _figures(director: Director, heard: Pcm, clips: Sequence[Sequence[Placed]]) -> str:
    verdicts: list[Verdict] = []
    for clip in clips:
        start_sample, end_sample = stretch(clip)
        verdicts.append(director.verdict(heard[start_sample:end_sample], clip))
    total = summed(verdicts)
    return (
        f"{total.error_count} of {total.word_count} words wrong, "
        f"mean shift {total.mean_shift_ms:.0f} ms"
    )


def main() -> None:
    """Make the recordings that were asked for."""
    parser = argparse.ArgumentParser(description="Make examples/recordings.")
    parser.add_argument("--out", type=Path, default=RECORDINGS, metavar="DIR")
    parser.add_argument(
        "--only", action="append", choices=[recording.file for recording in RECORDINGS_TO_MAKE]
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # faster than two for models this small
    director = Director(Espeak(), Judge())
    for recording in RECORDINGS_TO_MAKE:
        if arguments.only is None or recording.file in arguments.only:
            make(recording, director, arguments.out)
    write_damaged(arguments.out / DAMAGED_FILE, arguments.out / "clip.mp4")


if __name__ == "__main__":
    main()
