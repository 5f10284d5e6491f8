"""The examples for unattended runs are run as they stand."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import WriteWav

EXAMPLES = Path(__file__).parent.parent / "examples"
CRON = EXAMPLES / "cron" / "qasr-nightly"
SLURM = EXAMPLES / "slurm" / "qasr-array.sbatch"
SYSTEMD = EXAMPLES / "systemd"


@pytest.fixture
def surroundings(tmp_path: Path, write_wav: WriteWav) -> dict[str, str]:
    """Two recordings, and a `qasr` that is this very source."""
    qasr = tmp_path / "qasr"
    qasr.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qasr_cli "$@"\n')
    qasr.chmod(0o755)
    for seed, name in enumerate(("a.wav", "b.wav")):
        write_wav(tmp_path / "in" / name, seed=seed)
    return os.environ | {
        "QASR": str(qasr),
        "RECORDINGS": str(tmp_path / "in"),
        "SUBTITLES": str(tmp_path / "out"),
        "QASR_OPTIONS": "--engine fake --vad energy",
        "WAIT_STABLE": "0.1s",
    }


def _run(
    script: Path, environment: dict[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", script],
        check=False,
        capture_output=True,
        text=True,
        env=environment | more,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("script", [CRON, SLURM], ids=lambda path: path.name)
def test_scripts_are_sound(script: Path, tmp_path: Path) -> None:
    """Bash reads them without complaint, and without their folders they say which is missing."""
    subprocess.run(["bash", "-n", script], check=True)
    if (shellcheck := shutil.which("shellcheck")) is not None:
        subprocess.run([shellcheck, script], check=True)

    ran = _run(script, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})

    assert ran.returncode != 0
    assert "RECORDINGS: the folder of recordings" in ran.stderr


def test_the_cron_job_is_silent_while_all_is_well(
    tmp_path: Path, surroundings: dict[str, str]
) -> None:
    """A good night says nothing and logs a JSON line a file; the next has nothing to do."""
    for outcome in ("done", "skipped"):
        ran = _run(CRON, surroundings)

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        (log,) = (tmp_path / "out" / "logs").iterdir()
        files = [json.loads(line) for line in log.read_text().splitlines()[-3:]]
        assert [line.get("status") for line in files] == [outcome, outcome, None]
    assert sorted(p.name for p in (tmp_path / "out").glob("*.srt")) == ["a.srt", "b.srt"]


def test_the_cron_job_tells_what_failed(tmp_path: Path, surroundings: dict[str, str]) -> None:
    """A bad recording is named, on standard output, which cron mails; the code is qasr's."""
    (tmp_path / "in" / "broken.mp3").write_bytes(b"not sound")

    ran = _run(CRON, surroundings)

    assert (ran.returncode, ran.stderr) == (1, "")
    assert "broken.mp3: cannot be decoded" in ran.stdout
    assert (tmp_path / "out" / "b.srt").is_file()


def test_the_array_shares_the_files_out(tmp_path: Path, surroundings: dict[str, str]) -> None:
    """The tasks of the array do every file between them, once, and their reports merge."""
    found = re.search(r"^#SBATCH --array=1-(\d+)$", SLURM.read_text(), re.MULTILINE)
    assert found is not None
    assert f"readonly parts={found[1]}\n" in SLURM.read_text()
    for task in range(1, int(found[1]) + 1):
        ran = _run(SLURM, surroundings, SLURM_ARRAY_TASK_ID=str(task))
        assert (ran.returncode, ran.stdout) == (0, "")
        assert all(json.loads(line) for line in ran.stderr.splitlines())

    merged = subprocess.run(
        [surroundings["QASR"], "report", "merge", tmp_path / "out", "-o", "-"],
        check=True,
        capture_output=True,
    )

    details = json.loads(merged.stdout)["details"]
    assert [(d["file"], d["status"]) for d in details] == [("a.wav", "done"), ("b.wav", "done")]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_units_are_sound(tmp_path: Path) -> None:
    """The units pass systemd's own check, once the program they name is here."""
    for unit in ("qasr.service", "qasr.timer"):
        text = (SYSTEMD / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/usr/local/bin/qasr", sys.executable))

    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "qasr.timer"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )

    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "qasr" in line]) == (0, [])


def test_the_service_runs_a_command_that_exists(tmp_path: Path) -> None:
    """What the service starts is a command line that qasr takes."""
    found = re.search(
        r"^ExecStart=/usr/local/bin/qasr (.+)$",
        (SYSTEMD / "qasr.service").read_text(),
        re.MULTILINE,
    )
    assert found is not None
    (tmp_path / "in").mkdir()
    arguments = found[1].replace("/srv/recordings", str(tmp_path / "in"))
    arguments = arguments.replace("/srv/subtitles", str(tmp_path / "out"))

    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", *arguments.split(), "--engine", "fake"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (ran.returncode, ran.stdout) == (0, "")
    assert json.loads(ran.stderr)["event"] == "run"


def test_the_python_example_runs(tmp_path: Path, recordings: Path) -> None:
    """It prints every sentence with its time, writes subtitles, and goes on after a bad file."""
    shutil.copy(recordings / "announcement.wav", tmp_path / "talk.wav")
    (tmp_path / "bad.mp3").write_bytes(b"no sound")

    ran = subprocess.run(
        [sys.executable, EXAMPLES / "python" / "sentences.py", "bad.mp3", "talk.wav"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"QASR_EXAMPLE_MODEL": "demo"},
    )

    assert ran.returncode == 1
    assert "bad.mp3: cannot be decoded" in ran.stderr
    assert re.fullmatch(r"( +\d+\.\d{3}  \S.*\n)+", ran.stdout)
    assert (tmp_path / "talk.vtt").read_text().startswith("WEBVTT")


def test_subtitles_are_burnt_in(
    tmp_path: Path, recordings: Path, surroundings: dict[str, str]
) -> None:
    """A film with an odd name gets a second one whose picture differs while somebody speaks."""
    from qasr_cli.media.decoding.ffmpeg import ffmpeg_path

    film = tmp_path / "it's, a [film].mp4"
    shutil.copy(recordings / "clip.mp4", film)

    subprocess.run(
        ["bash", EXAMPLES / "ffmpeg" / "burn-in", film],
        check=True,
        env=surroundings | {"FFMPEG": ffmpeg_path()},
    )

    def frames(path: Path) -> bytes:
        argv = ["-v", "error", "-i", f"file:{path}", "-map", "0:v", "-f", "framemd5", "-"]
        return subprocess.run([ffmpeg_path(), *argv], check=True, capture_output=True).stdout

    burnt = frames(tmp_path / "it's, a [film].subtitled.mp4")
    assert burnt.count(b"\n") > 10
    assert burnt != frames(film)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_questions_to_a_report_have_answers(
    tmp_path: Path, surroundings: dict[str, str]
) -> None:
    """Every block of the jq page runs over a real report."""
    (tmp_path / "in" / "broken.mp3").write_bytes(b"not sound")
    _run(CRON, surroundings)
    blocks = re.findall(r"```\n(.+?)```", (EXAMPLES / "jq" / "README.md").read_text(), re.DOTALL)

    answers = [
        subprocess.run(
            ["bash", "-c", block.replace("qasr batch .", "qasr batch ../in --engine fake")],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path / "out",
            env=surroundings | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        ).stdout
        for block in blocks
    ]

    failed, counted, warned, hours, outputs, live = answers
    assert failed.startswith("broken.mp3\tDecodeError\t")
    assert counted == "1\tDecodeError\n"
    assert warned == ""
    assert hours.startswith("English\t0.002")
    assert [Path(line).name for line in outputs.splitlines()] == ["a.srt", "b.srt"]
    assert live == "broken.mp3\n"
