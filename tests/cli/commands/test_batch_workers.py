"""`qasr batch --workers`, as its user meets it: real processes, signals, exit codes."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav
from tests.voice_files import write_voice_model, write_voices

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")
_LONGEST_S = 120.0


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Forty short recordings."""
    for number in range(40):
        write_wav(tmp_path / "in" / f"{number:02}.wav", ((0.1, 0.9),), 1.0, seed=number)
    return tmp_path / "in"


def _report(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "processing_report.json").read_text())
    return report


def _statuses(folder: Path) -> Counter[str]:
    return Counter(detail["status"] for detail in _report(folder)["details"])


@contextlib.contextmanager
def _batch(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A run in a process group of its own, as a shell makes one for what it starts."""
    command = [sys.executable, "-m", "qasr_cli", "batch", *arguments, *FAKE]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for_first_file(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("done"):
            return
    raise AssertionError("it was never so far")


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def _are_gone(processes: list[int]) -> bool:
    deadline_s = time.monotonic() + _LONGEST_S
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.02)
    return True


def test_two_workers_do_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file has its line and its subtitles; a second run skips all."""
    assert run(["batch", str(folder), *FAKE, "--workers", "2"]) == 0
    said = capsys.readouterr().err
    assert said.count("done     ") == 40
    assert len(list(folder.glob("*.srt"))) == 40

    assert run(["batch", str(folder), *FAKE]) == 0
    assert _statuses(folder) == {"skipped": 40}


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for children")
def test_ctrl_c_ends_workers_and_loses_nothing(folder: Path) -> None:
    """The whole group gets it, as from a terminal: the code is 130, and the next run goes on."""
    with _batch(str(folder), "--workers", "2") as process:
        _wait_for_first_file(process)
        children = _children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()

    assert process.returncode == 130
    assert len(children) == 2
    assert _are_gone(children)
    assert not list((folder / ".qasr" / "begun").glob("*"))
    statuses = _statuses(folder)
    assert statuses.keys() <= {"done", "pending"}
    assert run(["batch", str(folder), *FAKE]) == 0
    assert _statuses(folder) == {"skipped": statuses["done"], "done": statuses["pending"]}


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for children")
@pytest.mark.parametrize("walls", [(), ("--no-sandbox",)])
def test_workers_are_as_confined_as_their_driver(folder: Path, walls: tuple[str, ...]) -> None:
    """The driver of a GPU that does not bear walls is loaded by workers, not by who starts them."""
    with _batch(str(folder), "--workers", "2", *walls) as process:
        _wait_for_first_file(process)
        commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in _children(process.pid)]
        process.kill()
        process.communicate()

    assert [b"--no-sandbox" in command for command in commands] == [bool(walls)] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for children")
def test_workers_die_with_their_driver(folder: Path) -> None:
    """However it ends: a driver that is killed leaves nobody who holds a GPU."""
    with _batch(str(folder), "--workers", "2") as process:
        _wait_for_first_file(process)
        children = _children(process.pid)
        process.kill()
        process.communicate()

        assert len(children) == 2
        assert _are_gone(children)

    assert run(["batch", str(folder), *FAKE, "--workers", "2"]) == 0
    assert set(_statuses(folder)) <= {"done", "skipped"}
    assert not list((folder / ".qasr" / "lanes").glob("*"))
    assert not list(folder.glob(".qasr-*"))


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_worker_opens_an_internet_socket(tmp_path: Path, write_wav: WriteWav) -> None:
    """Neither the driver nor anybody below it even tries to, and the kernel would refuse it."""
    for number in range(3):
        write_wav(tmp_path / "in" / f"{number}.wav", seed=number)
    log = tmp_path / "log"
    strace = ("strace", "-f", "-qq", "-e", "trace=%network", "-o", str(log))
    program = (sys.executable, "-m", "qasr_cli", "batch", str(tmp_path / "in"), "--workers", "2")
    ran = subprocess.run([*strace, *program, *FAKE], capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert [line for line in log.read_text().splitlines() if "AF_INET" in line] == []
    assert _report(tmp_path / "in")["sandbox"] in {"on", "unavailable"}


def test_a_worker_that_is_typed_ends_when_nobody_speaks() -> None:
    """It is no command for people: it knows that nobody has started it."""
    ended = subprocess.run(
        [sys.executable, "-m", "qasr_cli", "worker", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LONGEST_S,
        check=False,
    )

    assert ended.returncode == 0
    assert ended.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--workers", "0"), "--workers takes 1 to 64, or auto"),
        (("--workers", "two"), "'two' is neither a number of processes nor auto"),
        (("--devices", "cuda:0,gpu"), "--devices gpu: takes auto, cpu, cuda"),
        (("--devices", "cuda:0,"), "has no device between two commas"),
        (("--devices", "cpu,cpu", "--device", "cpu"), "leave out --device"),
        (("--devices", "cpu,cpu", "--workers", "1"), "leaves some of the 2 --devices"),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    """In one line, with code 2, before any work."""
    assert run(["batch", str(folder), *FAKE, *arguments]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.count("\n") == 1


def test_one_worker_is_this_process(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--workers 1`, and auto where there is no GPU, start nobody."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr("qasr_cli.run.executor.local.LocalExecutor.want", refuse)
    for count in ("1", "auto"):
        assert run(["batch", str(folder), *FAKE, "--overwrite", "--workers", count]) == 0
    capsys.readouterr()


def test_workers_tell_voices_apart_and_name_them_over_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--same-speakers` compares what all workers have heard, as after one process."""
    write_voice_model(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))
    turns = [(0.5, 12.0, "low"), (13.0, 25.0, "high"), (26.0, 38.0, "low")]
    for name in ("one", "two", "three"):
        (tmp_path / "in").mkdir(exist_ok=True)
        write_voices(tmp_path / "in" / f"{name}.wav", turns, length_s=39.0, seed=len(name))
    told = ("--diarize", "--keep-voices", "--same-speakers", "-f", "json")
    for count in ("1", "2"):
        target = tmp_path / count
        arguments = (str(tmp_path / "in"), "-o", str(target), "--workers", count)
        assert run(["batch", *arguments, *FAKE, *told]) == 0
    capsys.readouterr()

    names = ("speakers.json", "one.json", "two.json", "three.json")
    made = [[(tmp_path / count / name).read_bytes() for name in names] for count in ("1", "2")]
    assert made[0] == made[1]
    assert {each["name"] for each in json.loads(made[1][0])["speakers"]} >= {"Voice 1"}


def test_parts_have_workers_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--shard` with `--workers`: each machine has several; reports merge as ever."""
    assert run(["plan", str(folder), *FAKE[:4], "--shards", "2", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "part     1/2  20 files" in said
    for part in ("1/2", "2/2"):
        assert run(["batch", str(folder), *FAKE, "--shard", part, "--workers", "2"]) == 0
    capsys.readouterr()
    assert run(["report", "merge", str(folder)]) == 0
    assert len(list(folder.glob("*.srt"))) == 40
    assert run(["batch", str(folder), *FAKE]) == 0
    assert _statuses(folder) == {"skipped": 40}
