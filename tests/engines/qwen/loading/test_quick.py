"""A checkpoint that is loaded without the library is the same checkpoint."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.loading import checkpoint, original, quick
from qasr_cli.engines.qwen.loading.quick import Processor
from qasr_cli.engines.qwen.loading.tokens import tokens_of
from qasr_cli.errors import ModelLoadError
from tests.engines.conftest import ROLES, OriginalLayout
from tests.engines.qwen.loading.test_checkpoint import (
    add_a_weight,
    change_weights,
    lose_a_weight,
    rename_a_weight,
    reshape_a_weight,
)

TEXTS = ("", "Good morning!  It's 9 o'clock.", "今日は 天気", "e\u0301 <|im_end|> 🙂\n\nx", " a\tb")


@pytest.fixture(params=["native", "original"])
def folder_of(
    request: pytest.FixtureRequest, original_layout: OriginalLayout
) -> Callable[[Role], Path]:
    """The demo checkpoint of a role in one of the layouts."""
    return demo_folder if request.param == "native" else original_layout


@pytest.mark.parametrize("role", ROLES)
def test_all_weights_are_the_librarys(folder_of: Callable[[Role], Path], role: Role) -> None:
    """Names, formats and numbers, and the tables that are in no file."""
    ours = quick.read(folder_of(role), role, "auto")
    theirs = checkpoint.read(folder_of(role), role, "auto")

    assert isinstance(ours.processor, Processor)
    found, expected = (dict(each.model.named_parameters()) for each in (ours, theirs))
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        assert found[name].dtype == weight.dtype
        assert torch.equal(found[name], weight), name
    places = torch.arange(3000)[None]
    for mine, other in zip(
        ours.model.model.language_model.rotary_emb(torch.zeros(1), places),
        theirs.model.model.language_model.rotary_emb(torch.zeros(1), places),
        strict=True,
    ):
        assert torch.equal(mine, other)
    tables = (
        each.model.model.audio_tower.positional_embedding.positional_embedding
        for each in (ours, theirs)
    )
    assert torch.equal(*tables)


@pytest.mark.parametrize("role", ROLES)
def test_text_and_sound_become_what_the_library_makes_of_them(
    folder_of: Callable[[Role], Path], role: Role
) -> None:
    """Token ids, texts of ids, marks and features are equal, to the last bit."""
    ours = quick.read(folder_of(role), role, "auto").processor
    theirs = checkpoint.read(folder_of(role), role, "auto").processor

    for text in TEXTS:
        ids = theirs.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ours.tokenizer(text, add_special_tokens=False)["input_ids"] == ids
        decoded = theirs.tokenizer.decode(ids, skip_special_tokens=True)
        assert ours.tokenizer.decode(ids, skip_special_tokens=True) == decoded
    marks = [
        {number: mark.content for number, mark in each.tokenizer.added_tokens_decoder.items()}
        for each in (ours, theirs)
    ]
    assert marks[0] == marks[1]
    assert ours.tokenizer.audio_token == theirs.tokenizer.audio_token
    assert ours.timestamp_segment_time == theirs.timestamp_segment_time
    for sample_count in (1, 7999, 8000, 16_001, 100_000):
        sound = np.random.default_rng(sample_count).normal(size=sample_count).astype(np.float32)
        how: dict[str, Any] = {
            "sampling_rate": 16_000,
            "padding": "longest",
            "return_attention_mask": True,
        }
        found, expected = (each.feature_extractor(sound, **how) for each in (ours, theirs))
        assert torch.equal(found["input_features"], expected["input_features"])
        assert found["attention_mask"].sum() == expected["attention_mask"].sum()


@pytest.fixture(scope="module")
def tokenizers() -> tuple[Any, Any]:
    """Ours and the library's of one checkpoint."""
    folder = demo_folder("recogniser")
    return tokens_of(folder), original.load_tokenizer(folder)


# Marks and what looks like them, what normal forms change, and every kind of space.
PIECES = (
    *(
        "<|im_end|>",
        "<|im_",
        "<asr_text>",
        "<timestamp>",
        "e\u0301",
        "\u1112\u1161",
        "\ufb01",
        "'ll",
    ),
    *(
        " ",
        "  ",
        "\t",
        "\r\n",
        "\u3000",
        "\xa0",
        "\u200b",
        "🙂",
        "👩\u200d🚀",
        "日本",
        "ไทย",
        "9",
        "١",
    ),
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join))
def test_every_text_becomes_the_librarys_tokens(tokenizers: tuple[Any, Any], text: str) -> None:
    """And back again."""
    ours, theirs = tokenizers

    ids = theirs(text, add_special_tokens=False)["input_ids"]

    assert ours(text, add_special_tokens=False)["input_ids"] == ids
    for skips in (True, False):
        decoded = theirs.decode(ids, skip_special_tokens=skips)
        assert ours.decode(ids, skip_special_tokens=skips) == decoded


@given(st.lists(st.integers(0, 607), max_size=40))
def test_all_tokens_become_the_librarys_text(tokenizers: tuple[Any, Any], ids: list[int]) -> None:
    """Also those that no text becomes, such as halves of characters."""
    ours, theirs = tokenizers

    for skips in (True, False):
        decoded = theirs.decode(ids, skip_special_tokens=skips)
        assert ours.decode(ids, skip_special_tokens=skips) == decoded


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", [lose_a_weight, rename_a_weight, add_a_weight, reshape_a_weight])
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path, role: Role, change: Callable[[dict[str, torch.Tensor]], object]
) -> None:
    """As by the library, in its words."""
    folder = shutil.copytree(demo_folder(role), tmp_path / "copy")
    change_weights(folder, change)

    with pytest.raises(ModelLoadError, match="its weights do not fit: "):
        quick.read(folder, role, "auto")


def change(document: Any, path: str, value: object) -> None:  # noqa: ANN401  # of any depth
    """Set a value inside a JSON document."""
    *parents, last = path.split("/")
    for name in parents:
        document = document[int(name) if name.isdigit() else name]
    document[last] = value


CUT = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("config.json", "text_config/rope_parameters/rope_type", "dynamic"),
        ("config.json", "text_config/hidden_act", "gelu"),
        ("config.json", "text_config/attention_bias", True),
        ("config.json", "audio_config/activation_function", "relu"),
        ("config.json", "dtype", "float32"),
        ("processor_config.json", "feature_extractor/dither", 0.5),
        ("tokenizer_config.json", "extra_special_tokens", ["<|new|>"]),
        ("tokenizer_config.json", "clean_up_tokenization_spaces", True),
        ("tokenizer_config.json", "additional_special_tokens", ["<asr_text>"]),
        ("tokenizer_config.json", "add_prefix_space", True),
        ("tokenizer_config.json", "split_special_tokens", True),
        ("tokenizer_config.json", "added_tokens_decoder", {"600": {"content": "<|im_end|>"}}),
        ("tokenizer_config.json", "eos_token", {"content": "<|im_end|>", "lstrip": True}),
        ("tokenizer.json", "normalizer", {"type": "NFKC"}),
        ("tokenizer.json", "normalizer", None),
        ("tokenizer.json", "pre_tokenizer/pretokenizers/0/pattern/Regex", r"\s+"),
        ("tokenizer.json", "decoder", None),
        ("tokenizer.json", "model/ignore_merges", True),
        ("tokenizer.json", "truncation", CUT),
        ("tokenizer.json", "added_tokens/0/special", False),
        ("tokenizer.json", "added_tokens/0/lstrip", True),
        ("processor_config.json", "feature_extractor/feature_extractor_type", "Whisper"),
    ],
)
def test_what_qasr_does_not_know_the_library_reads(
    tmp_path: Path, file: str, path: str, value: object
) -> None:
    """A setting that changes what is computed is never passed over."""
    folder = shutil.copytree(demo_folder("recogniser"), tmp_path / "copy")
    document = json.loads((folder / file).read_bytes())
    change(document, path, value)
    (folder / file).write_text(json.dumps(document), encoding="utf-8")

    try:
        loaded = quick.read(folder, "recogniser", "auto")
    except ModelLoadError:
        return  # so does the library not
    assert not isinstance(loaded.processor, Processor)


def be_cut_short(file: Path) -> None:
    """The end never came."""
    file.write_bytes(file.read_bytes()[:-100])


def hold_a_list(file: Path) -> None:
    """It is JSON, of another kind."""
    file.write_text("[1]", encoding="utf-8")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("damage", [be_cut_short, hold_a_list])
def test_a_damaged_tokenizer_is_told_in_a_line(
    tmp_path: Path, role: Role, damage: Callable[[Path], object]
) -> None:
    """Whatever a reader of its file raises, it is an error of the model."""
    folder = shutil.copytree(demo_folder(role), tmp_path / "copy")
    damage(folder / "tokenizer.json")

    with pytest.raises(ModelLoadError, match="copy"):
        quick.read(folder, role, "auto")


def test_the_library_is_not_imported() -> None:
    """A model that qasr knows is loaded, and works, without transformers."""
    program = (
        "import sys\n"
        "from qasr_cli.engines.registry import build_engine\n"
        "from qasr_cli.machine.speed_trial import _speech\n"
        "from qasr_cli.options import EngineOptions\n"
        "(result,) = build_engine(EngineOptions(model='demo', threads=1)).run([_speech(0)])\n"
        "assert result.words, result\n"
        "print('transformers' in sys.modules)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
