"""Our JSON in the writers of openai-whisper, which are loaded without the rest of it."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import split_words
from qasr_cli.core.types import ClipDone, Timing, Transcript, Word
from qasr_cli.formats.json import render
from tests.strategies import assembled, span_of

Write = Callable[..., str]
CUT = {"max_line_width": 42, "max_line_count": 2, "highlight_words": False}


def heard(*parts: tuple[str, str]) -> Transcript:
    """Texts with their languages, ten seconds apart, word after word taking 300 ms."""
    clips = []
    for index, (text, language) in enumerate(parts):
        start_ms = 10_000 * index
        words = tuple(
            Word(text=token, start_ms=start_ms + 300 * at, end_ms=start_ms + 300 * at + 200)
            for at, token in enumerate(split_words(text))
        )
        result = ClipDone(
            clip_id=f"f/{index}", language=language, text=text, words=words, timing=Timing.ALIGNED
        )
        clips.append(ClipOutcome(span=span_of(start_ms, start_ms + 9000), result=result))
    return assembled(clips)


TRANSCRIPT = heard(
    ("Mr. Fox, a well-known “reader”, paid $3.14.", "English"),
    ("你好，我用iPhone。", "Chinese"),
    ("Et vous ? « Oui. »", "French"),
)


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    """What whisper's writer of a format makes of a transcript's JSON."""
    spec = importlib.util.find_spec("whisper")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        pytest.skip("needs openai-whisper's own writers: pip install --no-deps openai-whisper")
    path = Path(next(iter(folders))) / "utils.py"
    found = importlib.util.spec_from_file_location("whisper_writers", path)
    assert found is not None
    assert found.loader is not None
    writers: Any = importlib.util.module_from_spec(found)
    found.loader.exec_module(writers)

    def write(name: str, transcript: Transcript, options: dict[str, Any]) -> str:
        document = json.loads(render(transcript, ()))
        writers.get_writer(name, str(tmp_path))(document, "x.mp3", options)
        return (tmp_path / f"x.{name}").read_text(encoding="utf-8")

    return write


def test_every_word_keeps_its_space() -> None:
    """A word has the space before it, where its script has spaces; together they are the text."""
    document = json.loads(render(TRANSCRIPT, ()))

    words = [[word["word"] for word in segment["words"]] for segment in document["segments"]]
    joined = "".join(word for some in words for word in some)
    assert words[0][:2] == [" Mr.", " Fox,"]
    assert words[1] == [" 你", "好，", "我", "用", "iPhone。"]
    assert joined.strip() == document["text"]


def test_a_text_without_spaces_begins_without_one() -> None:
    """There is none before the first word either."""
    document = json.loads(render(heard(("你好。", "Chinese")), ()))

    assert [word["word"] for word in document["segments"][0]["words"]] == ["你", "好。"]


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_its_subtitles_have_our_text(name: str, write: Write) -> None:
    """Whisper cuts them in its own way and loses no space."""
    written = write(name, TRANSCRIPT, CUT)

    blocks = written.removeprefix("WEBVTT\n\n").strip().split("\n\n")
    lines = [line for block in blocks for line in block.split("\n") if "-->" not in line]
    text = " ".join(line for line in lines if not line.isdecimal())
    assert text == TRANSCRIPT.text


def test_its_tables_and_texts_have_our_sentences(write: Write) -> None:
    """One a line, with its times."""
    rows = write("tsv", TRANSCRIPT, CUT).splitlines()

    sentences = [TRANSCRIPT.text[s.char_start : s.char_end].strip() for s in TRANSCRIPT.segments]
    assert rows[0] == "start\tend\ttext"
    assert [row.split("\t")[2] for row in rows[1:]] == sentences
    assert write("txt", TRANSCRIPT, CUT).splitlines() == sentences


def test_its_json_is_ours(write: Write) -> None:
    """Nothing is added or lost."""
    assert json.loads(write("json", TRANSCRIPT, CUT)) == json.loads(render(TRANSCRIPT, ()))


def test_its_word_highlighting_marks_each_word(write: Write) -> None:
    """The mark is around the word, the space before it."""
    written = write("srt", TRANSCRIPT, {**CUT, "highlight_words": True})

    assert "Mr. <u>Fox,</u> a well-known" in written
    assert "我<u>用</u>iPhone。" in written
