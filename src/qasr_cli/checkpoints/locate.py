"""Where a checkpoint lies on this machine, and which one it is. No torch, no network.

Searched in this order: `--model-dir`, the folders of QASR_MODELS, qasr's own folder (where
`qasr models pull` puts things), the Hugging Face cache.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import qasr_cli
from qasr_cli.checkpoints import catalog, layout
from qasr_cli.checkpoints.catalog import DEMO, OPTION_OF_ROLE, SPEAKERS, Model, Role
from qasr_cli.checkpoints.weights import DamagedWeightsError, read_header
from qasr_cli.errors import ModelLoadError, ModelMissing, UsageError
from qasr_cli.errors.suggestions import did_you_mean
from qasr_cli.storage.user_folders import expanded, user_folder

MODELS_VARIABLE = "QASR_MODELS"

_BLOCK_COUNT = 64
_BLOCK_BYTES = 4096
_FINGERPRINT_DIGITS = 16
_TOKENIZER_FILES = (
    "chat_template.jinja",
    "chat_template.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A checkpoint on this machine. `repository` is None for a folder and for the demo pair."""

    path: Path
    repository: str | None


def find(name: str, *, role: Role, model_dir: str | None) -> Path:
    """The folder of a whole checkpoint for `role`.

    Args:
        name: a short name of the catalog, a repository "owner/name", or a folder. A short name
            wins over a folder that is called the same; write "./1.7b" for the folder.
        role: what the checkpoint must be for.
        model_dir: searched before all other places; None = only those.

    Raises:
        UsageError: no folder, and nothing a model could be called.
        ModelMissing: it is not on this machine, or only in part; names the command that gets it.
        ModelLoadError: it is there and is not a checkpoint for `role`.
    """
    return search(name, role=role, model_dir=model_dir).path


def search(name: str, *, role: Role, model_dir: str | None) -> Found:
    """What `find` gives, with the repository it was found under."""
    model = catalog.lookup(name, role)
    if model is not None and not model.repositories:
        return Found(path=demo_folder(role), repository=None)
    folder = Path(os.path.expanduser(name))
    if model is None and folder.is_dir():
        return Found(path=_usable(folder.resolve(), role), repository=None)
    repositories = _repositories(name, role)
    looked_in: list[str] = []
    for root in roots(model_dir):
        looked_in.append(str(root))
        for repository, candidate in _candidates(root, repositories):
            problem = _problem_with(candidate, model)
            if problem is None:
                if model is None or not model.files:
                    layout.require_role(candidate, role)
                return Found(path=candidate, repository=repository)
            looked_in.append(f"{candidate}, which {problem}")
    raise ModelMissing(name, tuple(looked_in), _remedy(name, repositories, role))


def speaker_model(model_dir: str | None) -> Path:
    """The file of the model that gives voices their vectors.

    Raises:
        ModelMissing: it is not on this machine; names the command that gets it.
    """
    folder = find(SPEAKERS, role="diarizer", model_dir=model_dir)
    (name,) = catalog.files_of(catalog.repositories_of(SPEAKERS)[0])
    return folder / name


def default_aligner(model: str) -> str:
    """The aligner that belongs to a recogniser, when the user names none."""
    return DEMO if model.casefold() == DEMO else "aligner"


def demo_folder(role: Role) -> Path:
    """The packaged demo checkpoint of one role."""
    return Path(qasr_cli.__file__).parent / "demo" / ("asr" if role == "recogniser" else "aligner")


def roots(model_dir: str | None) -> tuple[Path, ...]:
    """Every folder that is searched, in order; not all need exist."""
    listed = os.environ.get(MODELS_VARIABLE, "").split(os.pathsep)
    named = tuple(Path(os.path.expanduser(folder)) for folder in (model_dir, *listed) if folder)
    own = (default_root(), _cache_root())
    return (*named, *(root for root in own if root is not None))


def pull_root(model_dir: str | None) -> Path:
    """The folder that `qasr models pull` fills: the first one that is searched.

    Raises:
        UsageError: none is named, and this user has no home.
    """
    found = roots(model_dir)
    if not found:
        raise UsageError(
            f"this user has no home folder for models; name one with --model-dir or "
            f"{MODELS_VARIABLE}, or set HOME"
        )
    return found[0]


def default_root() -> Path | None:
    """The folder that qasr keeps models in, below the user's data directory; None without a home.

    Source: XDG Base Directory Specification, XDG_DATA_HOME.
    """
    data = user_folder("XDG_DATA_HOME", "~/.local/share")
    return None if data is None else Path(data) / "qasr" / "models"


def fingerprint(path: Path) -> str:
    """16 hex digits that change when the weights do; cheap enough to take on every start.

    SHA-256 over config.json, the tokenizer's files and, for each shard: its name, size, header and
    64 blocks of 4 KiB at even distances. Training moves every weight, so it always shows; a few
    flipped bytes may fall between the blocks (`qasr models verify` reads them all).

    Raises:
        ModelLoadError: a file cannot be read, or a shard is damaged.
    """
    digest = hashlib.sha256()
    try:
        for file_name in ("config.json", *_TOKENIZER_FILES):
            file = path / file_name
            if file.is_file():
                _add(digest, file_name.encode(), file.read_bytes())
        for shard in layout.shards_of(path):
            _add(digest, shard.name.encode(), read_header(shard), *_blocks(shard))
    except (OSError, DamagedWeightsError) as error:
        raise ModelLoadError(str(path), str(error)) from error
    return digest.hexdigest()[:_FINGERPRINT_DIGITS]


def _add(digest: "hashlib._Hash", *parts: bytes) -> None:
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))  # so that no two lists of parts look alike
        digest.update(part)


def _blocks(shard: Path) -> Iterator[bytes]:
    size_bytes = shard.stat().st_size
    yield size_bytes.to_bytes(8, "little")
    last_offset = max(0, size_bytes - _BLOCK_BYTES)
    with shard.open("rb") as file:
        for index in range(_BLOCK_COUNT):
            file.seek(last_offset * index // (_BLOCK_COUNT - 1))
            yield file.read(_BLOCK_BYTES)


def _problem_with(folder: Path, model: Model | None) -> str | None:
    if model is not None and model.files:
        return layout.problem_with_files(folder, model.files)
    return layout.problem_with(folder)


def _usable(folder: Path, role: Role) -> Path:
    problem = layout.problem_with(folder)
    if problem is not None:
        raise ModelLoadError(str(folder), problem)
    layout.require_role(folder, role)
    return folder


def _repositories(name: str, role: Role) -> tuple[str, ...]:
    other = catalog.lookup(name)
    if other is not None and other.role != role and catalog.lookup(name, role) is None:
        raise UsageError(
            f"{OPTION_OF_ROLE[role]} {name}: that is the {other.role}; "
            f"{OPTION_OF_ROLE[other.role]} takes it"
        )
    repositories = () if _is_path(name) else catalog.repositories_of(name, role)
    if not repositories:
        raise UsageError(f"{OPTION_OF_ROLE[role]} {name}: {_unknown(name, role)}")
    return repositories


def _is_path(name: str) -> bool:
    return name.startswith((".", "~", os.sep)) or name.count("/") > 1 or name.endswith("/")


def _unknown(name: str, role: Role) -> str:
    known = ", ".join(catalog.names(role))
    if catalog.is_of_whisper(name):
        return f"that is a model of whisper; qasr has {known}"
    question = did_you_mean(name, catalog.names(role))
    advice = question or f"known names are {known}"
    return f"no such folder, and no model of that name; {advice}"


def _remedy(name: str, repositories: tuple[str, ...], role: Role) -> str:
    command = f"`qasr models pull {name}` gets it"
    if any(repositories[0] in model.repositories for model in catalog.MODELS):
        return command
    return f"{_unknown(name, role)}; if it is a repository, {command}"


def _cache_root() -> Path | None:
    """The Hugging Face cache, found as its own library finds it, without importing that library.

    None where it would be below a home that this user has not.

    Source: huggingface_hub/constants.py (HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME).
    """
    get = os.environ.get
    home = get("HF_HOME") or f"{get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    cache = get("HF_HUB_CACHE") or get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    folder = expanded(os.path.expandvars(cache))
    return None if folder is None else Path(folder)


def _candidates(root: Path, repositories: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Folders below `root` that exist and are named after one of the repositories."""
    for repository in repositories:
        owner, _, bare_name = repository.partition("/")
        folders = [root / bare_name, root / owner / bare_name]
        snapshot = _snapshot(root / f"models--{owner}--{bare_name}")
        if snapshot is not None:
            folders.append(snapshot)
        for folder in folders:
            if folder.is_dir():
                yield repository, folder


def _snapshot(storage: Path) -> Path | None:
    """The snapshot that refs/main names, or the only one when there is no refs/main."""
    snapshots = storage / "snapshots"
    try:
        return snapshots / (storage / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        pass
    try:
        (only,) = snapshots.iterdir()
    except (OSError, ValueError):
        return None
    return only
