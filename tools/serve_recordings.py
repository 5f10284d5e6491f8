"""Recordings for the load of `qasr serve`, the forms that they come in, and the right answers."""

import random
import struct
from dataclasses import dataclass
from pathlib import Path

from qasr_cli.api.single import transcribe
from qasr_cli.formats.rendering import render
from qasr_cli.options import EngineOptions, Options, SplitOptions
from qasr_cli.serve.answers.plain import transcribed

RECORDING_COUNT = 12
RATE_HZ = 16_000
BOUNDARY = "qasr-load"
OPTIONS = Options(engine=EngineOptions(engine="fake"), split=SplitOptions(vad="energy"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One to send, and what is said in it by route."""

    name: str
    content: bytes
    answers: dict[str, object]


def wav_of(chance: random.Random, seconds: int) -> bytes:
    """Noise in every other second."""
    count = seconds * RATE_HZ
    pcm = bytearray(2 * count)
    for second in range(0, seconds, 2):
        noise = chance.randbytes(RATE_HZ)
        pcm[2 * second * RATE_HZ : 2 * second * RATE_HZ + len(noise)] = noise
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def recordings_in(folder: Path, chance: random.Random) -> list[Recording]:
    """Recordings of 2 to 24 seconds, and what qasr hears in them without a service."""
    made = []
    for number in range(RECORDING_COUNT):
        path = folder / f"talk-{number}.wav"
        path.write_bytes(wav_of(chance, 2 * (number + 1)))
        transcript = transcribe(path, OPTIONS)
        answers: dict[str, object] = {
            "/transcribe": transcribed(transcript),
            "/v1/audio/transcriptions": render(transcript, "srt", OPTIONS),
            "/asr?output=vtt": render(transcript, "vtt", OPTIONS),
        }
        made.append(Recording(name=path.name, content=path.read_bytes(), answers=answers))
    return made


def form_of(recording: Recording, field_name: str) -> bytes:
    """A form that asks for subtitles where something can be asked for."""
    lines = (
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="response_format"',
        "",
        "srt",
        f"--{BOUNDARY}",
        f'Content-Disposition: form-data; name="{field_name}"; filename="{recording.name}"',
        "",
        "",
    )
    return "\r\n".join(lines).encode() + recording.content + f"\r\n--{BOUNDARY}--\r\n".encode()
