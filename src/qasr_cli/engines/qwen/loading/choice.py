"""Which checkpoint serves a role, and how it is to run. Loads nothing; no torch."""

from dataclasses import dataclass
from pathlib import Path

from qasr_cli.checkpoints import catalog, locate, manifest
from qasr_cli.checkpoints.catalog import DEMO, Role
from qasr_cli.options import EngineOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenModel:
    """One checkpoint, found and not yet loaded.

    Attributes:
        label: name and revision, for people.
        fingerprint: changes when its weights do.
        device, dtype: words of `--device` and `--dtype`.
        max_clip_s: longest clip it was made for, or None.
    """

    path: Path
    label: str
    fingerprint: str
    device: str
    dtype: str
    max_clip_s: float | None


def choose(name: str, role: Role, options: EngineOptions) -> ChosenModel:
    """The checkpoint that a name stands for.

    Raises:
        UsageError: the name stands for nothing.
        ModelMissing: it is not on this machine.
        ModelLoadError: it is damaged, or made for the other role.
    """
    found = locate.search(name, role=role, model_dir=options.model_dir)
    fingerprint = locate.fingerprint(found.path)
    revision = manifest.revision_of(found.path) or fingerprint
    known = catalog.lookup(name, role)
    title = found.repository or (found.path.name if known is None else known.name)
    device, dtype, max_clip_s = options.device, options.dtype, None
    if known is not None:
        dtype, max_clip_s = known.dtype or dtype, known.max_clip_s
        if known.name == DEMO and device == "auto":
            device = "cpu"  # so small that a GPU costs more time to wake than it saves
    return ChosenModel(
        path=found.path,
        label=f"{title}@{revision}",
        fingerprint=fingerprint,
        device=device,
        dtype=dtype,
        max_clip_s=max_clip_s,
    )
