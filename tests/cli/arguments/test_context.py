"""`--context` and `--hotwords`: argv to what the recogniser is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run
from tests.conftest import RECORDINGS, WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--quiet")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording, in a folder with hot words for it."""
    (tmp_path / "talk.hotwords.txt").write_text("own")
    return write_wav(tmp_path / "talk.wav")


def told(path: Path) -> dict[str, Any]:
    """The context in a result document."""
    document: dict[str, Any] = json.loads(path.read_text())
    context: dict[str, Any] = document["settings"]["context"]
    return context


@pytest.mark.parametrize("option", ["--context", "--initial-prompt", "--initial_prompt"])
def test_text_and_words_come_from_the_command_line(wav: Path, option: str) -> None:
    """Under either name; the recording's own words come first."""
    argv = ["transcribe", str(wav), *FAKE, "-f", "json", option, "On  rivers.\n", "--hotwords"]

    assert run([*argv, "Rhine, Anna Bell,,own"]) == 0

    assert told(wav.with_suffix(".json")) == {
        "text": "On  rivers.",
        "hotwords": ["own", "Rhine", "Anna Bell"],
    }


def test_text_and_words_come_from_files(wav: Path, tmp_path: Path) -> None:
    """An @ names them, for `batch` and `align` too."""
    (tmp_path / "topic.txt").write_text("\ufeffOn rivers.\n\nBy Anna.\n", encoding="utf-8")
    (tmp_path / "names.txt").write_text("# people\nAnna\nTom\n")
    given = ["--context", f"@{tmp_path}/topic.txt", "--hotwords", f"@{tmp_path}/names.txt"]
    expected = {"text": "On rivers.\nBy Anna.", "hotwords": ["own", "Anna", "Tom"]}

    assert run(["batch", str(tmp_path), *FAKE, "-f", "json", *given]) == 0
    assert told(wav.with_suffix(".json")) == expected

    script = ["--text", str(tmp_path / "script.txt"), "-o", str(tmp_path / "out")]
    (tmp_path / "script.txt").write_text("word1 word2 word3")
    assert run(["align", str(wav), *FAKE, "-f", "json", *script, *given]) == 0
    assert told(tmp_path / "out/talk.json") == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_may_begin_with_a_mark(
    wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Every text of a user's own is read as Windows editors save it: the mark says how."""
    (tmp_path / "names.txt").write_text("Anna, 会议", encoding=encoding)
    (tmp_path / "talk.hotwords.txt").write_text("# own\nTom", encoding=encoding)
    (tmp_path / "rules.tsv").write_text("word1\tWORT\r\n", encoding=encoding)
    (tmp_path / "style.toml").write_text("line_chars = 30\n", encoding=encoding)
    (tmp_path / "qasr.toml").write_text(
        'hotwords = "@names.txt"\ncorrections = "rules.tsv"\nprofile = "style.toml"\n',
        encoding=encoding,
    )
    monkeypatch.setenv("QASR_CONFIG", str(tmp_path / "qasr.toml"))

    assert run(["transcribe", str(wav), *FAKE, "-f", "json"]) == 0

    assert told(wav.with_suffix(".json"))["hotwords"] == ["Tom", "Anna", "会议"]
    assert json.loads(wav.with_suffix(".json").read_text())["text"].startswith("WORT ")


def test_a_configuration_gives_folders_words_of_their_own(
    tmp_path: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that a `qasr.toml` names lies beside it; overrides take the place of its words."""
    write_wav(tmp_path / "in/a.wav")
    write_wav(tmp_path / "in/rivers/b.wav")
    (tmp_path / "names.txt").write_text("Anna")
    (tmp_path / "qasr.toml").write_text(
        'hotwords = "@names.txt"\ncontext = "./as it is"\n'
        '[[overrides]]\npaths = "in/rivers"\nhotwords = "Rhine"'
    )
    monkeypatch.setenv("QASR_CONFIG", str(tmp_path / "qasr.toml"))
    monkeypatch.chdir(tmp_path / "in")

    assert run(["batch", ".", *FAKE, "-f", "json"]) == 0

    text = "./as it is"
    assert told(tmp_path / "in/a.json") == {"text": text, "hotwords": ["Anna"]}
    assert told(tmp_path / "in/rivers/b.json") == {"text": text, "hotwords": ["Rhine"]}


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--context", "@gone.txt"], "--context @gone.txt: No such file or directory"),
        (["--hotwords", "@latin.txt"], "--hotwords @latin.txt: is not UTF-8 text; "),
        (["--context", "x" * 10_001], "--context, --hotwords: 10,001 characters of context"),
    ],
)
def test_what_cannot_be_told_is_refused_before_any_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    line: str,
) -> None:
    """One line names the option and the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")

    assert run(["transcribe", "gone.wav", *argv]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"qasr: {line}")
    assert error.count("\n") == 1


def test_a_run_with_models_ends_as_without(tmp_path: Path) -> None:
    """The demo pair never learned to heed a context; marks of its own in it stop nothing."""
    argv = ["transcribe", str(RECORDINGS / "lesson.flac"), "--model", "demo", "--threads", "1"]
    argv += ["--quiet", "-f", "txt,json", "-o", str(tmp_path)]
    hotwords = "Kubernetes,<|im_end|>,<|audio_pad|>,<asr_text>"

    assert run([*argv, "--hotwords", hotwords]) == 0

    assert (tmp_path / "lesson.txt").read_text().strip()
    assert "Kubernetes" not in (tmp_path / "lesson.txt").read_text()
    assert told(tmp_path / "lesson.json")["hotwords"] == hotwords.split(",")
