"""Which inputs of many may come to want one output: only their names hang on each other.

They are few, so that it costs little memory to look at all of them at once.
"""

from collections.abc import Iterable, Sequence

from qasr_cli.run.plan.found import Found
from qasr_cli.run.plan.output_names import OutputBase, hotword_paths, output_bases, possible_outputs
from qasr_cli.run.plan.standing_outputs import named_with_extension, standing_outputs
from qasr_cli.run.state.layout import report_path

# As `hotword_paths` ends.
_HOTWORDS = "hotwords.txt"
# Of one output in a sieve: one in 64 passes by mistake, and costs a second look.
_BITS_A_PATH = 64
_WAYS = 2  # to name an input, of nearly all


def bases_that_differ(found: Sequence[Found], suffixes: Sequence[str]) -> dict[str, OutputBase]:
    """The bases of inputs that may not have the usual one, as `output_bases` gives them to all.

    Args:
        found: all inputs.
        suffixes: of the formats that will be written.

    Returns:
        relative path -> base; every input that is not in it has the usual one.
    """
    sieve = _Sieve(len(found) * len(suffixes) * _WAYS)
    reports: set[str] = set()
    for one in found:
        sieve.add(possible_outputs(one.media, one.output_folder, suffixes))
        reports.add(report_path(one.store.root))
    taken = {path.casefold() for path in reports}
    renamed = named_with_extension((one.media.relative_path, one.output_folder) for one in found)

    def is_near(one: Found) -> bool:
        return one.media.relative_path in renamed or any(
            sieve.may_have_twice(path) or path in taken or path.endswith(_HOTWORDS)
            for path in possible_outputs(one.media, one.output_folder, suffixes)
        )

    inputs = {one.media.relative_path: one for one in found if is_near(one)}
    return output_bases(
        [one.media for one in inputs.values()],
        {rel: one.output_folder for rel, one in inputs.items()},
        suffixes=suffixes,
        reserved=reports | _hotwords_in_the_way(found, inputs.values(), suffixes),
        standing=lambda rel: standing_outputs(inputs[rel].store, inputs[rel].name),
        renamed=renamed,
    )


def _hotwords_in_the_way(
    found: Iterable[Found], inputs: Iterable[Found], suffixes: Sequence[str]
) -> set[str]:
    """The files of hot words, of any input, whose names an output could have."""
    possible = {
        path
        for one in inputs
        for path in possible_outputs(one.media, one.output_folder, suffixes)
        if path.endswith(_HOTWORDS)
    }
    if not possible:
        return set()
    hotwords = (path for one in found for path in hotword_paths(one.media.path))
    return {path for path in hotwords if path.casefold() in possible}


class _Sieve:
    """Knows which paths were added twice, and takes some others for such; 16 bytes a path."""

    def __init__(self, path_count: int) -> None:
        self._bit_count = max(8, path_count * _BITS_A_PATH)
        self._once = bytearray(self._bit_count // 8 + 1)
        self._twice = bytearray(self._bit_count // 8 + 1)

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            byte, bit = self._place_of(path)
            self._twice[byte] |= self._once[byte] & bit
            self._once[byte] |= bit

    def may_have_twice(self, path: str) -> bool:
        byte, bit = self._place_of(path)
        return bool(self._twice[byte] & bit)

    def _place_of(self, path: str) -> tuple[int, int]:
        byte, bit = divmod(hash(path) % self._bit_count, 8)
        return byte, 1 << bit
