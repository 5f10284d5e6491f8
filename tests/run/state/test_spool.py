"""Clips kept between runs."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import (
    Channel,
    Clip,
    ClipDone,
    ClipFailed,
    HeardToken,
    Span,
    Timing,
    Word,
)
from qasr_cli.errors import RecognitionError
from qasr_cli.run.state.spool import Spool

DONE = ClipDone(clip_id="a", language="English", text="x", words=(), timing=Timing.NONE)
FAILED = ClipFailed(clip_id="a", stage="recognise", error=RecognitionError("a", "it hums"))
PCM = np.linspace(-1, 1, 160, dtype=np.float32)


def of_channel(channel: Channel) -> Clip:
    """The same stretch of one channel."""
    return replace(clip(), channel=channel)


def clip(pcm: "np.typing.NDArray[np.float32]" = PCM, file: str = "a.wav") -> Clip:
    """A hundredth of a second."""
    span = Span(start_sample=16, end_sample=16 + len(pcm))
    return Clip(clip_id=f"{file}/16-{span.end_sample}", span=span, language=None, pcm=pcm)


TIMES_MS = st.integers(-(10**12), 10**12)
SHARES = st.floats(0, 1)
WORDS = st.lists(
    st.builds(Word, start_ms=TIMES_MS, end_ms=TIMES_MS, time_probability=st.none() | SHARES)
).map(tuple)
TOKENS = st.lists(
    st.builds(
        HeardToken, char_start=st.integers(0, 2), char_end=st.integers(3, 9), probability=SHARES
    )
).map(tuple)
LONG_TEXT = st.text(min_size=9)


@given(st.builds(ClipDone, text=LONG_TEXT, words=WORDS, tokens=TOKENS), st.integers(1, 9))
def test_whatever_was_heard_comes_back(done: ClipDone, attempts: int) -> None:
    """Every field of a result, whichever there will be, survives the spool."""
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "spool" / "x.jsonl")
        heard = ClipOutcome(span=clip().span, result=done, attempts=attempts)
        Spool(path, fingerprint="f").add(clip(), heard)

        found = Spool(path, fingerprint="f").find(clip(file="moved/a.wav"))

    assert found is not None
    assert isinstance(found.result, ClipDone)
    assert found.result.clip_id == "moved/a.wav/16-176"
    fields = [name for name in ClipDone.__slots__ if name != "clip_id"]
    assert [getattr(found.result, f) for f in fields] == [getattr(done, f) for f in fields]
    assert (found.span, found.attempts) == (heard.span, attempts)


def test_a_line_says_nothing_of_what_nobody_asked_for(tmp_path: Path) -> None:
    """Without confidence its result is what the first releases wrote."""
    path = tmp_path / "x.jsonl"
    word = Word(start_ms=1, end_ms=2, text="x")
    result = replace(DONE, words=(word,), timing=Timing.ALIGNED)

    Spool(str(path), fingerprint="f").add(clip(), ClipOutcome(span=clip().span, result=result))

    line = json.loads(path.read_text().splitlines()[1])
    assert line["result"]["words"] == [{"start_ms": 1, "end_ms": 2, "text": "x"}]
    assert "tokens" not in line["result"]


@pytest.mark.parametrize(
    "token",
    [
        {"char_start": 0, "char_end": 2, "probability": 0.5},
        {"char_start": 1, "char_end": 1, "probability": 0.5},
        {"char_start": 0, "char_end": 1, "probability": 1.5},
        {"char_start": 0, "char_end": 1},
    ],
)
def test_tokens_that_cannot_be_are_heard_again(tmp_path: Path, token: dict[str, float]) -> None:
    """Outside of the text of one letter, or no probability."""
    path = tmp_path / "x.jsonl"
    Spool(str(path), fingerprint="f").add(clip(), ClipOutcome(span=clip().span, result=DONE))
    head, text = path.read_text().splitlines()
    line = json.loads(text)
    del line["check"]
    line["result"]["tokens"] = [token]
    path.write_text(f"{head}\n{json.dumps(line)}\n")

    assert Spool(str(path), fingerprint="f").find(clip()) is None


@pytest.mark.parametrize("other", ["sound", "settings", "torn", "failed"])
def test_anything_else_is_not_found(tmp_path: Path, other: str) -> None:
    """Other sound, other settings, half a line and failures give nothing."""
    path = tmp_path / "x.jsonl"
    result = FAILED if other == "failed" else DONE
    Spool(str(path), fingerprint="f").add(clip(), ClipOutcome(span=clip().span, result=result))
    if other == "torn":
        path.write_bytes(path.read_bytes()[:-9])
    fingerprint = "g" if other == "settings" else "f"
    sound = -PCM if other == "sound" else PCM

    assert Spool(str(path), fingerprint=fingerprint).find(clip(sound)) is None


def test_sound_that_used_to_be_cut_off_is_still_found(tmp_path: Path) -> None:
    """What an earlier version heard of sound past full scale, which it cut off, is not redone."""
    path = str(tmp_path / "x.jsonl")
    loud = PCM * np.float32(3)
    Spool(path, fingerprint="f").add(
        clip(loud.clip(-1, 1)), ClipOutcome(span=clip().span, result=DONE)
    )

    assert Spool(path, fingerprint="f").find(clip(loud)) is not None


def test_a_line_says_of_languages_only_what_is_new(tmp_path: Path) -> None:
    """With one language it is the line of earlier versions; with two they come back."""
    path = tmp_path / "x.jsonl"
    both = replace(DONE, languages=("Chinese", "English"))
    for done in (DONE, both):
        Spool(str(path), fingerprint="f").add(clip(), ClipOutcome(span=clip().span, result=done))
    _, one, two = path.read_text().splitlines()
    found = Spool(str(path), fingerprint="f").find(clip())

    assert ("languages" in one, "languages" in two) == (False, True)
    assert found is not None
    assert isinstance(found.result, ClipDone)
    assert found.result.languages == ("Chinese", "English")


def test_channels_are_kept_apart(tmp_path: Path) -> None:
    """The same stretch of two channels, the same sound even, is heard twice and found twice."""
    path = str(tmp_path / "x.jsonl")
    texts: dict[Channel, str] = {"left": "Yes.", "right": "No."}
    spool = Spool(path, fingerprint="f")
    for channel, text in texts.items():
        heard = ClipOutcome(span=clip().span, result=replace(DONE, text=text), speaker=channel)
        spool.add(of_channel(channel), heard)

    again = Spool(path, fingerprint="f")

    found = [again.find(of_channel(channel)) for channel in texts]
    assert [(each.speaker, each.result.text) for each in found if each] == list(texts.items())
    assert again.find(clip()) is None


def test_a_line_that_says_something_else_is_not_believed(tmp_path: Path) -> None:
    """What a failing disk made of a word is heard again."""
    path = tmp_path / "spool.jsonl"
    heard = ClipOutcome(span=clip().span, result=DONE)
    Spool(str(path), fingerprint="f").add(clip(), heard)
    assert Spool(str(path), fingerprint="f").find(clip()) is not None
    path.write_text(path.read_text().replace('"attempts": 1', '"attempts": 7'))

    assert Spool(str(path), fingerprint="f").find(clip()) is None
