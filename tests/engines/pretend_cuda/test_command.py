"""A whole command on a pretend GPU: decoding, read-ahead, healing and writing around the engine."""

import json
import shutil
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.errors import ExitCode
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    "more", [[], ["--cuda-graphs", "--batch-size", "2"]], ids=["-", "captured"]
)
def test_subtitles_are_those_of_the_cpu(recordings: Path, tmp_path: Path, more: list[str]) -> None:
    """Byte for byte, of two recordings in one run."""
    names = ["announcement.wav", "voice-memo.m4a"]
    argv = ["transcribe", *(str(recordings / name) for name in names), "-m", "demo", "-q"]
    argv += ["-f", "srt,words", "-o"]

    assert run([*argv, str(tmp_path / "gpu"), "--device", "cuda:1", *more]) == 0
    assert run([*argv, str(tmp_path / "cpu"), "--device", "cpu"]) == 0

    written = _written(tmp_path / "gpu")
    assert written == _written(tmp_path / "cpu")
    assert len(written) == 4


def test_a_warning_of_the_engine_is_a_line_of_the_run(
    machine: Machine, recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In JSON where the log is JSON; the files are done, and the exit code is 0."""
    machine.capture_failure = "CUDA error: operation failed during capture"
    shutil.copy(recordings / "announcement.wav", tmp_path)
    argv = ["batch", str(tmp_path), "-m", "demo", "--device", "cuda", "--cuda-graphs"]
    argv += ["--log-format", "json"]

    assert run(argv) == 0

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (warning,) = [line for line in lines if line["event"] == "warning"]
    assert warning["message"] == f"--cuda-graphs is left off: {machine.capture_failure}"


def test_the_cpu_does_what_no_gpu_holds(recordings: Path, tmp_path: Path) -> None:
    """With `--allow-cpu-fallback`, where not even one model fits; without it the run says so."""
    argv = ["transcribe", str(recordings / "announcement.wav"), "-m", "demo", "-q", "-o"]
    with pretend(Machine(total_bytes=4 << 20)):
        refused = run([*argv, str(tmp_path / "refused"), "--device", "cuda"])
        done = run([*argv, str(tmp_path / "gpu"), "--device", "cuda", "--allow-cpu-fallback"])
    run([*argv, str(tmp_path / "cpu"), "--device", "cpu"])

    assert (refused, done) == (ExitCode.ENVIRONMENT, ExitCode.OK)
    assert _written(tmp_path / "gpu") == _written(tmp_path / "cpu")


def _written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
