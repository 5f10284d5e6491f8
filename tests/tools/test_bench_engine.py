"""The benchmark counts the work that is known, and gives all systems the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.checkpoints.locate import demo_folder
from tools.bench.environment import as_the_program, environment_of
from tools.bench.jobs import job_of
from tools.bench.least_work import work_of
from tools.bench.report import ratio
from tools.bench.shapes import checkpoint_of
from tools.bench.systems import Start
from tools.bench.systems import System as Measured

LARGE = {
    "audio_config": {
        "downsample_hidden_size": 480,
        "d_model": 1024,
        "encoder_ffn_dim": 4096,
        "encoder_layers": 24,
    },
    "text_config": {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "head_dim": 128,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "num_hidden_layers": 28,
    },
}


def test_the_work_of_the_large_model_is_known() -> None:
    """Its operations and bytes are those counted by hand from the published configuration."""
    work = work_of(LARGE, clip_s=30, prompt_tokens=408, head_size=151_936, number_bytes=2)

    assert work.encode / 30 == pytest.approx(12.5e9, rel=0.02)
    assert work.read / 30 == pytest.approx(39.0e9, rel=0.02)
    assert work.weight_bytes == pytest.approx(3.44e9, rel=0.02)
    assert work.cache_bytes == 112 * 1024


def test_the_demo_shape_is_the_demo_pair(tmp_path: Path) -> None:
    """Nothing is made up for it."""
    assert checkpoint_of("demo", "aligner", tmp_path) == demo_folder("aligner")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("system", ["qasr", "generate"])
def test_all_systems_do_the_same_work(system: str) -> None:
    """However the clips are batched, as many tokens and words come out."""
    given = {
        "system": system,
        "recogniser": str(demo_folder("recogniser")),
        "aligner": str(demo_folder("aligner")),
        "device": "cpu",
        "dtype": "float32",
        "quantize": "none",
        "cuda_graphs": False,
        "static": False,
        "threads": 1,
    }
    job = {"clip_s": [2, 1], "tokens": [7, 3], "words": [4, 2], "batch": 2}

    done = subprocess.run(
        [sys.executable, *as_the_program("tools/bench_worker.py"), json.dumps(given)],
        cwd=Path(__file__).parents[2],
        input="".join(json.dumps(job | {"what": what}) + "\n" for what in ("recognise", "align")),
        capture_output=True,
        text=True,
        check=True,
    )

    loaded, hear, align = map(json.loads, done.stdout.splitlines())
    assert loaded["load_s"] > 0
    assert (hear["count"], align["count"]) == (10, 6)
    assert ("step" in hear["stages"]) == (system == "qasr")


def test_what_is_measured_waits_as_it_does_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of qasr as its engine says, others as they are; whoever says otherwise is heard."""
    script = tmp_path / "script.py"
    script.write_text("import os, sys; print(sys.argv[1:], os.environ.get('GOMP_SPINCOUNT'))")

    def said(*command: str) -> str:
        started = [sys.executable, *command, "given"]
        return subprocess.check_output(started, env=environment_of(), text=True).strip()

    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")  # as the engine's import leaves it
    monkeypatch.setenv("GOMP_SPINCOUNT", "1500")
    assert said(str(script)) == "['given'] None"
    assert said(*as_the_program(str(script))) == "['given'] 1500"
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    assert said(*as_the_program(str(script))) == "['given'] 7"


def test_ratios_are_taken_within_rounds() -> None:
    """A round in which the machine was busy counts as much as any other one."""
    start = Start(python="never run", settings={})
    one, other = (Measured(name=name, start=start, at_once=1) for name in "ab")
    for system, seconds in ((one, (1, 10, 2)), (other, (3, 30, 4))):
        system.answers["align"] = [{"wall_s": s, "audio_s": 30} for s in seconds]

    assert ratio(one, other, "align") == 3
    assert json.loads(json.dumps(job_of("align", 2, 30, 8)))["clip_s"] == [30, 30]
