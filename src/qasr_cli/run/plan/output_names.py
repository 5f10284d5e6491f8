"""Which file each output goes to; decided here and nowhere else. Writes nothing."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from qasr_cli.core.types import MediaFile
from qasr_cli.formats.registry import format_named
from qasr_cli.options import OutputOptions
from qasr_cli.storage.name_limits import USUAL_LIMIT, NameLimit, name_limit_of

_SHOWN_CHARS = 24  # of either end of a name that was shortened


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputBase:
    """Where the outputs of one input go: `<path>[.<language>].<suffix>`.

    Attributes:
        path: folder and name without any suffix of ours.
        limit: what the disk takes as a name; a longer one is shortened.
        is_exact: as in `NameLimit.fitted`.
    """

    path: str
    limit: NameLimit = USUAL_LIMIT
    is_exact: bool = False

    def for_suffix(self, suffix: str, *, language_code: str | None) -> str:
        """Path of one output; `suffix` starts with a dot."""
        language = f".{language_code}" if language_code else ""
        name = os.path.basename(self.path)
        folder = self.path[: len(self.path) - len(name)]
        return folder + self.limit.fitted(name, language + suffix, is_exact=self.is_exact)

    def warning(self, suffixes: Sequence[str], *, language_code: str | None) -> str | None:
        """What to say where an output cannot have the input's whole name; None where all can."""
        for suffix in suffixes:
            path = self.for_suffix(suffix, language_code=language_code)
            if not path.startswith(f"{self.path}."):
                return f"its name with {suffix} is too long for this disk: it is {_ends_of(path)}"
        return None


def _ends_of(path: str) -> str:
    name = os.path.basename(path)
    return f"{name[:_SHOWN_CHARS]}...{name[-_SHOWN_CHARS:]}"


class _Naming(IntEnum):
    """How much of an input's name its outputs have."""

    STEM = 0
    WITH_EXTENSION = 1
    EXACT = 2  # where shortened names are alike, too


def output_bases(
    files: Sequence[MediaFile],
    folder_of: Mapping[str, str],
    *,
    suffixes: Sequence[str],
    reserved: Iterable[str] = (),
    standing: Callable[[str], Sequence[str]] = lambda _: (),
    renamed: Iterable[str] = (),
) -> dict[str, OutputBase]:
    """One base for each input, so that no two outputs are one file.

    An input `talk.mp3` gives `talk`. Where an output of two inputs would be the same file, both
    keep their extension (`talk.mp3`, `talk.wav`), so neither result depends on the order. But an
    input with outputs from before keeps their base while it can: nothing is done twice because a
    neighbour came or went.

    Args:
        files: the inputs, with distinct relative paths.
        folder_of: relative path -> the folder its outputs go to.
        suffixes: of the formats that will be written.
        reserved: paths that no output may take, such as the report's.
        standing: relative path -> its outputs from before; asked only where it matters.
        renamed: relative paths of inputs whose outputs from before may have their extension.

    Returns:
        relative path -> base. Two inputs of the same full name that share an output folder
        share a base too: the caller refuses that (`same_base`).
    """
    choice = _Choice(files, folder_of, suffixes, standing)
    taken = {path.casefold() for path in reserved}
    # First as if nothing stood: a run that was killed between two newcomers changes no name.
    while choice.settle(_clashing(choice.bases(), suffixes, taken)):
        pass
    choice.ask({*renamed, *choice.with_extension()})
    while True:
        bases = choice.bases()
        clashing = _clashing(bases, suffixes, taken)
        choice.ask(clashing)
        if not choice.settle(clashing):
            return bases


class _Choice:
    """How each input is named so far."""

    def __init__(
        self,
        files: Sequence[MediaFile],
        folder_of: Mapping[str, str],
        suffixes: Sequence[str],
        standing: Callable[[str], Sequence[str]],
    ) -> None:
        self._files = {file.relative_path: file for file in files}
        self._folder_of = folder_of
        self._suffixes = suffixes
        self._standing = standing
        self._namings = dict.fromkeys(self._files, _Naming.STEM)
        self._asked: set[str] = set()
        self._kept: set[str] = set()  # those that stay as their outputs from before are named

    def bases(self) -> dict[str, OutputBase]:
        return {rel: self._base(rel, naming) for rel, naming in self._namings.items()}

    def with_extension(self) -> set[str]:
        """Those that a clash has given more than their stem."""
        return {rel for rel, naming in self._namings.items() if naming > _Naming.STEM}

    def ask(self, relative_paths: Iterable[str]) -> None:
        """Let those that have outputs from before keep their names."""
        for rel in set(relative_paths) - self._asked:
            self._asked.add(rel)
            naming = self._naming_of(rel, self._standing(rel))
            if naming is not None:
                self._namings[rel] = naming
                self._kept.add(rel)

    def settle(self, clashing: set[str]) -> bool:
        """Change names of those in a clash, of newcomers first; False where none can change."""
        rising = {rel for rel in clashing - self._kept if self._namings[rel] < _Naming.EXACT}
        for rel in rising:
            self._namings[rel] = _Naming(self._namings[rel] + 1)
        if rising:
            return True
        given_up = clashing & self._kept
        self._kept -= given_up
        return bool(given_up)

    def _base(self, rel: str, naming: _Naming) -> OutputBase:
        return _base_of(self._files[rel], self._folder_of[rel], naming)

    def _naming_of(self, rel: str, paths: Sequence[str]) -> _Naming | None:
        # Longer names first: `talk.mp3.srt` begins with `talk.`, too.
        for naming in (_Naming.WITH_EXTENSION, _Naming.STEM, _Naming.EXACT):
            base = self._base(rel, naming)
            fitted = {base.for_suffix(suffix, language_code=None) for suffix in self._suffixes}
            if paths and all(p.startswith(f"{base.path}.") or p in fitted for p in paths):
                return naming
        return None


def usual_base(file: MediaFile, folder: str) -> OutputBase:
    """That of an input whose outputs, however it is named, are those of no other."""
    return _base_of(file, folder, _Naming.STEM)


def possible_outputs(file: MediaFile, folder: str, suffixes: Sequence[str]) -> set[str]:
    """The paths of an input's outputs in any of the ways to name it; in one case, as they clash."""
    bases = [_base_of(file, folder, naming) for naming in _Naming]
    return {_comparable(base, suffix) for base in bases for suffix in suffixes}


def _comparable(base: OutputBase, suffix: str) -> str:
    # casefold: on macOS and on Windows shares A.srt and a.srt are one file.
    return base.for_suffix(suffix, language_code=None).casefold()


def _base_of(file: MediaFile, folder: str, naming: _Naming) -> OutputBase:
    name = os.path.basename(file.relative_path)
    stem = os.path.splitext(name)[0]
    if naming is _Naming.STEM and stem:
        name = stem
    return OutputBase(
        path=os.path.join(folder, name),
        limit=name_limit_of(folder, name),
        is_exact=naming is _Naming.EXACT,
    )


def _clashing(
    bases: Mapping[str, OutputBase], suffixes: Sequence[str], taken: set[str]
) -> set[str]:
    """The inputs of which an output would be that of another one, or is in `taken`."""
    paths = {rel: [_comparable(base, suffix) for suffix in suffixes] for rel, base in bases.items()}
    count = Counter(path for of_one in paths.values() for path in of_one)
    return {
        rel
        for rel, of_one in paths.items()
        if any(count[path] > 1 or path in taken for path in of_one)
    }


def hotword_paths(media_path: str) -> tuple[str, str]:
    """Where a user leaves hot words for a recording: in a file of its own, and of its folder."""
    folder = os.path.dirname(media_path)
    return (
        f"{os.path.splitext(media_path)[0]}.hotwords.txt",
        os.path.join(folder, "hotwords.txt"),
    )


def all_hotword_paths(files: Iterable[MediaFile]) -> set[str]:
    """The hot word files of recordings: `-f txt` of a `hotwords.mp3` must not replace one."""
    return {path for media in files for path in hotword_paths(media.path)}


def suffixes_of(output: OutputOptions) -> tuple[str, ...]:
    """Suffixes of the formats that will be written."""
    return tuple(format_named(name).suffix for name in output.formats)


def same_base(bases: Mapping[str, OutputBase]) -> tuple[str, str] | None:
    """Two inputs whose outputs would still be the same file, or None."""
    seen: dict[str, str] = {}
    for relative_path, base in bases.items():
        other = seen.setdefault(base.path.casefold(), relative_path)
        if other != relative_path:
            return other, relative_path
    return None
