"""Subtitles, and a list of what is said when, from Python: `python sentences.py talk.mp4 ...`.

Prints one line a sentence, and writes `talk.vtt` beside each recording. QASR_EXAMPLE_MODEL names
the model ("demo" is a toy that needs no download).
"""

import contextlib
import os
import sys
from pathlib import Path

from qasr_cli import EngineOptions, InputError, Options, open_engine, render, transcribe


def main(recordings: list[str]) -> int:
    """Do every recording with one set of models; 1 when one of them could not be done."""
    model = os.environ.get("QASR_EXAMPLE_MODEL", "1.7b")
    options = Options(engine=EngineOptions(model=model))
    failed_count = 0
    with contextlib.closing(open_engine(options)) as engine:
        for recording in recordings:
            try:
                transcript = transcribe(recording, options, engine=engine)
            except InputError as error:
                failed_count += 1
                print(error, file=sys.stderr)
                continue
            Path(recording).with_suffix(".vtt").write_text(
                render(transcript, "vtt", options), "utf-8"
            )
            for segment in transcript.segments:
                sentence = transcript.text[segment.char_start : segment.char_end].strip()
                print(f"{segment.start_ms / 1000:9.3f}  {sentence}")
    return 1 if failed_count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
