"""The libraries of the page, fetched from npm, checked, and made to find each other.

    python -m tools.vendor_page            # needs npm and the network
    python -m tools.vendor_page --check    # are they as they were written? needs neither

A browser resolves no bare names such as `preact`, and the page's security policy allows no import
map; so each bare name becomes the path of the file beside it. Besides, the last line goes, which
names a source map that is not here, and a first one comes, by which the checker of types leaves
them out. What is written, and from where, stands in `vendor/README.md`.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "src" / "qasr_cli" / "page" / "vendor"
_README = VENDOR / "README.md"
_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S*\s*\Z")
_BARE_NAME = re.compile(r'(?<=from)"([^"./][^"]*)"')
_ROW = re.compile(r"^\| `([\w.-]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package of npm.

    Attributes:
        sha256: of its archive.
        files: what is taken out of it, and the name that it gets here.
    """

    name: str
    version: str
    licence: str
    sha256: str
    files: dict[str, str]


PACKAGES = (
    Package(
        name="preact",
        version="11.2.0",
        licence="MIT",
        sha256="3c4456766bd32b6b534d52bf4e9c2a29b33e7eedf6e96ed479300ba1a7888ebf",
        files={
            "dist/preact.mjs": "preact.js",
            "hooks/dist/hooks.mjs": "hooks.js",
            "LICENSE": "preact.LICENSE",
        },
    ),
    Package(
        name="@preact/signals-core",
        version="1.14.5",
        licence="MIT",
        sha256="94c421ac996214c94f532fb4c43d8ede048a16df0cd9538ffb965174dbe8daba",
        files={"dist/signals-core.mjs": "signals-core.js"},
    ),
    Package(
        name="@preact/signals",
        version="2.11.4",
        licence="MIT",
        sha256="66ea8221dd8aaa0da2365d49c3f116b071d56cfb63b2e16c072c6b4e08a928b7",
        files={"dist/signals.mjs": "signals.js", "LICENSE": "signals.LICENSE"},
    ),
    Package(
        name="htm",
        version="3.1.1",
        licence="Apache-2.0",
        sha256="2425b9bee11409177bcabc7f32e319926fc6690c1701c0b257c88bdff2d5ba90",
        files={"dist/htm.mjs": "htm.js", "LICENSE": "htm.LICENSE"},
    ),
)
# Bare name -> file beside it.
_FILES_OF_NAMES = {
    "preact": "preact.js",
    "preact/hooks": "hooks.js",
    "@preact/signals-core": "signals-core.js",
}


def adapted(source: str) -> str:
    r"""A library as a browser can load it.

    >>> adapted('import{h}from"preact";h();//# sourceMappingURL=x.mjs.map')
    '// @ts-nocheck\nimport{h}from"./preact.js";h();\n'
    """
    source = f"// @ts-nocheck\n{_SOURCE_MAP.sub('', source).rstrip()}\n"
    return _BARE_NAME.sub(lambda found: f'"./{_FILES_OF_NAMES[found[1]]}"', source)


def fetched(package: Package, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what a package gives."""
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    archive = folder / packed.stdout.strip()
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != package.sha256:
        sys.exit(f"{package.name} {package.version}: the archive is another one: {digest}")
    with tarfile.open(archive) as files:
        for path, name in package.files.items():
            file = files.extractfile(f"package/{path}")
            if file is None:
                sys.exit(f"{package.name}: there is no {path}")
            content = file.read()
            is_script = name.endswith(".js")
            yield name, adapted(content.decode()).encode() if is_script else content


def readme_of(written: dict[str, tuple[Package, str]]) -> str:
    """The table of what is here.

    Args:
        written: name -> where it is from, and its digest.
    """
    rows = [
        f"| `{name}` | {package.name} {package.version} | {package.licence} | `{digest}` |"
        for name, (package, digest) in written.items()
    ]
    archives = [f"| {each.name} {each.version} | `{each.sha256}` |" for each in PACKAGES]
    return "\n".join(
        [
            "# Libraries of the page",
            "",
            "Written by `python -m tools.vendor_page`, which also says what it changes in them:",
            "each bare name that is imported became the path of a file here, the line that names a",
            "source map is gone, and a first line keeps the checker of types away.",
            "",
            "| file | from | licence | SHA-256 |",
            "|---|---|---|---|",
            *rows,
            "",
            "The licence of `signals-core.js` is that of `signals.js`.",
            "",
            "| archive on npm | SHA-256 |",
            "|---|---|",
            *archives,
            "",
        ]
    )


def changed() -> list[str]:
    """Names of the files that are not as they were written, or missing, or nobody's."""
    wanted = dict(_ROW.findall(_README.read_text(encoding="utf-8")))
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path != _README
    }
    names = wanted.keys() | present.keys()
    return sorted(name for name in names if wanted.get(name) != present.get(name))


def main() -> int:
    """Fetch and write them; or, with `--check`, 1 where one is not as it was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        for name in changed():
            print(f"{name} is not as it was written; run python -m tools.vendor_page")
        return 1 if changed() else 0
    written: dict[str, tuple[Package, str]] = {}
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            for name, content in fetched(package, Path(folder)):
                (VENDOR / name).write_bytes(content)
                written[name] = package, hashlib.sha256(content).hexdigest()
    _README.write_text(readme_of(written), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
