"""What of a folder an engine is given to copy from: all that `.dockerignore` leaves in."""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One line: paths that match it are left out, or, after all, taken."""

    pattern: re.Pattern[str]
    takes: bool


class Context:
    """A folder that is built from.

    Args:
        folder: with a `.dockerignore`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = (folder / ".dockerignore").read_text(encoding="utf-8").splitlines()
        self._rules = [_rule(line.strip()) for line in lines if line.strip() and line[0] != "#"]

    def takes(self, path: str) -> bool:
        """Whether a file is given to the engine; the path is relative to the folder."""
        parts = path.split("/")
        taken = True
        for rule in self._rules:  # the last one counts; a folder's goes for all that is below
            if any(rule.pattern.fullmatch("/".join(parts[:n])) for n in range(1, len(parts) + 1)):
                taken = rule.takes
        return taken

    def files(self, name: str) -> list[str]:
        """The files that `COPY name` copies, relative to the folder.

        Raises:
            FileNotFoundError: there is none.
        """
        place = self._folder / name
        found = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        paths = (path.relative_to(self._folder).as_posix() for path in found)
        if taken := [path for path in paths if self.takes(path)]:
            return taken
        raise FileNotFoundError(f"{name}: not in {self._folder}, or left out by .dockerignore")

    def digest(self, name: str) -> str:
        """A digest of these files: names, modes, contents."""
        digest = hashlib.sha256()
        for path in self.files(name):
            file = self._folder / path
            digest.update(f"{path}\0{file.stat().st_mode}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()

    def copy(self, name: str, target: str) -> None:
        """Do `COPY name target`: a folder's files go into the target, a file below or at it."""
        is_folder = (self._folder / name).is_dir()
        for path in self.files(name):
            if is_folder:
                place = Path(target) / Path(path).relative_to(name)
            else:
                place = Path(target) / Path(path).name if target.endswith("/") else Path(target)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._folder / path, place)


def _rule(line: str) -> _Rule:
    takes = line.startswith("!")
    written = line.removeprefix("!").strip("/")
    pattern = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", written):
        wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        pattern += wild.get(part, re.escape(part))
    return _Rule(pattern=re.compile(pattern), takes=takes)
