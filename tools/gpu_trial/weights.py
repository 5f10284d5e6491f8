"""Checkpoints of a published shape with random weights, made once for the steps that follow."""

from tools.gpu_trial.corpus import folders_of
from tools.gpu_trial.settings import Notes, Settings


def run(settings: Settings, notes: Notes, shape: str) -> None:
    """Note their size."""
    folders = folders_of(shape, settings.weights)
    notes.add(
        size_bytes={
            role: sum(file.stat().st_size for file in folder.glob("*.safetensors"))
            for role, folder in folders.items()
        }
    )
