"""Mistakes on the command line: one line, with what is possible and what was meant."""

import json
import re
from pathlib import Path

import pytest

from qasr_cli.cli.arguments.other_tools import BY_NAME as OTHER_TOOLS
from qasr_cli.cli.main import run
from tests.conftest import WriteWav


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["transcrib"], "no such command transcrib; did you mean transcribe?"),
        (["README.md"], "README.md is a file and no command: qasr transcribe README.md"),
        (["docs"], "docs is a folder and no command: qasr batch docs"),
        (["models", "pul"], "no such command 'pul'. Did you mean 'pull'?"),
        (["transcribe", "x.wav", "--langage", "de"], "did you mean --language?"),
        (
            ["transcribe", "x.wav", "--time-budget", "6h"],
            "no --time-budget; it is an option of qasr batch and plan",
        ),
        (
            ["--language", "de", "x.wav"],
            "qasr has no --language; it is an option of qasr transcribe, batch, ",
        ),
        (["transcribe", "x.wav", "--retries"], "option '--retries' requires"),
        (["transcribe", "x.wav", "--max-line-width", "abc"], "takes a whole number, not 'abc'"),
        (["transcribe", "x.wav", "--max-chunk-s", "abc"], "takes a number, not 'abc'"),
        (["batch", ".", "--max-crashes", "1.5"], "--max-crashes takes a whole number"),
        (
            ["transcribe", "x.wav", "--channels", "spilt"],
            "--channels takes one of: mix, left, right, split; got 'spilt'; did you mean split?",
        ),
        (["transcribe", "x.wav", "--profile", "netflx"], "did you mean netflix?"),
        (["transcribe", "x.wav", "--model", "17b"], "did you mean 1.7b?"),
        (["transcribe", "x.wav", "--model", "large-v3"], "a model of whisper; qasr has 1.7b"),
        (["models", "pull", "alinger"], "did you mean aligner?"),
        (["transcribe", "x.wav", "--device", "gpu"], "--device gpu: takes auto, cpu, cuda"),
        (["transcribe", "x.wav", "--dtype", "fp16"], "got 'fp16'; did you mean float16?"),
        (["transcribe", "x.wav", "--dtype", "half"], "got 'half'; did you mean float16?"),
        (["transcribe", "x.wav", "--dtype", "bf16"], "got 'bf16'; did you mean bfloat16?"),
        (["transcribe", "x.wav", "--dtype", "FP32"], "got 'FP32'; did you mean float32?"),
        (["transcribe", "x.wav", "--dtype", "int8"], "--quantize int8 does that, on a CPU"),
        (["transcribe", "x.wav", "--compute_type", "fp16"], "did you mean float16?"),
        (
            ["transcribe", "x.wav", "--compute_type", "int8_float16"],
            "--compute-type int8_float16: --quantize int8 does that, on a CPU",
        ),
        (["transcribe", "x.wav", "--compute_type", "int8"], "--quantize int8 does that"),
        (["transcribe", "x.wav", "--fp16", "True"], "--dtype float16 does that"),
        (["transcribe", "x.wav", "--task", "translate"], "translation is not offered"),
        (["transcribe", "x.wav", "--vad_method", "pyannote"], "--vad silero or energy"),
        (["transcribe", "x.wav", "--vad_filter", "False"], "pauses are always found"),
        (["transcribe", "x.wav", "--verbose=maybe"], "'--verbose' does not take a value"),
        (["batch", ".", "--json"], "--json goes with --dry-run"),
        (["transcribe", "x.wav", "--json"], "-f names the formats"),
        (["help", "transcrib"], "no such command transcrib; did you mean transcribe?"),
        (["batch", "dosc"], "dosc: no such folder; did you mean docs?"),
        (
            ["transcribe", "x.wav", "--context", "@dosc/plan.md"],
            "--context @dosc/plan.md: No such file or directory; did you mean docs/plan.md?",
        ),
        (["batch", ".", "--time-budget", "6"], "'6' needs a unit, such as 6s, 6m or 6h"),
        (["transcribe", "x.wav", "--context", "@nope"], "--context @nope: No such file"),
        (["transcribe", "x.wav", "--corrections", "nope"], "--corrections nope: No such file"),
        (["transcribe", "x.wav", "--profile", "nope.toml"], "--profile nope.toml: No such file"),
        (["align", "x.wav", "--text", "nope"], "--text nope: No such file"),
        (["align", "x.wav", "--from-srt", "nope.srt"], "--from-srt nope.srt: No such file"),
        (["align", "x.wav", "--text", "a", "--from-srt", "b.srt"], "give one of the two"),
        (["align", "x.wav"], "--text FILE, or --from-srt FILE"),
    ],
)
def test_a_mistake_is_one_line_that_helps(
    argv: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is done, the code is 2, and what is said has the one prefix."""
    assert run(argv) == 2

    captured = capsys.readouterr()
    (said,) = captured.err.splitlines()
    assert said.startswith("qasr: ")
    assert line in said
    assert captured.out == ""


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        ("--diarization", "--diarize"),
        ("--num_speakers", "--speakers N"),
        ("--diarize_model", "--diarizer takes campplus or nemotron"),
        ("--task", "translation is not offered"),
        ("--vad_filter", "--vad silero or energy"),
        ("--max_new_tokens", "the likeliest word"),
        ("--temperature", "the likeliest word"),
        ("--no_speech_threshold", "recognises them again"),
        ("--condition_on_previous_text", "--context"),
        ("--fp16", "--dtype float16"),
        ("--chunk_size", "--max-chunk-s"),
        ("--print_progress", "--no-progress"),
        ("--hf_token", "no token is needed"),
        ("--align_model", "--aligner"),
        ("--max_words", "--max-words-per-line"),
        ("--output", "-o DIR"),
    ],
)
def test_options_of_other_tools_are_known(
    option: str, instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who comes from another transcriber is told which option does it here, or why none does."""
    assert run(["transcribe", "x.wav", option, "1"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"qasr: there is no {option.replace('_', '-')}: ")
    assert instead in line


def test_no_advice_names_an_option_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the table of other tools' options is true of this one, and none is its own."""
    assert run(["batch", "--help"]) == 0
    own = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out))

    named = {word for advice in OTHER_TOOLS.values() for word in re.findall(r"--[a-z-]+\w", advice)}
    assert named <= own
    assert {f"--{name}" for name in OTHER_TOOLS} & own == set()


def test_a_reason_that_is_not_parsed_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """`--log-format json` counts for a command line with a mistake in it."""
    assert run(["batch", ".", "--no-such-option", "--log_format=json"]) == 2

    said = json.loads(capsys.readouterr().err)
    assert (said["event"], said["exit_code"]) == ("error", 2)
    assert "--no-such-option" in said["message"]


def test_a_mistyped_file_is_asked_about(
    tmp_path: Path, write_wav: WriteWav, capsys: pytest.CaptureFixture[str]
) -> None:
    """The closest name beside it, also of a recording, a result or subtitles."""
    wav = write_wav(tmp_path / "talk.wav")
    near = wav.with_name("takl.wav")

    assert run(["transcribe", str(near), "--engine", "fake"]) == 1
    assert f"{near}: No such file or directory; did you mean {wav}?" in capsys.readouterr().err

    for command, name, typed in (
        (["lint"], "talk.srt", "tlak.srt"),
        (["render"], "talk.json", "tlak.json"),
        (["report", "show"], "nightly.json", "nigthly.json"),
    ):
        wav.with_name(name).touch()
        assert run([*command, str(wav.with_name(typed))]) == 1
        assert f"did you mean {wav.with_name(name)}?" in capsys.readouterr().err
