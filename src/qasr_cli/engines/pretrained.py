"""A class of transformers with the weights of a folder, all of them or none: nothing stays random.

Safetensors alone are opened, and code that lies beside them is not run.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from transformers.utils import logging

from qasr_cli.checkpoints import layout
from qasr_cli.errors import ModelLoadError

# What transformers reports of weights that it would leave random, or leave out.
_KEY_PROBLEMS = ("missing_keys", "mismatched_keys", "unexpected_keys", "error_msgs")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """A context in which the library is quiet, and what it raises is one line about the folder.

    Raises:
        ModelLoadError: the folder holds no safetensors, or anything was raised.
    """
    if not layout.shards_of(path):
        raise ModelLoadError(str(path), "holds no *.safetensors; pickled weights are not opened")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers
    try:
        yield
    except ModelLoadError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelLoadError(str(path), reason) from error


def whole_model(
    model_class: Any,  # noqa: ANN401  # their mixins hide `from_pretrained` from mypy
    path: Path,
    **how: object,
) -> Any:  # noqa: ANN401
    """The model in evaluation mode, with exactly the weights that the class has.

    Args:
        how: what else `from_pretrained` is told.

    Raises:
        ModelLoadError: a weight is absent, one too many, or of another shape.
    """
    model, report = model_class.from_pretrained(
        path,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # so that they are in the report, which is refused here
        **how,
    )
    problems = [_told(name, report[name]) for name in _KEY_PROBLEMS if report.get(name)]
    if problems:
        raise ModelLoadError(str(path), "its weights do not fit: " + "; ".join(problems))
    return model.eval().requires_grad_(False)


def _told(problem: str, keys: Iterable[object]) -> str:
    first, *others = sorted(map(str, keys))
    more = f" and {len(others)} more" if others else ""
    return f"{problem.replace('_', ' ')}: {first}{more}"
