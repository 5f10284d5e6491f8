"""Which recordings of a folder are copies that `--embed` made of others: known by their names."""

import os
from collections.abc import Collection, Iterator

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.media.embedding.containers import COPY_MARK


def may_be_copy(path: str) -> bool:
    """Whether a recording is called as a copy of another one is."""
    return os.path.splitext(path)[0].endswith(COPY_MARK)


def copies_among(paths: Collection[str]) -> set[str]:
    """Those beside which the recording that they are a copy of is found, too.

    >>> sorted(copies_among(["a.mp4", "a.subtitled.mp4", "a.en.subtitled.mp4", "b.subtitled.mp4"]))
    ['a.en.subtitled.mp4', 'a.subtitled.mp4']
    """
    # Of all that there is only what matters is held: most recordings have no copy.
    sources = {name for path in paths for name in _sources_of(path)}
    there = sources.intersection(paths)
    return {path for path in paths if any(name in there for name in _sources_of(path))}


def _sources_of(path: str) -> Iterator[str]:
    stem, extension = os.path.splitext(path)
    if not stem.endswith(COPY_MARK):
        return
    source = stem.removesuffix(COPY_MARK)
    yield source + extension
    yield source  # where two of a stem keep their extensions: talk.mp4.subtitled.mp4
    before, language = os.path.splitext(source)
    if language_from_model(language[1:]) is not None:  # --language-suffix
        yield before + extension
        yield before
