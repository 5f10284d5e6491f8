"""Packed weights are those of the file that was read, as this processor reads them, or none."""

import contextlib
import gc
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from typing import Any, Literal

import numpy as np
import pytest

from qasr_cli.checkpoints import kept_weights
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen import memory_plan, model_loading
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import multiplies_bfloat16
from qasr_cli.engines.qwen.loading import packed
from qasr_cli.engines.qwen.model.eight_bits.scaled import are_onednns
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from qasr_cli.storage import files
from tests.engines.conftest import make_clip
from tests.engines.qwen.loading.conftest import heard, silence_between_blocks

pytestmark = pytest.mark.skipif(
    not multiplies_bfloat16(), reason="this processor multiplies weights as they lie in the file"
)

needs_onednn = pytest.mark.skipif(
    not are_onednns(), reason="8-bit weights are not kept on this processor"
)


def test_who_stops_while_models_take_turns_leaves_no_part(
    pair: EngineOptions, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There weights are kept while the models are loaded; a run ends once that was given up."""
    monkeypatch.setattr(memory_plan, "_free_bytes", lambda _: 1)
    is_writing, is_stopped = Event(), Event()
    plain = files.write_all

    def slowly(descriptor: int, data: memoryview) -> None:
        is_writing.set()
        is_stopped.wait(60)
        plain(descriptor, data)

    monkeypatch.setattr(kept_weights, "write_all", slowly)
    engine = build_engine(pair)

    def stop() -> None:
        is_writing.wait(60)
        engine.stop()
        is_stopped.set()

    stopper = Thread(target=stop)
    stopper.start()
    with contextlib.closing(engine):
        list(engine.run(speech[:1]))

    stopper.join()
    assert is_writing.is_set()
    folders = (Path(pair.model), Path(str(pair.aligner)))
    assert [file for folder in folders for file in folder.glob(f"{PACKED_FOLDER}/*")] == []


def test_an_aligner_that_is_replaced_while_models_load_is_not_kept_as_the_new_one(
    pair: EngineOptions, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read first and laid out later: what is kept is named after the file that was read."""
    file = Path(str(pair.aligner)) / "model.safetensors"
    whole = bytearray(file.read_bytes())
    damaged = bytearray(whole)
    silence_between_blocks(damaged)
    file.write_bytes(damaged)
    plain = model_loading._recogniser  # noqa: SLF001

    def repaired(*given: Any, **settings: Any) -> Any:  # noqa: ANN401  # as the function
        file.with_name("new").write_bytes(whole)
        file.with_name("new").replace(file)
        return plain(*given, **settings)

    monkeypatch.setattr(model_loading, "_recogniser", repaired)
    heard(pair, speech[:1])
    monkeypatch.undo()
    monkeypatch.setattr(packed, "_LEAST_BYTES", 0)

    found = heard(pair, speech[:1])

    shutil.rmtree(file.parent / PACKED_FOLDER)
    assert found == heard(pair, speech[:1])


@pytest.mark.parametrize("name", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
def test_older_instructions_have_weights_of_their_own(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Weights that lie as others read them are multiplied hundreds of times slower."""
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.delenv("DNNL_MAX_CPU_ISA", raising=False)
    usual = packed._processor_kind()  # noqa: SLF001

    monkeypatch.setenv(name, "AVX512_CORE")

    assert packed._processor_kind() != usual  # noqa: SLF001


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
@pytest.mark.parametrize("quantize", ["none", pytest.param("int8", marks=needs_onednn)])
def test_a_model_that_is_unloaded_leaves_nothing_mapped(
    pair: EngineOptions, speech: list[Clip], quantize: Literal["none", "int8"]
) -> None:
    """Torch's way from bytes to a weight leaves a share of it to nobody; each load maps anew."""
    pair = replace(pair, quantize=quantize)
    for _ in range(2):
        heard(pair, speech[:1])
    gc.collect()

    assert PACKED_FOLDER not in Path("/proc/self/maps").read_text()


def test_an_aligner_that_is_loaded_after_the_end_is_held_by_nobody(
    pair: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip without words never waits for it; its new weights would wait to be kept for ever."""
    may_go_on, is_made = Event(), Event()

    class Late(Aligner):
        def __init__(self, *given: Any, **settings: Any) -> None:  # noqa: ANN401  # as `Aligner`
            may_go_on.wait(60)
            super().__init__(*given, **settings)
            is_made.set()

    monkeypatch.setattr(model_loading, "Aligner", Late)
    engine = build_engine(pair)
    list(engine.run([make_clip(np.zeros(16_000, np.float32))]))
    engine.close()
    may_go_on.set()
    assert is_made.wait(60)
    for thread in enumerate_threads():
        if thread.name == "qasr-second-model":
            thread.join()

    gc.collect()
    assert [each for each in gc.get_objects() if type(each) is packed._Row] == []  # noqa: SLF001
