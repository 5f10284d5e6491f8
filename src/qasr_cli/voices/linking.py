"""One voice in several recordings: which speakers of different files are one person."""

from collections.abc import Sequence

import numpy as np

from qasr_cli.voices.agglomerate import agglomerated
from qasr_cli.voices.vectors import unit, vectors_from_bytes

# The same person in two recordings is above 0.8, two people are below 0.45.
_ALIKE = 0.6


def linked(files: Sequence[Sequence[bytes]]) -> list[list[int]]:
    """A number for each voice of each file: equal where one person speaks, never twice in a file.

    Args:
        files: the packed vectors of the voices of each; those who speak for long enough alone.

    Returns:
        Numbers from 0, in the order in which the voices come.
    """
    counts = [len(voices) for voices in files]
    if not sum(counts):
        return [[] for _ in files]
    vectors = unit(vectors_from_bytes(b"".join(vector for voices in files for vector in voices)))
    labels = agglomerated(
        vectors, alike=_ALIKE, apart=np.repeat(range(len(files)), counts).tolist()
    )
    parts = np.split(labels, np.cumsum(counts)[:-1])
    return [part.tolist() for part in parts]
