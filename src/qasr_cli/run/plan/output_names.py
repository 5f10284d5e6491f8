"""Which file each output goes to; decided here and nowhere else. No I/O."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qasr_cli.core.types import MediaFile
from qasr_cli.formats.registry import format_named
from qasr_cli.options import OutputOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputBase:
    """Where the outputs of one input go: `<path>[.<language>].<suffix>`.

    Attributes:
        path: folder and name without any suffix of ours.
    """

    path: str

    def for_suffix(self, suffix: str, *, language_code: str | None) -> str:
        """Path of one output; `suffix` starts with a dot."""
        language = f".{language_code}" if language_code else ""
        return f"{self.path}{language}{suffix}"


def output_bases(
    files: Sequence[MediaFile],
    folder_of: Mapping[str, str],
    *,
    suffixes: Sequence[str],
    reserved: Iterable[str] = (),
) -> dict[str, OutputBase]:
    """One base for each input, so that no two outputs are one file.

    An input `talk.mp3` gives `talk`. Where an output of two inputs would be the same file, both
    keep their extension (`talk.mp3`, `talk.wav`), so neither result depends on the order.

    Args:
        files: the inputs, with distinct relative paths.
        folder_of: relative path -> the folder its outputs go to.
        suffixes: of the formats that will be written.
        reserved: paths that no output may take, such as the report's.

    Returns:
        relative path -> base. Two inputs of the same full name that share an output folder
        share a base too: the caller refuses that (`same_base`).
    """
    whole: set[str] = set()
    taken = {path.casefold() for path in reserved}
    while True:
        bases = {
            file.relative_path: os.path.join(
                folder_of[file.relative_path],
                _name_of(file, keep_extension=file.relative_path in whole),
            )
            for file in files
        }
        clashing = _clashing(bases, suffixes, taken) - whole
        if not clashing:
            return {rel: OutputBase(path=base) for rel, base in bases.items()}
        whole |= clashing


def _clashing(bases: Mapping[str, str], suffixes: Sequence[str], taken: set[str]) -> set[str]:
    """The inputs of which an output would be that of another one, or is in `taken`."""
    # casefold: on macOS and on Windows shares A.srt and a.srt are one file.
    paths = {rel: [(base + s).casefold() for s in suffixes] for rel, base in bases.items()}
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


def _name_of(file: MediaFile, *, keep_extension: bool) -> str:
    name = os.path.basename(file.relative_path)
    stem = os.path.splitext(name)[0]
    return name if keep_extension or not stem else stem
