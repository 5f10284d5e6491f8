"""The error tree: complete, picklable, one line each."""

import inspect
import pickle

import pytest

from qasr_cli import errors


def all_errors() -> list[type[errors.QasrError]]:
    """Every class of the tree."""
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value)
        and issubclass(value, errors.QasrError)
        and not value.__name__.startswith("_")
    ]


def example(kind: type[errors.QasrError]) -> errors.QasrError:
    """An instance with plain arguments."""
    samples = {"clip_count": 2, "limit_s": 3600.0, "available": ("0 (eng)",), "searched": ("/m",)}
    if kind.__init__ is Exception.__init__:
        return kind("a reason")
    parameters = inspect.signature(kind).parameters
    return kind(*(samples.get(name, f"some {name}") for name in parameters))


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_error_survives_pickling(kind: type[errors.QasrError]) -> None:
    """An error crosses a process border as itself, with the same sentence."""
    error = example(kind)

    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes

    assert type(again) is kind
    assert str(again) == str(error)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_error_is_one_line(kind: type[errors.QasrError]) -> None:
    """What a user reads is one line, and it holds what the error was about."""
    sentence = str(example(kind))

    assert "\n" not in sentence
    assert sentence


def test_tree_in_the_docstring_is_complete() -> None:
    """Whoever adds an error finds its place in the drawing."""
    names = {kind.__name__ for kind in all_errors()}

    assert {name for name in names if name not in (errors.__doc__ or "")} == set()
