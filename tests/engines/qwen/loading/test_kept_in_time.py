"""Packed weights are those of the file that was read, as this processor reads them, or none."""

import contextlib
import shutil
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from qasr_cli.checkpoints import kept_weights
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen import memory_plan, model_loading
from qasr_cli.engines.qwen.device import multiplies_bfloat16
from qasr_cli.engines.qwen.loading import packed
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from qasr_cli.storage import files
from tests.engines.qwen.loading.conftest import heard, silence_between_blocks

pytestmark = pytest.mark.skipif(
    not multiplies_bfloat16(), reason="this processor multiplies weights as they lie in the file"
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
        is_stopped.wait()
        plain(descriptor, data)

    monkeypatch.setattr(kept_weights, "write_all", slowly)
    engine = build_engine(pair)

    def stop() -> None:
        is_writing.wait()
        engine.stop()
        is_stopped.set()

    stopper = Thread(target=stop)
    stopper.start()
    with contextlib.closing(engine):
        list(engine.run(speech[:1]))

    stopper.join()
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
