"""Results on a CPU are those of earlier versions, but for a list of what was changed on purpose.

`data/unchanged_results/demo_pair.json` holds what commit 778ee45 made of bundled recordings.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from qasr_cli import EngineOptions, Options, align, transcribe
from qasr_cli.core.types import Transcript
from qasr_cli.engines.qwen.answer import parse
from tests.conftest import RECORDINGS

RESULTS = Path(__file__).parent / "data" / "unchanged_results" / "demo_pair.json"
EARLIER: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
LESSON = RECORDINGS / "lesson.flac"
GRID_MS = 80  # another processor adds up in another order, and may round to the next step


def options(language: str | None = None) -> Options:
    """The demo pair, told the language or not."""
    return Options(engine=EngineOptions(model="demo", language=language))


def times_ms(transcript: Transcript) -> list[tuple[int, int]]:
    """When each word begins and ends."""
    words = (word for segment in transcript.segments for word in segment.words)
    return [(word.start_ms, word.end_ms) for word in words]


@pytest.mark.parametrize("name", EARLIER)
def test_recordings_give_what_they_gave(name: str) -> None:
    """Text, clips, languages, warnings, words and their times."""
    earlier = EARLIER[name]

    transcript = transcribe(RECORDINGS / name, options())

    assert (transcript.text, transcript.language) == (earlier["text"], earlier["language"])
    clips = [[c.start_ms, c.end_ms, c.language, c.timing.value] for c in transcript.clips]
    assert clips == earlier["clips"]
    assert list(transcript.warnings) == earlier["warnings"]
    words = [word for segment in transcript.segments for word in segment.words]
    places = [[word.char_start, word.char_end] for word in words]
    assert places == [word[2:] for word in earlier["words"]]
    earlier_ms = [word[:2] for word in earlier["words"]]
    np.testing.assert_allclose(times_ms(transcript), earlier_ms, atol=GRID_MS)


# --- what was changed -------------------------------------------------------------------------


def _polish(_: Path) -> object:
    """What was said, called Polish; and whether its times are those of the same in English."""
    text = EARLIER["lesson.flac"]["text"]
    polish, english = (align(LESSON, text, options(name)) for name in ("Polish", "English"))
    timings = {clip.timing.value for clip in polish.clips}
    return timings, times_ms(polish) == times_ms(english), polish.warnings


def _far_past_full_scale(folder: Path) -> object:
    """The text of a recording whose floats are whole numbers of 16 bits."""
    pcm, rate_hz = soundfile.read(LESSON, dtype="float32")
    path = folder / "loud.wav"
    soundfile.write(path, pcm * np.float32(32768), rate_hz, subtype="FLOAT")
    return transcribe(path, options()).text


def _two_languages(_: Path) -> object:
    heard = parse("language Chinese,English<asr_text>Hi", forced_language=None, truncated=False)
    return heard.language, heard.languages


# What was changed -> how it shows, and what it was and is. Korean with the words of `qwen-asr` is
# in test_word_splitters.py: it hangs on a package.
CHANGED: dict[str, tuple[Callable[[Path], object], object, object]] = {
    "words in languages that the aligner was not trained on have real times": (
        _polish,
        ({"proportional"}, False, ("word times are estimated: the aligner does not know Polish",)),
        ({"aligned-unlisted"}, True, ()),
    ),
    "sound past full scale is divided by its peak": (
        _far_past_full_scale,
        "",
        EARLIER["lesson.flac"]["text"],
    ),
    "all languages of a clip are kept": (
        _two_languages,
        ("Chinese", ()),
        ("Chinese", ("Chinese", "English")),
    ),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_was_changed(tmp_path: Path, what: str) -> None:
    """The list of changes is whole, and each of them shows."""
    found_in, was, is_now = CHANGED[what]

    assert found_in(tmp_path) == is_now
    assert was != is_now
