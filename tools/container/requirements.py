"""Print what a pyproject.toml requires, a line each, its own extras spelt out.

    python requirements.py pyproject.toml [EXTRA ...]

For a layer of an image that stays as it is while only the program changes.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_OWN_EXTRAS = re.compile(r"(?P<name>[\w-]+)\[(?P<extras>[\w, -]+)\]")


def required(project: dict[str, Any], extras: list[str]) -> Iterator[str]:
    """Every requirement of a project with these extras."""
    yield from project["dependencies"]
    for extra in extras:
        yield from _of_extra(project, extra)


def _of_extra(project: dict[str, Any], extra: str) -> Iterator[str]:
    for requirement in project["optional-dependencies"][extra]:
        own = _OWN_EXTRAS.fullmatch(requirement)
        if own is not None and own["name"] == project["name"]:
            for each in own["extras"].split(","):
                yield from _of_extra(project, each.strip())
        else:
            yield requirement


if __name__ == "__main__":
    document = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("\n".join(dict.fromkeys(required(document["project"], sys.argv[2:]))))
