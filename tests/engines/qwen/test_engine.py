"""The engine finds its models at once, loads them late, and says what they are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder, fingerprint
from qasr_cli.core.types import Clip, ClipDone, ClipResult, Timing
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.engine import QwenEngine
from qasr_cli.engines.qwen.loading.choice import choose
from qasr_cli.engines.registry import build_engine
from qasr_cli.errors import DeviceUnavailable, ModelLoadError, ModelMissing, UsageError
from qasr_cli.options import EngineOptions
from qasr_cli.run.healing import Healing
from tests.engines.conftest import OriginalLayout, make_clip, noise, outcome, results_by_id


def test_the_demo_pair_says_what_it_is(demo_engine: Engine) -> None:
    """Its names, revisions and limits are those of the catalog and of its files."""
    assert demo_engine.max_clip_s == 24.0
    assert demo_engine.models == {
        "recogniser": f"demo@{fingerprint(demo_folder('recogniser'))}",
        "aligner": f"demo@{fingerprint(demo_folder('aligner'))}",
    }


def test_the_fingerprint_names_what_changes_a_result(original_layout: OriginalLayout) -> None:
    """Other weights, another number format or no aligner make another fingerprint."""
    native = str(demo_folder("recogniser"))
    aligner = str(demo_folder("aligner"))
    engines = [
        build_engine(EngineOptions(model=native, aligner=aligner)),
        build_engine(EngineOptions(model=native, aligner=aligner, dtype="float32")),
        build_engine(EngineOptions(model=native, align=False)),
        build_engine(EngineOptions(model=str(original_layout("recogniser")), aligner=aligner)),
    ]

    assert len({engine.fingerprint for engine in engines}) == len(engines)


def test_a_run_option_leaves_the_fingerprint_alone(demo_engine: Engine) -> None:
    """Batch size, threads and device change no result."""
    other = build_engine(EngineOptions(model="demo", device="cpu", batch_size=3, threads=1))

    assert other.fingerprint == demo_engine.fingerprint


def test_the_demo_pair_runs_in_float32_on_the_cpu() -> None:
    """It is trained for that, and told nothing else it takes it; a device that is named counts."""
    chosen = choose("demo", "recogniser", EngineOptions(model="demo", dtype="bfloat16"))
    on_gpu = choose("demo", "recogniser", EngineOptions(model="demo", device="cuda:1"))

    assert (chosen.device, chosen.dtype) == ("cpu", "float32")
    assert on_gpu.device == "cuda:1"


def test_a_local_model_has_no_limit_of_its_own() -> None:
    """Only models of the catalog are known to be limited."""
    options = EngineOptions(
        model=str(demo_folder("recogniser")), aligner=str(demo_folder("aligner"))
    )

    assert build_engine(options).max_clip_s is None


def test_company_changes_no_result(
    demo_engine: Engine, speech: list[Clip], single_results: dict[str, ClipResult]
) -> None:
    """All clips at once, backwards, give the texts and times of single clips."""
    results = results_by_id(demo_engine, speech[::-1])

    assert {i: outcome(r) for i, r in results.items()} == {
        i: outcome(r) for i, r in single_results.items()
    }


def test_without_alignment_no_aligner_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speech: list[Clip]
) -> None:
    """`--no-align` works where no aligner is on the machine."""
    for variable in ("HOME", "HF_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    model = str(demo_folder("recogniser"))

    with pytest.raises(ModelMissing):
        build_engine(EngineOptions(model=model))
    engine = build_engine(EngineOptions(model=model, align=False, dtype="float32"))
    (result,) = engine.run(speech[:1])

    assert isinstance(result, ClipDone)
    assert result.timing is Timing.PROPORTIONAL
    assert engine.models.keys() == {"recogniser"}


def test_models_of_swapped_roles_are_told_at_once() -> None:
    """An aligner given as --model is refused before any file is opened."""
    with pytest.raises(ModelLoadError, match="--aligner takes it"):
        build_engine(EngineOptions(model=str(demo_folder("aligner")), aligner="demo"))


def test_the_class_keeps_the_protocol() -> None:
    """What the registry gives for an engine is one, for mypy too."""
    engine: Engine = QwenEngine.from_options(EngineOptions(model="demo"))

    assert list(engine.run([])) == []


HOT = "Kubernetes etcd Anna Bell"


def test_clips_of_all_contexts_go_together(demo_engine: Engine, speech: list[Clip]) -> None:
    """In one batch clips with long, short and no contexts give what each gives alone."""
    contexts = ("", HOT, f"{HOT} " * 40, "通义千问")
    clips = [
        replace(clip, context=context) for clip, context in zip(speech[:4], contexts, strict=True)
    ]

    together = results_by_id(demo_engine, clips)

    for clip in clips:
        (alone,) = demo_engine.run([clip])
        assert outcome(together[clip.clip_id]) == outcome(alone)


def test_no_silent_clip_returns_hot_words(demo_engine: Engine) -> None:
    """Of twenty clips of silence and noise, told hot words, none gives a word of them."""
    clips = [
        replace(
            make_clip((number % 3) * noise(0.25 * (number + 1), seed=number)),
            clip_id=f"file/{number}",
            context=HOT,
        )
        for number in range(20)
    ]

    results = list(Healing(demo_engine).run(clips))

    assert len(results) == 20
    assert not [word for r in results for word in HOT.split() if word in (r.text or "")]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_named_device_is_looked_at_before_the_models(tmp_path: Path) -> None:
    """Nobody downloads gigabytes to learn then that there is no GPU, unless the CPU may do it."""
    options = EngineOptions(device="cuda", model_dir=str(tmp_path))

    with pytest.raises(DeviceUnavailable, match="possible here: auto, cpu"):
        QwenEngine.from_options(options)

    demo = replace(options, model="demo", cpu_fallback=True)
    assert QwenEngine.from_options(demo).models.keys() == {"recogniser", "aligner"}


def test_a_way_to_compute_is_looked_at_before_the_models_load() -> None:
    """What goes with a GPU alone is refused where the demo pair runs, at once."""
    with pytest.raises(UsageError, match="--cuda-graphs works on a GPU"):
        QwenEngine.from_options(EngineOptions(model="demo", cuda_graphs=True))
