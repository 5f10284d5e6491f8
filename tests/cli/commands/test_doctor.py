import json
import re
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from qasr_cli.checkpoints import catalog
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.cli.commands.doctor import app
from qasr_cli.engines.qwen.memory_plan import published_need
from qasr_cli.errors import UsageError
from qasr_cli.machine.checkup import check_gpu_memory, check_memory


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QASR_MODELS", "QASR_FFMPEG", "HF_HOME", "HF_HUB_CACHE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def _states(*arguments: str) -> tuple[int, dict[str, tuple[str, str]]]:
    result = CliRunner().invoke(app, ["--json", *arguments])
    checks = json.loads(result.stdout)["checks"]
    return result.exit_code, {
        check["name"]: (check["state"], check["detail"] + check["remedy"]) for check in checks
    }


def test_the_demo_pair_needs_nothing_more() -> None:
    """With the demo pair every check of this machine passes."""
    code, states = _states("--model", "demo", "--device", "cpu")

    assert code == 0
    assert {state for state, _ in states.values()} <= {"ok", "warn"}
    assert states["torch"][1].startswith(torch.__version__)
    assert states["ffmpeg"][0] == "ok"
    assert states["aligner"][1].endswith("aligner")


def test_a_missing_model_is_named_with_its_command() -> None:
    """Without the weights of the chosen model the doctor exits 3 and says how to get both."""
    code, states = _states("--model", "0.6b")

    assert code == 3
    assert states["recogniser"][0] == states["aligner"][0] == "fail"
    assert "`qasr models pull 0.6b`" in states["recogniser"][1]
    assert "`qasr models pull aligner`" in states["aligner"][1]


def test_lines_for_people_say_the_state_first() -> None:
    """Each line begins with ok, warn or fail."""
    result = CliRunner().invoke(app, ["--model", "demo", "--device", "cpu"])

    assert result.exit_code == 0
    states = {line.split()[0] for line in result.stdout.splitlines()}
    assert states <= {"ok", "warn", "->"}
    assert result.stdout.startswith("ok    qasr")


@pytest.mark.parametrize(
    ("script", "state", "reason"),
    [
        (None, "fail", "not a program"),
        ("#!/bin/sh\nexit 1\n", "fail", "does not run as ffmpeg"),
        ("#!/bin/sh\necho ffmpeg version 5.1\n", "warn", "5.1"),
    ],
)
def test_an_ffmpeg_that_will_not_do_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    state: str,
    reason: str,
) -> None:
    """Absent, broken and old programs are told apart."""
    program = tmp_path / "ffmpeg"
    if script is not None:
        program.write_text(script, encoding="ascii")
        program.chmod(0o755)
    monkeypatch.setenv("QASR_FFMPEG", str(program))

    code, states = _states("--model", "demo", "--device", "cpu")

    assert states["ffmpeg"][0] == state
    assert reason in states["ffmpeg"][1]
    assert code == (3 if state == "fail" else 0)


def test_a_folder_that_cannot_be_written_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs may go elsewhere, so a folder alone fails nothing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))

    code, states = _states("--model", "demo", "--device", "cpu")

    assert code == 0
    assert states["temporary folder"][0] == "warn"
    assert "TMPDIR" in states["temporary folder"][1]


@pytest.mark.parametrize(
    ("package", "name", "remedy"),
    [
        ("rjieba", "cues: Chinese", "pip install rjieba"),
        ("budoux", "cues: Japanese", "pip install budoux"),
        ("nagisa", "times: Japanese", "pip install 'qasr-cli[ja]'"),
        ("soynlp", "times: Korean", "pip install 'qasr-cli[ko]'"),
    ],
)
def test_a_package_that_a_language_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, package: str, name: str, remedy: str
) -> None:
    """What gets worse in which language, and the command that mends it; other languages work."""
    monkeypatch.setitem(sys.modules, package, None)

    code, states = _states("--model", "demo", "--device", "cpu")

    assert code == 0
    state, told = states[name]
    assert state == "warn"
    assert told.startswith(f"{package} is not installed: ")
    assert told.endswith(remedy)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_here_fails() -> None:
    """A device this machine lacks is a failed check, and no self-test is tried on it."""
    code, states = _states("--model", "demo", "--device", "cuda", "--self-test")

    assert code == 3
    assert states["device"][0] == "fail"
    assert states["device"][1].endswith("--device takes: auto, cpu")


@pytest.mark.parametrize(
    "arguments", [["--device", "banana", "--model", "demo"], ["--model", "no-such-name"]]
)
def test_what_cannot_exist_is_a_usage_error(arguments: list[str]) -> None:
    """A word that is no device, or no model, ends the command."""
    result = CliRunner().invoke(app, arguments)

    assert isinstance(result.exception, UsageError)


_GB = 1_000_000_000


@pytest.mark.parametrize(
    ("free_bytes", "expected"), [(14 * _GB, "ok"), (12 * _GB, "warn"), (None, "warn")]
)
def test_memory_is_compared_with_the_need(free_bytes: int | None, expected: str) -> None:
    """The default pair in float32 needs about 13 GB of main memory."""
    check = check_memory("device cpu", _pair("1.7b"), free_bytes=free_bytes, bytes_per_parameter=4)

    assert check.state == expected
    assert "about 13.0 GB needed" in check.detail


@pytest.mark.parametrize(
    ("free_bytes", "state", "detail"),
    [
        (5 * _GB, "warn", "1.7b and aligner: at least 5.3 GB, both stay from 8.2 GB; 5.0 GB free"),
        (7 * _GB, "ok", "1.7b and aligner: take turns, 12 clips at once; 7.0 GB free (at least"),
        (23 * _GB, "ok", "1.7b and aligner: stay, 109 clips at once; 23.0 GB free (at least 5.3"),
        (None, "warn", "both stay from 8.2 GB; unknown free"),
    ],
)
def test_a_gpu_is_told_what_it_would_do(free_bytes: int | None, state: str, detail: str) -> None:
    """Its free memory through the plan that a run makes."""
    check = check_gpu_memory(
        "device cuda:0", _pair("1.7b"), free_bytes=free_bytes, dtype=torch.bfloat16
    )

    assert check.state == state
    assert detail in check.detail


@pytest.mark.parametrize("page", ["README.md", "docs/install.md"])
def test_the_documents_have_the_need_of_the_plan(page: str) -> None:
    """Disk, GPU memory and main memory of both pairs, as a run and this command compute them."""
    text = " ".join((Path(__file__).parents[3] / page).read_text().split())

    for name in ("1.7b", "0.6b"):
        pair = _pair(name)
        need = published_need(pair, torch.bfloat16)
        sizes = [sum(map(catalog.download_bytes, pair)), need.least_bytes, need.both_bytes]
        sizes += [catalog.memory_bytes(pair, bytes_per_parameter=count) for count in (2, 4)]
        row = " | ".join(f"{size / 1e9:.1f} GB" for size in sizes)
        assert re.search(rf"\| `{name}`[^|]* \| {row} \|", text)


def test_json_may_be_shown_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the home folder nor the current one is in it: it goes into reports of bugs."""
    (tmp_path / "talks with Ann").mkdir()
    monkeypatch.chdir(tmp_path / "talks with Ann")

    shown = CliRunner().invoke(app, ["--json", "--device", "cpu"]).stdout

    assert json.loads(shown)["checks"]
    assert tmp_path.name not in shown
    assert "Ann" not in shown
    assert ". can be written" in shown


def _pair(recogniser: str) -> list[catalog.Model]:
    models = [catalog.lookup(recogniser, "recogniser"), catalog.lookup("aligner")]
    return [model for model in models if model is not None]


def test_the_self_test_hears_the_bundled_recording() -> None:
    """The demo pair on the CPU hears what was said, at the times it was said."""
    result = CliRunner().invoke(
        app, ["--self-test", "--model", "demo", "--device", "cpu", "--json"]
    )

    assert result.exit_code == 0
    tested = json.loads(result.stdout)["self_test"]
    assert tested["is_passed"]
    assert tested["heard"] == tested["said"]
    assert tested["mean_shift_ms"] < 120


def test_the_self_test_names_what_it_tests() -> None:
    """Without `-m` it is the demo pair, which needs no download, whatever a run would take."""
    result = CliRunner().invoke(app, ["--self-test", "--device", "cpu"])

    assert result.exit_code == 3  # the models of a run are not here
    assert "ok    self-test of demo on cpu" in result.stdout.splitlines()


def test_the_self_test_takes_a_model(tmp_path: Path) -> None:
    """`-m` tests that model with its aligner, found where a run would find them, on real speech."""
    (tmp_path / "Qwen3-ASR-0.6B-hf").symlink_to(demo_folder("recogniser"))
    (tmp_path / "Qwen3-ForcedAligner-0.6B-hf").symlink_to(demo_folder("aligner"))

    argv = ["--self-test", "-m", "0.6b", "--model-dir", str(tmp_path), "--device", "cpu"]
    result = CliRunner().invoke(app, argv)

    assert result.exit_code == 3  # the demo pair, which these are, knows no human voice
    pair = "Qwen/Qwen3-ASR-0.6B-hf and Qwen/Qwen3-ForcedAligner-0.6B-hf"
    lines = result.stdout.splitlines()
    assert f"fail  self-test of {pair} on cpu" in lines
    assert "      said   And you always want to see it in the superlative degree." in lines
    assert "(at most 20%)" in lines[-1]


def test_no_model_is_tested_that_is_not_here() -> None:
    """The checks say so already, and the demo pair is not taken in its place."""
    result = CliRunner().invoke(app, ["--self-test", "-m", "0.6b", "--device", "cpu"])

    assert result.exit_code == 3
    assert "self-test" not in result.stdout
