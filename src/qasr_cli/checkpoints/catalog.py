"""The checkpoints qasr knows by a short name, as data. No files, no network."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["recogniser", "aligner", "diarizer"]
Source = Literal["hf", "modelscope"]

BFLOAT16_BYTES = 2  # a weight
FLOAT32_BYTES = 4
DEMO = "demo"
OPTION_OF_ROLE: dict[Role, str] = {
    "recogniser": "--model",
    "aligner": "--aligner",
    "diarizer": "--diarizer",
}
SPEAKERS = "speakers"  # gives each voice its vector
NEMOTRON = "nemotron"  # hears whole recordings, and says which voices speak when


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One checkpoint qasr knows by name.

    Attributes:
        repositories: where it is published, the preferred layout first; empty = in the package.
        parameter_count: weights, from the published shapes.
        working_bytes: memory beside the weights for a few 30-s clips at once; an estimate.
        max_clip_s: longest clip it was made for; None = no limit of its own.
        dtype: the one it must run in; None = the device's best.
        aliases: other names for it.
        files: all that is taken of its repository, which holds other models, too; empty = what a
            checkpoint is made of.
        licence: what whoever pulls it is told of its licence; None where it is Apache-2.0.
    """

    name: str
    role: Role
    repositories: tuple[str, ...]
    parameter_count: int
    working_bytes: int = 1_200_000_000
    max_clip_s: float | None = None
    dtype: Literal["float32"] | None = None
    aliases: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    licence: str | None = None


MODELS = (
    Model(
        name="1.7b",
        role="recogniser",
        repositories=("Qwen/Qwen3-ASR-1.7B-hf", "Qwen/Qwen3-ASR-1.7B"),
        parameter_count=2_038_000_000,
    ),
    Model(
        name="0.6b",
        role="recogniser",
        repositories=("Qwen/Qwen3-ASR-0.6B-hf", "Qwen/Qwen3-ASR-0.6B"),
        parameter_count=782_000_000,
    ),
    Model(
        name="aligner",
        role="aligner",
        repositories=("Qwen/Qwen3-ForcedAligner-0.6B-hf", "Qwen/Qwen3-ForcedAligner-0.6B"),
        parameter_count=918_000_000,
        aliases=("0.6b", "0.6b-aligner"),
    ),
    # Trained in float32 on clips of up to 24 s; above 10 s a sentence is lost now and then.
    Model(
        name=DEMO,
        role="recogniser",
        repositories=(),
        parameter_count=2_700_000,
        working_bytes=300_000_000,
        max_clip_s=24.0,
        dtype="float32",
    ),
    Model(
        name=DEMO,
        role="aligner",
        repositories=(),
        parameter_count=3_600_000,
        working_bytes=300_000_000,
        max_clip_s=24.0,
        dtype="float32",
    ),
    # CAM++ of 3D-Speaker, Apache-2.0, as sherpa-onnx exports it. It was trained on Chinese and
    # English, and tells voices of other languages apart as well.
    Model(
        name=SPEAKERS,
        role="diarizer",
        repositories=("csukuangfj/speaker-embedding-models",),
        parameter_count=7_070_000,
        working_bytes=60_000_000,
        dtype="float32",
        files=("3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx",),
    ),
    Model(
        name=NEMOTRON,
        role="diarizer",
        repositories=("nvidia/Nemotron-3-Diarization",),
        parameter_count=99_230_000,
        working_bytes=300_000_000,
        dtype="float32",
        licence=(
            "OpenMDW License Agreement 1.1, as the card of a mirror says; read the publisher's: "
            "https://huggingface.co/nvidia/Nemotron-3-Diarization"
        ),
    ),
)

# The names of whisper's own models, and of those that were made smaller from them.
_OF_WHISPER = re.compile(
    r"((distil-)?(tiny|base|small|medium|large|turbo)\b.*|.*whisper.*)", re.IGNORECASE
)
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def lookup(name: str, role: Role | None = None) -> Model | None:
    """The model of that name, in any case; None when no model is called so.

    >>> lookup("1.7B").repositories[0]
    'Qwen/Qwen3-ASR-1.7B-hf'
    """
    wanted = name.casefold()
    for model in MODELS:
        if role in (None, model.role) and wanted in (model.name, *model.aliases):
            return model
    return None


def role_of(name: str) -> Role:
    """What the model of that name or repository is for; unknown ones are taken for recognisers."""
    model = lookup(name)
    if model is not None:
        return model.role
    for repository in repositories_of(name):
        for known in MODELS:
            if repository in known.repositories:
                return known.role
    return "recogniser"


def files_of(repository: str) -> tuple[str, ...]:
    """All that is taken of a repository; empty = what a checkpoint is made of."""
    return next((model.files for model in MODELS if repository in model.repositories), ())


def licence_of(repository: str) -> str | None:
    """What whoever pulls it is told of its licence; None where it is Apache-2.0, or not known."""
    return next((model.licence for model in MODELS if repository in model.repositories), None)


def download_bytes(model: Model) -> int:
    """About how much `qasr models pull` gets: the weights, mostly published in bfloat16."""
    is_float32 = model.dtype == "float32"
    return model.parameter_count * (FLOAT32_BYTES if is_float32 else BFLOAT16_BYTES)


def memory_bytes(models: Iterable[Model], *, bytes_per_parameter: int) -> int:
    """About how much memory these models need side by side; they take turns to work."""
    models = tuple(models)
    weight_bytes = sum(model.parameter_count for model in models) * bytes_per_parameter
    return weight_bytes + max((model.working_bytes for model in models), default=0)


def names(role: Role) -> tuple[str, ...]:
    """The short names of one role."""
    return tuple(model.name for model in MODELS if model.role == role)


def is_of_whisper(name: str) -> bool:
    """Whether a name is one that whisper's users type."""
    return _OF_WHISPER.fullmatch(name) is not None


def is_repository(name: str) -> bool:
    """Whether a name has the shape "owner/name"."""
    return _REPOSITORY.fullmatch(name) is not None


def repositories_of(name: str, role: Role | None = None) -> tuple[str, ...]:
    """Repositories that a name stands for, preferred first; empty when it stands for none.

    A short name stands for every layout of its model; a repository for itself alone, also
    without its owner when the catalog knows it ("Qwen3-ASR-1.7B").
    """
    model = lookup(name, role)
    if model is not None:
        return model.repositories
    wanted = name.casefold()
    for known in MODELS:
        for repository in known.repositories:
            if wanted in (repository.casefold(), repository.casefold().partition("/")[2]):
                return (repository,)
    return (name,) if is_repository(name) else ()
