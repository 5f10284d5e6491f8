"""What a wheel of qasr must hold beside its modules, and how large its parts are.

python -m tools.wheel_contents dist/qasr_cli-0.2.0-py3-none-any.whl
"""

import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = "qasr_cli"
# What no import would miss, until somebody asks for it.
NEEDED = (
    "py.typed",
    "demo/asr/model.safetensors",
    "demo/aligner/model.safetensors",
    "demo/selftest/speech.wav",
    "demo/selftest/truth.json",
    "demo/selftest/human/speech.wav",
    "formats/page.html",
    "page/index.html",
    "page/vendor/",
    "serve/routes/openapi.json",
)
_ABOUT = (
    *("entry_points.txt", "licenses/LICENSE", "licenses/THIRD_PARTY_NOTICES.md"),
    "licenses/src/qasr_cli/demo/selftest/human/COPYING",
    *(f"licenses/src/qasr_cli/page/vendor/{name}.LICENSE" for name in ("htm", "preact", "signals")),
)
_LARGE_BYTES = 100_000


def missing_from(wheel: Path) -> list[str]:
    """What of `NEEDED`, of the entry point and of the licences it does not hold."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    absent = [
        name for name in NEEDED if not any(have.startswith(f"{_PACKAGE}/{name}") for have in names)
    ]
    about = [name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name]
    absent += [name for name in _ABOUT if name not in about]
    return absent


def said_sizes(wheel: Path) -> Iterator[str]:
    """Its large parts, compressed, a line each, the largest first."""
    sizes: Counter[str] = Counter()
    with zipfile.ZipFile(wheel) as archive:
        for item in archive.infolist():
            sizes["/".join(item.filename.split("/")[:2])] += item.compress_size
    for part, size_bytes in sizes.most_common():
        if size_bytes >= _LARGE_BYTES:
            yield f"  {part}: {size_bytes / 1e6:.1f} MB"


def main() -> int:
    """Say what a wheel lacks; 1 where it lacks something."""
    wheel = Path(sys.argv[1])
    absent = missing_from(wheel)
    print("\n".join(said_sizes(wheel)))
    print(f"lacks {', '.join(absent)}" if absent else f"{wheel.name} holds all that it must")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
