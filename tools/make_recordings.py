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
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import torch

from tools.demo_judge import Judge, Verdict, summed
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm
from tools.recording_director import Director, Placed, joined_text, mix, packed, stretch
from tools.recording_list import RECORDINGS_TO_MAKE, Recording

RECORDINGS = Path(__file__).resolve().parent.parent / "examples" / "recordings"
DAMAGED_FILE = "damaged/truncated.mp4"
TAIL_S = 0.6
MAX_CODEC_SHIFT_MS = 10.0
CORRELATED_S = 30  # enough sound to find a codec's delay


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
    """The sound of a file, mono, 16 kHz, as ffmpeg decodes it."""
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
