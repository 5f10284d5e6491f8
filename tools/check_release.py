"""Whether a tag, the version of the package and the changelog speak of the same release.

python -m tools.check_release v0.2.0
"""

import datetime as dt
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_HEADING = re.compile(r"^## \[([^\]]+)\](?: - (.+))?$", re.MULTILINE)


def problems_with(tag: str, *, package: str, changelog: str) -> list[str]:
    """What does not agree, a line each.

    Args:
        package: the text of the package's `__init__.py`.
        changelog: the text of CHANGELOG.md.
    """
    found = _VERSION.search(package)
    version = found[1] if found else "none"
    problems = [] if tag == f"v{version}" else [f"the tag is {tag}, the package {version}"]
    headings = _HEADING.findall(changelog)
    if [name for name, _ in headings[:2]] != ["Unreleased", version]:
        problems.append(f"CHANGELOG.md does not begin with Unreleased and {version}")
    date = dict(headings).get(version, "")
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        problems.append(f"CHANGELOG.md has no date for {version}")
    return problems


def main() -> int:
    """Say what does not agree; 1 where something does not."""
    problems = problems_with(
        sys.argv[1],
        package=(ROOT / "src" / "qasr_cli" / "__init__.py").read_text(encoding="utf-8"),
        changelog=(ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
    )
    print("\n".join(problems) or f"{sys.argv[1]}: tag, package and changelog agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
