"""Packed weights that are kept change nothing but the time until a model is there."""

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from qasr_cli.checkpoints import kept_weights, locate, manifest
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.device import multiplies_bfloat16
from qasr_cli.engines.qwen.loading import packed
from qasr_cli.engines.qwen.model import opaque
from qasr_cli.engines.qwen.model.eight_bits import packing
from qasr_cli.engines.qwen.model.eight_bits.scaled import are_onednns
from qasr_cli.engines.qwen.model.products import choice, float32
from qasr_cli.engines.qwen.model.products.linear import Weight, whole
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.qwen.loading.conftest import heard, silence_between_blocks

pytestmark = pytest.mark.skipif(
    not multiplies_bfloat16(), reason="this processor multiplies weights as they lie in the file"
)

needs_onednn = pytest.mark.skipif(
    not are_onednns(), reason="8-bit weights are not kept on this processor"
)


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows with every weight that is laid out."""
    made: list[object] = []

    def counted(weight: Weight) -> torch.Tensor:
        made.append(None)
        return whole(weight)

    for module in (choice, packing):
        monkeypatch.setattr(module, "whole", counted)
    in_halves = float32._in_halves  # noqa: SLF001  # what is multiplied in full is laid out there

    def counted_half(*given: Any) -> list[Any]:  # noqa: ANN401  # as it comes
        made.append(None)
        return in_halves(*given)

    monkeypatch.setattr(float32, "_in_halves", counted_half)
    return made


def files_of(options: EngineOptions) -> list[Path]:
    """Packed weights of both models."""
    folders = (Path(options.model), Path(str(options.aligner)))
    return sorted(file for folder in folders for file in (folder / PACKED_FOLDER).iterdir())


def test_torch_can_do_it() -> None:
    """This torch takes a weight's bytes back."""
    assert opaque.is_possible()


@pytest.mark.parametrize(
    ("numbers", "kinds"),
    [
        ({}, ["bfloat16", "bfloat16", "int4"]),
        ({"quantize": "int4", "dtype": "bfloat16"}, ["bfloat16", "bfloat16", "int4"]),
        pytest.param(
            {"quantize": "int4", "dtype": "float32"}, ["int4", "int8", "int8"], marks=needs_onednn
        ),
        pytest.param({"quantize": "int8"}, ["int4", "int8", "int8"], marks=needs_onednn),
    ],
)
def test_the_second_start_lays_nothing_out(
    pair: EngineOptions,
    speech: list[Clip],
    layouts: list[object],
    numbers: dict[str, Any],
    kinds: list[str],
) -> None:
    """It takes what the first one kept, and hears the same words at the same times."""
    pair = replace(pair, **numbers)
    first = heard(pair, speech[:3])
    made_count = len(layouts)
    assert made_count > 20

    assert heard(pair, speech[:3]) == first
    # In 8 bits two layers of an encoder, and the aligner's last one, still multiply in float32, and
    # one more where convolutions do.
    in_full = 5 if multiplies_bfloat16() else 7
    assert len(layouts) == made_count + (in_full if "int8" in kinds else 0)
    assert sorted(file.name.partition("-")[0] for file in files_of(pair)) == kinds
    for name in (pair.model, str(pair.aligner)):
        assert manifest.verify(Path(name)).problems == ()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"quantize": "int4", "dtype": "bfloat16"}, {"quantize": "none"}),
        pytest.param(
            {"quantize": "int4", "dtype": "float32"}, {"quantize": "int8"}, marks=needs_onednn
        ),
    ],
)
def test_what_another_way_left_out_is_kept_once(
    pair: EngineOptions,
    speech: list[Clip],
    layouts: list[object],
    first: dict[str, Any],
    then: dict[str, Any],
) -> None:
    """With 4 bits a last layer in full is not asked for; who asks for it has it kept as well."""
    heard(replace(pair, **first), speech[:1])
    counts = []
    for _ in range(3):
        layouts.clear()
        heard(replace(pair, **then), speech[:1])
        counts.append(len(layouts))

    assert counts[0] > counts[1] == counts[2]


def test_results_come_before_weights_are_kept(pair: EngineOptions, speech: list[Clip]) -> None:
    """Nobody waits for them who waits for a subtitle; who stops early leaves no part of a file."""
    with contextlib.closing(build_engine(pair)) as engine:
        results = engine.run(speech[:1])
        next(results)
        assert not (Path(pair.model) / PACKED_FOLDER).exists()
        assert list(results) == []
        engine.stop()

    folders = (Path(pair.model), Path(str(pair.aligner)))
    assert [file for folder in folders for file in folder.glob(f"{PACKED_FOLDER}/*.tmp")] == []


def test_it_is_no_part_of_what_the_model_is(pair: EngineOptions, speech: list[Clip]) -> None:
    """Neither its fingerprint nor its list of problems changes."""
    before = locate.fingerprint(Path(pair.model))

    heard(pair, speech[:1])

    assert locate.fingerprint(Path(pair.model)) == before


def keep_others(file: Path) -> None:
    """The weights of another model stand under its name."""
    (other,) = (file.parent.parent.parent / "aligner" / PACKED_FOLDER).iterdir()
    shutil.copyfile(other, file)


def be_cut_short(file: Path) -> None:
    """The end is gone."""
    os.truncate(file, file.stat().st_size // 2)


def name_no_layout(file: Path) -> None:
    """Every layout is a text that stands for none."""
    checkpoint, name = file.parent.parent, file.stem
    kept = kept_weights.find(checkpoint, name)
    assert kept is not None
    parts = [
        (
            kept_weights.Part(shape=part.shape, layout=b"", size_bytes=part.size_bytes),
            memoryview(kept.memory[offset : offset + part.size_bytes]),
        )
        for part, offset in zip(kept.parts, kept.offsets, strict=True)
    ]
    assert kept_weights.keep(checkpoint, name, parts, replaces=name)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (keep_others, "bfloat16"),
        pytest.param(keep_others, "int8", marks=needs_onednn),
        (keep_others, "int4"),
        (be_cut_short, "bfloat16"),
        pytest.param(be_cut_short, "int8", marks=needs_onednn),
        (be_cut_short, "int4"),
        (name_no_layout, "bfloat16"),
        pytest.param(name_no_layout, "int8", marks=needs_onednn),
    ],
)
def test_what_does_not_fit_is_made_anew(
    pair: EngineOptions, speech: list[Clip], damage: Callable[[Path], object], kind: str
) -> None:
    """Damaged weights, or those of another model, are never computed with."""
    if kind == "int8":
        pair = replace(pair, quantize="int8")
    first = heard(pair, speech[:1])
    damage(next((Path(pair.model) / PACKED_FOLDER).glob(f"{kind}-*")))

    assert heard(pair, speech[:1]) == first
    assert heard(pair, speech[:1]) == first


def test_other_weights_are_kept_anew(pair: EngineOptions, speech: list[Clip]) -> None:
    """Where the checkpoint changes, what was kept of the old one goes."""
    heard(pair, speech[:1])
    (before, *others) = files_of(pair)
    settings = before.parent.parent / "tokenizer_config.json"
    settings.write_text(settings.read_text() + "\n")

    heard(pair, speech[:1])

    (after, *other_files) = files_of(pair)
    assert len(other_files) == len(others)
    assert after.parent == before.parent
    assert after.name != before.name


def test_weights_that_were_replaced_in_silence_are_kept_anew(
    pair: EngineOptions, speech: list[Clip]
) -> None:
    """Others of the same size and time are computed with, also where no fingerprint shows them."""
    folder = Path(pair.model)
    first, fingerprint = heard(pair, speech[:1]), locate.fingerprint(folder)
    file = folder / "model.safetensors"
    before, data = file.stat(), bytearray(file.read_bytes())
    silence_between_blocks(data)
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (locate.fingerprint(folder), file.stat().st_size) == (fingerprint, before.st_size)

    found = heard(pair, speech[:1])

    assert found != first
    shutil.rmtree(folder / PACKED_FOLDER)
    assert heard(pair, speech[:1]) == found


def test_a_newer_linux_packs_nothing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what kernels multiply with counts, of all the words that Linux has for a processor."""

    def kind_of(*flags: str) -> str:
        file = tmp_path / "cpuinfo"
        name = "model name\t: Some Processor\n"
        file.write_text(f"{name}flags\t\t: {' '.join(flags)}\n\n" * 2, encoding="utf-8")
        monkeypatch.setattr(packed, "_CPUINFO", str(file))
        return packed._processor_kind()  # noqa: SLF001  # nothing else tells it

    plain = kind_of("fpu", "sse2", "avx512f", "avx512_bf16")

    assert kind_of("avx512f", "sse2", "avx512_bf16", "user_shstk", "bus_lock_detect") == plain
    assert kind_of("fpu", "sse2", "avx512f", "avx512_bf16", "amx_bf16") != plain
