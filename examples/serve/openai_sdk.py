"""Subtitles by OpenAI's own library, from qasr on this machine.

pip install openai
qasr serve                       # in another terminal
python openai_sdk.py talk.mp4    # -> talk.srt beside it, and its words
"""

import sys
from pathlib import Path

from openai import OpenAI

recording = Path(sys.argv[1])
url = (*sys.argv[2:], "http://127.0.0.1:7860/v1")[0]
# The key is anything unless `qasr serve` was given one.
client = OpenAI(base_url=url, api_key="none")

subtitles = client.audio.transcriptions.create(file=recording, model="qasr", response_format="srt")
recording.with_suffix(".srt").write_text(subtitles, encoding="utf-8")

heard = client.audio.transcriptions.create(
    file=recording,
    model="qasr",
    response_format="verbose_json",
    timestamp_granularities=["word"],
)
for word in heard.words or ():
    print(f"{word.start:8.2f} {word.end:8.2f}  {word.word}")

# A long recording: the text as it is heard.
for event in client.audio.transcriptions.create(file=recording, model="qasr", stream=True):
    if event.type == "transcript.text.delta":
        print(event.delta, end="", flush=True)
print()
