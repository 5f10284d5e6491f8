"""Where the project lives, in every file that says so: README, site, package, issue forms.

Run it once when that is known or changes:

    python -m tools.set_address OWNER/NAME           # on GitHub, and its pages
    python -m tools.set_address OWNER/NAME --check   # 1 where a file says another
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_SAYING_IT = (
    *("README.md", "pyproject.toml", "mkdocs.yml", "docs/*.md", ".github/**/*.yml"),
    *("Containerfile", "compose.yaml", "examples/container/*"),
)


def repository() -> str:
    """The OWNER/NAME that the package says."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    return str(urls["Source"]).removeprefix("https://github.com/")


def addresses(name: str) -> tuple[str, ...]:
    """What is written of an OWNER/NAME: its site, and the name itself."""
    owner, project = name.split("/")
    return f"{owner}.github.io/{project}", name


def files() -> Iterator[Path]:
    """The files that say it, or may."""
    for pattern in _SAYING_IT:
        yield from sorted(ROOT.glob(pattern))


def main() -> int:
    """Write it everywhere, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", metavar="OWNER/NAME")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parsed = parser.parse_args()
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", parsed.name):
        parser.error(f"{parsed.name!r} is not OWNER/NAME")
    before = repository()
    if parsed.check:
        if parsed.name != before:
            print(f"the files say {before}; python -m tools.set_address {parsed.name}")
        return int(parsed.name != before)
    for path in files():
        text = path.read_text(encoding="utf-8")
        for old, new in zip(addresses(before), addresses(parsed.name), strict=True):
            text = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-])", new, text)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
