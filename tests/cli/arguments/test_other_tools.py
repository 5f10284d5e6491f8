"""Command lines as users of other transcribers type them."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One recording, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return write_wav(tmp_path / "talk.wav")


def vtt_of(wav: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str]:
    """What a transcription with these options prints, and what it says."""
    assert run(["transcribe", wav.name, *options, "-f", "vtt", "-o", "-", *FAKE]) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize("value", [(), ("True",), ("true",), ("TRUE",)])
def test_a_switch_may_say_true(
    wav: Path, value: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--highlight_words True` is `--highlight-words`, in any case, before and behind the file."""
    shown, _ = vtt_of(wav, capsys, "--highlight_words", *value)

    assert "word1 <" in shown
    argv = ["transcribe", "--highlight_words", *value, wav.name, "-f", "vtt", "-o", "-", *FAKE]
    assert run(argv) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    ("options", "is_karaoke", "is_verbose"),
    [
        ((), True, True),
        (("--highlight_words", "False"), False, True),
        (("--highlight-words=false",), False, True),
        (("--no-highlight-words", "True"), False, True),
        (("--no-highlight-words", "False"), True, True),
        (("--verbose", "False"), True, False),
        (("-v", "FALSE"), True, False),
    ],
)
def test_a_switch_may_say_false(
    wav: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    options: tuple[str, ...],
    is_karaoke: bool,
    is_verbose: bool,
) -> None:
    """Then it is off, which is more than left out where a file switched it on."""
    (wav.parent / "qasr.toml").write_text("highlight-words = true\nverbose = true\n")
    monkeypatch.setenv("QASR_CONFIG", "qasr.toml")

    shown, said = vtt_of(wav, capsys, *options)

    assert ("word1 <" in shown) == is_karaoke
    assert ("start    talk.wav" in said) == is_verbose


def test_a_file_may_be_called_true(
    wav: Path, write_wav: WriteWav, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands behind a switch and is there is a file; so is all behind `--`."""
    write_wav(wav.parent / "other.wav").rename(wav.parent / "True")

    assert run(["transcribe", "--strict", "True", *FAKE]) == 0
    assert run(["transcribe", *FAKE, "--", "--strict", "True"]) == 1
    assert (wav.parent / "True.srt").is_file()
    assert "--strict: No such file" in capsys.readouterr().err


def test_a_value_is_no_switch(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an option takes is taken as it is, also where it looks like a switch or an option."""
    shown, said = vtt_of(wav, capsys, "--context", "--verbose", "--hotwords", "--fp16")

    assert shown.startswith("WEBVTT")
    assert "start    talk.wav" not in said
    assert "note" not in said
    assert run(["transcribe", wav.name, "-qf", "vtt", "--overwrite", *FAKE]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--task", "transcribe"),
        ("--task=Transcribe",),
        ("--temperature", "0"),
        ("--temperature", "0.0"),
        ("--fp16", "False"),
        ("--vad_method", "silero"),
        ("--vad-filter", "True"),
        ("--print_progress", "True"),
        ("--condition_on_previous_text", "False"),
        ("--beam_size", "1"),
        ("--beam_size=5",),
        ("--best_of", "5"),
        ("--logprob_threshold", "-1.0"),
        ("--chunk_size", "30"),
        ("--suppress_tokens", "-1"),
    ],
)
def test_what_is_so_anyway_is_a_note(
    wav: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that qasr has not, with what qasr does or another tool's default, stops nobody."""
    shown, said = vtt_of(wav, capsys, *options, "--patience", "1")

    assert shown == vtt_of(wav, capsys)[0]
    (note,) = (line for line in said.splitlines() if line.startswith("note "))
    assert " ".join(options).replace("=", " ") in note
    assert "--patience 1" in note
    assert vtt_of(wav, capsys, *options, "--quiet")[1] == ""


def test_such_a_note_may_be_json(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever parses standard error."""
    _, said = vtt_of(wav, capsys, "--fp16", "False", "--log-format", "json")

    note = json.loads(said.splitlines()[0])
    assert note["event"] == "note"
    assert note["message"].endswith("--fp16 False (--dtype auto takes bfloat16 or float32)")


def test_print_progress_is_the_opposite_of_ours(
    wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--print_progress False` is `--no-progress`."""
    _, said = vtt_of(wav, capsys, "--print_progress", "False")

    assert "note" not in said
    assert run(["transcribe", wav.name, "--print_progress", "no"]) == 2


def test_without_word_timestamps_none_are_made(
    wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--word_timestamps False` is `--no-align`, and that is said; True is what qasr does."""
    for value, notes in (("False", 1), ("false", 1), ("True", 0)):
        _, said = vtt_of(wav, capsys, "--word_timestamps", value)
        assert said.count("--word_timestamps False is --no-align here") == notes
