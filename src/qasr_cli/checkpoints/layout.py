"""What a checkpoint folder holds: whether it is whole, and what it is for. No torch, no network.

Two layouts of recognisers and aligners exist: the native one of transformers ("-hf" repositories),
and the original one, whose config.json holds everything under `thinker_config`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qasr_cli.checkpoints import onnx_file
from qasr_cli.checkpoints.catalog import OPTION_OF_ROLE, Role
from qasr_cli.checkpoints.weights import DamagedWeightsError, read_header
from qasr_cli.errors import ModelLoadError
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json

_MOST_CONFIG_BYTES = 1 << 24  # of the two models: a few kilobytes
_INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})\.safetensors")
_PROCESSORS = ("processor_config.json", "preprocessor_config.json")
_DIARIZER = "nemotron3_diarization"
_ROLE_OF_ARCHITECTURE: dict[str, Role] = {
    "Qwen3ASRForConditionalGeneration": "recogniser",
    "Qwen3ASRForTokenClassification": "aligner",
}


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.json.

    Raises:
        ModelLoadError: absent, unreadable, or not a JSON object.
    """
    try:
        config = read_json(str(folder / "config.json"), most_bytes=_MOST_CONFIG_BYTES)
    except FileNotFoundError as error:
        raise ModelLoadError(str(folder), "holds no config.json") from error
    except OSError as error:
        raise ModelLoadError(str(folder), f"config.json: {error.strerror}") from error
    except DamagedDocument as error:
        raise ModelLoadError(str(folder), f"config.json {error}") from error
    if not isinstance(config, dict):
        raise ModelLoadError(str(folder), "config.json is no JSON object")
    if is_original(config) and not isinstance(config["thinker_config"], dict):
        raise ModelLoadError(str(folder), "config.json: thinker_config is no object")
    return config


def settings_in(folder: Path, name: str) -> dict[str, Any] | None:
    """The object in one of a checkpoint's smaller JSON files; None where there is none to read."""
    try:
        settings = read_json(str(folder / name), most_bytes=_MOST_CONFIG_BYTES)
    except (OSError, DamagedDocument):
        return None
    return settings if isinstance(settings, dict) else None


def is_original(config: dict[str, Any]) -> bool:
    """Whether a configuration is of the original layout."""
    return "thinker_config" in config


def role_of(folder: Path) -> Role | None:
    """What the checkpoint is for; None when its configuration does not tell.

    Raises:
        ModelLoadError: the configuration cannot be read, or is of another family of models.
    """
    config = read_config(folder)
    if is_original(config):
        # Both original roles name the same architecture; only the aligner has time classes.
        return "aligner" if "classify_num" in config["thinker_config"] else "recogniser"
    kind = config.get("model_type")
    if kind == _DIARIZER:
        return "diarizer"
    if kind != "qwen3_asr":
        raise ModelLoadError(
            str(folder), f"model_type is {kind!r:.60}, not 'qwen3_asr' or '{_DIARIZER}'"
        )
    try:
        named = Fields(config).or_none("architectures", Fields.texts) or ()
    except DamagedDocument as error:
        raise ModelLoadError(str(folder), f"config.json: {error}") from error
    return next(
        (_ROLE_OF_ARCHITECTURE[name] for name in named if name in _ROLE_OF_ARCHITECTURE), None
    )


def require_role(folder: Path, role: Role) -> None:
    """Raise `ModelLoadError` when the checkpoint is for the other role."""
    actual = role_of(folder)
    if actual not in (None, role):
        raise ModelLoadError(
            str(folder),
            f"this is a forced {actual}; {OPTION_OF_ROLE[actual]} takes it"
            if actual == "aligner"
            else f"this is a {actual}; {OPTION_OF_ROLE[actual]} takes it",
        )


def shards_of(folder: Path) -> tuple[Path, ...]:
    """The weight files that are there, in order of name."""
    return tuple(sorted(path for path in folder.glob("*.safetensors") if path.is_file()))


def problem_with_files(folder: Path, files: Sequence[str]) -> str | None:
    """Why a folder does not hold these ONNX files, whole and safe to load; None when it does."""
    for name in files:
        file = folder / name
        if not file.is_file():
            return f"holds no {name}"
        try:
            onnx_file.read_model(file)
        except ModelLoadError as error:
            return f"{name} {error.reason}"
    return None


def problem_with(folder: Path) -> str | None:
    """Why the folder cannot be a whole checkpoint, in a few words; None when it may be one.

    Looks at names, and at the headers of the weights; `manifest.verify` reads the rest.
    """
    if not (folder / "config.json").is_file():
        return "holds no config.json"
    shards = shards_of(folder)
    if not shards:
        return "holds no *.safetensors"
    missing = sorted(_expected_shards(folder, shards) - {shard.name for shard in shards})
    if missing:
        return f"incomplete: lacks {', '.join(missing)}"
    if (lack := _lack_of_processor(folder)) is not None:
        return _problem_with_kind(folder) or f"incomplete: lacks {lack}"
    for shard in shards:
        problem = problem_with_shard(shard)
        if problem is not None:
            return f"{shard.name} {problem}"
    return None


def problem_with_shard(shard: Path) -> str | None:
    """Why a weight file cannot be whole; None when its header and its size agree."""
    try:
        read_header(shard)
    except DamagedWeightsError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def _expected_shards(folder: Path, shards: tuple[Path, ...]) -> set[str]:
    try:
        index = Fields(read_json(str(folder / _INDEX)))
        return set(index.by_name("weight_map", Fields.text).values())
    except (OSError, DamagedDocument):
        return _numbered_siblings(shards)


def _numbered_siblings(shards: tuple[Path, ...]) -> set[str]:
    """All of "x-00001-of-00003.safetensors" and so on, told from the ones that are there."""
    expected: set[str] = set()
    for shard in shards:
        match = _SHARD.fullmatch(shard.name)
        if match:
            count = int(match["count"])
            expected |= {
                f"{match['stem']}-{number:05d}-of-{count:05d}.safetensors"
                for number in range(1, count + 1)
            }
    return expected


def _lack_of_processor(folder: Path) -> str | None:
    """What is not there and makes sound, or text, of a model's numbers; None where all is."""
    names = {path.name for path in folder.iterdir() if path.is_file()}
    if _is_diarizer(folder):
        return None if names.intersection(_PROCESSORS) else _PROCESSORS[0]
    if "tokenizer.json" in names or {"vocab.json", "merges.txt"} <= names:
        return None
    return "tokenizer.json (or vocab.json and merges.txt)"


def _problem_with_kind(folder: Path) -> str | None:
    """Why a folder holds no model that qasr knows; None where it may."""
    try:
        role_of(folder)
    except ModelLoadError as error:
        return f"holds no model that qasr knows: {error.reason}"
    return None


def _is_diarizer(folder: Path) -> bool:
    try:
        return read_config(folder).get("model_type") == _DIARIZER
    except ModelLoadError:
        return False  # whoever loads it says what is wrong
