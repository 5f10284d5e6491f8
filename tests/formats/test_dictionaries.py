import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.chinese_script import ChineseScript
from qasr_cli.core.types import ClipDone, Timing, Transcript
from qasr_cli.errors import UsageError
from qasr_cli.formats.dictionaries import _converter, check_script, phrase_ends_of, with_script
from tests.strategies import assembled, span_of

TEXTS = {
    "Chinese": "我们今天来谈谈城市里的水。很多人以为水是用不完的。",
    "Japanese": "昨日は友達と公園に行きました。",
    "Thai": "วันนี้เราเรียนภาษาไทยที่โรงเรียน",
    "English": "We talk about water today.",
}


def transcript_of(*languages: str) -> Transcript:
    """A clip in each of these languages."""
    return assembled(
        [
            ClipOutcome(
                span=span_of(index * 5000, index * 5000 + 5000),
                result=ClipDone(
                    clip_id=f"f/{index}",
                    language=language,
                    text=TEXTS[language],
                    words=(),
                    timing=Timing.PROPORTIONAL,
                ),
            )
            for index, language in enumerate(languages)
        ]
    )


@pytest.mark.parametrize(
    ("language", "word"),
    [("Chinese", "城市"), ("Japanese", "公園に"), ("Thai", "โรงเรียน")],
)
def test_words_end_where_a_dictionary_says(language: str, word: str) -> None:
    """Offsets are those of the transcript's text; languages with spaces have none."""
    transcript = transcript_of("English", language)

    (found,) = phrase_ends_of(transcript).items()

    place = transcript.text.index(word)
    assert found[0] == language
    assert {place, place + len(word)} <= set(found[1])
    assert place + 1 not in found[1]
    assert len(transcript.text) in found[1]


def test_without_dictionaries_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that lacks a package still makes subtitles."""
    monkeypatch.setitem(sys.modules, "rjieba", None)
    monkeypatch.setitem(sys.modules, "budoux", None)

    assert phrase_ends_of(transcript_of("Chinese", "Japanese")) == {}


def _qasr(*arguments: str, cwd: Path, without_dictionaries: bool = False) -> str:
    """What a command said; its process imports no dictionary where none is wanted."""
    absent = cwd / "absent"
    absent.mkdir(exist_ok=True)
    for package in ("rjieba", "budoux"):
        (absent / f"{package}.py").write_text("raise ImportError('not here')\n")
    more = {"PYTHONPATH": str(absent)} if without_dictionaries else {}
    done = subprocess.run(
        [sys.executable, "-m", "qasr_cli", *arguments],
        cwd=cwd,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_finished_subtitles_change_only_by_request(tmp_path: Path) -> None:
    """When the dictionaries come, a done folder is skipped; `render` and `--overwrite` cut anew."""
    folder = tmp_path / "talks"
    folder.mkdir()
    recordings = Path(__file__).parent.parent.parent / "examples" / "recordings"
    shutil.copy(recordings / "chinese.flac", folder)
    narrow = ("--max-line-width", "6", "--max-line-count", "1")
    batch = ("batch", "talks", "--model", "demo", "--format", "srt,json", *narrow)
    _qasr(*batch, cwd=tmp_path, without_dictionaries=True)
    srt = folder / "chinese.srt"
    before = srt.read_text()
    assert "\n他们要看\n" in before  # parts 看书, to read

    assert "1 skipped" in _qasr(*batch, cwd=tmp_path)
    assert srt.read_text() == before

    rendering = ("talks/chinese.json", "--format", "srt", *narrow, "--output-dir", "cut")
    _qasr("render", *rendering, cwd=tmp_path)
    anew = (tmp_path / "cut" / "chinese.srt").read_text()
    assert "\n看书吗？\n" in anew
    _qasr(*batch, "--overwrite", cwd=tmp_path)
    assert srt.read_text() == anew


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("hant", "我們今天來談談城市裏的水。很多人以爲水是用不完的。"),
        ("tw", "我們今天來談談城市裡的水。很多人以為水是用不完的。"),
        ("hk", "我們今天來談談城市裏的水。很多人以為水是用不完的。"),
        ("hans", TEXTS["Chinese"]),
        (None, TEXTS["Chinese"]),
    ],
)
def test_chinese_in_the_script_that_is_wanted(script: ChineseScript | None, text: str) -> None:
    """Simplified, traditional, or as in Taiwan or Hong Kong; Japanese stays as it is."""
    pytest.importorskip("opencc")

    found = with_script(transcript_of("Chinese", "Japanese"), script)

    assert found.text == text + TEXTS["Japanese"]


def test_a_script_without_what_converts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any work, with the way to get it."""
    monkeypatch.setitem(sys.modules, "opencc", None)
    _converter.cache_clear()

    with pytest.raises(UsageError, match=r"qasr-cli\[zh\]"):
        check_script("tw")
