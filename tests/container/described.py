"""What the Containerfile says of the image."""

from pathlib import Path

from tools.container_root.containerfile import read

ROOT = Path(__file__).parents[2]
FILE = read((ROOT / "Containerfile").read_text(encoding="utf-8"))
TARGETS = ("cpu", "cuda")
HEALTH_CHECK = ROOT / "tools" / "container" / "healthcheck.py"


def last(target: str, keyword: str) -> str:
    """The text of the instruction that counts."""
    return [each for each in FILE.instructions(target) if each.keyword == keyword][-1].text


def variables(target: str) -> dict[str, str]:
    """What is set in a container of the image."""
    found = {"PATH": "/bin"}
    for each in FILE.instructions(target):
        if each.keyword == "ENV":
            found |= dict(each.pairs(found))
    return found
