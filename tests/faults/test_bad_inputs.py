"""One batch over everything that people hand in: each file has its outcome, and none another's."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import WriteWav
from tests.faults.bad_inputs.case import ABSENT, DONE, Case
from tests.faults.bad_inputs.corpus import build, cases
from tests.faults.bad_inputs.workshop import Workshop

FAKE = ("--engine", "fake", "--vad", "energy", "--retries", "0")
GOOD = ("first.wav", "middle/good.wav", "zz-last.wav")
TIME_LIMIT_S = 900  # a hang ends here; nothing else depends on it
# Root reads what nobody may; without these powers even root is refused.
AS_ANYBODY = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def _batch(folder: Path, output_dir: Path, *options: str) -> subprocess.CompletedProcess[str]:
    prefix = AS_ANYBODY if os.geteuid() == 0 and _permissions_count() else ()
    command = [*prefix, sys.executable, "-m", "qasr_cli", "batch", folder, "-o", output_dir]
    return subprocess.run(
        [*command, *FAKE, *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        stdin=subprocess.DEVNULL,
    )


def _write_good(folder: Path, write_wav: WriteWav) -> None:
    for seed, name in enumerate(GOOD):
        write_wav(folder / name, seed=seed)


def _what_became_of(case: Case, details: dict[str, dict[str, object]]) -> tuple[str, str]:
    """Outcome and what was said of a case."""
    detail = details.get(case.name)
    if detail is None:
        return ABSENT, ""
    error = detail["error"]
    if isinstance(error, dict):
        return str(error["kind"]), str(error["message"])
    warnings = detail["warnings"]
    assert isinstance(warnings, list)
    return str(detail["status"]), " / ".join(warnings)


def _permissions_count() -> bool:
    if os.geteuid() != 0:
        return True
    return shutil.which("setpriv") is not None and (
        subprocess.run([*AS_ANYBODY, "true"], check=False).returncode == 0
    )


@pytest.mark.skipif(not _permissions_count(), reason="root cannot give up its powers here")
def test_every_bad_input_has_its_outcome_and_costs_nobody_else(
    tmp_path: Path, write_wav: WriteWav
) -> None:
    """Of nearly 200 inputs each has its named error or is done; good files are as if alone."""
    workshop, corpus, alone = (tmp_path / name for name in ("workshop", "corpus", "alone"))
    for folder in (workshop, corpus, alone):
        folder.mkdir()
    everything = cases()
    build(everything, corpus, Workshop(workshop))
    _write_good(corpus, write_wav)
    _write_good(alone, write_wav)

    ran = _batch(corpus, tmp_path / "out", "--max-duration", "60s", "--log-format", "json")
    undisturbed = _batch(alone, tmp_path / "undisturbed")

    assert (ran.returncode, undisturbed.returncode) == (1, 0)
    assert ran.stdout == ""
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    report = json.loads((tmp_path / "out" / "processing_report.json").read_text())
    details = {detail["file"]: detail for detail in report["details"]}
    assert len(lines) == len(report["details"]) + 1  # and one for the run
    wrong = []
    for case in everything:
        outcome, said = _what_became_of(case, details)
        is_right = outcome == case.outcome and case.says in said
        if not is_right or (case.is_quiet and said):
            wrong.append((case.name, case.outcome, outcome, said))
    assert wrong == []
    reported = {case.name for case in everything if case.outcome != ABSENT}
    assert set(details) == reported | set(GOOD)
    for name in GOOD:
        srt = Path(name).with_suffix(".srt")
        assert (tmp_path / "out" / srt).read_bytes() == (
            tmp_path / "undisturbed" / srt
        ).read_bytes()
    assert not (tmp_path / "pwned").exists()
    assert list((tmp_path / "out").rglob("*qasr-tmp*")) == []
    assert sum(case.outcome == DONE for case in everything) >= 90  # they are not all hopeless


def test_a_file_written_to_all_the_time_is_told_and_costs_nobody_else(
    tmp_path: Path, write_wav: WriteWav
) -> None:
    """A recording that grows while it is read fails as changed; the next is done."""
    growing = tmp_path / "in" / "growing.wav"
    write_wav(growing, duration_s=120.0)
    write_wav(tmp_path / "in" / "quiet.wav")
    is_over = threading.Event()

    def go_on_writing() -> None:
        with growing.open("ab") as file:
            while not is_over.wait(0.002):
                file.write(b"\0\0")
                file.flush()

    writer = threading.Thread(target=go_on_writing)
    writer.start()
    try:
        ran = _batch(tmp_path / "in", tmp_path / "out", "-q")
    finally:
        is_over.set()
        writer.join()

    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "changed while it was read" in ran.stderr
    assert (tmp_path / "out" / "quiet.srt").is_file()


def test_the_cap_is_the_users(tmp_path: Path, write_wav: WriteWav) -> None:
    """`--max-duration` refuses a longer file, and raising it does no finished file again."""
    write_wav(tmp_path / "in" / "a-short.wav")
    write_wav(tmp_path / "in" / "b-long.wav", duration_s=30.0)
    (srt, out) = (tmp_path / "out" / "a-short.srt", tmp_path / "out")

    strict = _batch(tmp_path / "in", out, "-q", "--max-duration", "20s")
    first = srt.stat().st_mtime_ns
    relaxed = _batch(tmp_path / "in", out, "-q", "--max-duration", "1m")

    assert (strict.returncode, relaxed.returncode) == (1, 0)
    assert "--max-duration allows (20 s)" in strict.stderr
    assert srt.stat().st_mtime_ns == first
    assert (out / "b-long.srt").is_file()
