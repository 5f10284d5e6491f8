import doctest
import importlib
import pkgutil

import pytest

import qasr_cli.core
import qasr_cli.formats

MODULES = [
    found.name
    for package in (qasr_cli.core, qasr_cli.formats)
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_hold(name: str) -> None:
    """Every doctest of the pure parts gives what it shows."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
