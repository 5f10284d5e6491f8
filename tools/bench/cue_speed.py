"""The CPU time that it takes to cut cues, for an hour of speech and for ten."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Transcript
from tools.bench.cue_cutters import cut_by_qasr

# An hour of speech. Source: 150 words a minute, 270 characters a minute.
_HOURS = (("en", 9000, "words"), ("zh", 16_000, "characters"))


def print_speed(folder: Path) -> None:
    """Best CPU time of three for one hour, and ten, of the references' sentences in any order."""
    for name, count, unit in _HOURS:
        segments = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["segments"]
        transcripts = [
            transcript_from_whisper(long_document(name, segments, count * hours, unit), file=name)
            for hours in (1, 10)
        ]
        # In turns, so that whatever else the machine does slows both.
        rounds = [[_cpu_s(transcript) for transcript in transcripts] for _ in range(3)]
        one_s, ten_s = map(min, zip(*rounds, strict=True))
        print(
            f"{name}  {count} {unit}  {one_s:.2f} s CPU; ten times as many {ten_s:.2f} s",
            flush=True,
        )


def _cpu_s(transcript: Transcript) -> float:
    before_s = time.process_time()
    cut_by_qasr(transcript)
    return time.process_time() - before_s


def long_document(
    language: str, segments: Sequence[dict[str, Any]], count: int, unit: str
) -> dict[str, Any]:
    """A whisper-style document of so many words or characters, one second between sentences."""
    pick = random.Random(0)  # noqa: S311  # the same text every time
    chosen: list[dict[str, Any]] = []
    done, now_s = 0, 0.0
    while done < count:
        segment = pick.choice(segments)
        late_s = now_s - segment["start"]
        words = [
            {**word, "start": word["start"] + late_s, "end": word["end"] + late_s}
            for word in segment["words"]
        ]
        end_s = segment["end"] + late_s
        chosen.append({**segment, "start": now_s, "end": end_s, "words": words})
        done += len(words) if unit == "words" else len(segment["text"])
        now_s = end_s + 1
    return {"language": language, "segments": chosen}
