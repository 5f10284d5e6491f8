"""Converts a checkpoint from the original layout to the native one."""

import contextlib
import os
import tempfile
from pathlib import Path

from qasr_cli.checkpoints import layout
from qasr_cli.engines.qwen.loading import checkpoint
from qasr_cli.errors import ModelLoadError, OutputError, UsageError


def convert(source: Path, target: Path) -> None:
    """Make `target` a native checkpoint that answers as `source` does; number format kept.

    It is built in a hidden folder beside its place and moved there whole.

    Raises:
        UsageError: `target` exists, or `source` is native already.
        ModelLoadError: `source` is not a whole checkpoint.
        OutputError: `target` cannot be written.
    """
    if os.path.lexists(target):
        raise _exists(target)
    if not layout.is_original(layout.read_config(source)):
        raise UsageError(f"{source} is in the native layout already")
    role = layout.role_of(source)
    if role is None:
        raise ModelLoadError(str(source), "its config.json does not tell what it is for")
    loaded = checkpoint.read(source, role, "auto")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as hidden:
            draft = Path(hidden, "draft")
            # By default transformers would turn the names back into those it has just mapped.
            loaded.model.save_pretrained(draft, save_original_format=False)
            loaded.processor.save_pretrained(draft)
            _make_readable(draft)
            _move(draft, target)
    except OSError as error:
        raise OutputError(str(target), error.strerror or str(error)) from error


def _move(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)  # which replaces no file, and no folder that holds one
    except OSError as error:
        if os.path.lexists(target):  # since the models were read
            raise _exists(target) from error
        raise


def _exists(target: Path) -> UsageError:
    return UsageError(f"{target} exists; name a folder that does not")


def _make_readable(folder: Path) -> None:
    """Give files the mode that the umask grants; transformers writes weights for the owner only."""
    umask = os.umask(0)
    os.umask(umask)
    for path in folder.iterdir():
        with contextlib.suppress(PermissionError):  # a share whose files all have one mode
            path.chmod(0o666 & ~umask)
