"""The files of a run that are to be heard, and about how long each of them is."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from qasr_cli.errors import InputError
from qasr_cli.media.suffixes import suffix_of
from qasr_cli.run.executor.packets import Handed
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.plan.jobs import SHARED_BY_JOBS, Job
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage.compact_list import CompactList

# A look into a file costs 40 ms of the processor. Of small ones there are many, and their length
# hardly matters; of large ones the largest decide when the last worker is done.
_LOOKED_AT_BYTES = 1 << 20
_LOOKED_AT_COUNT = 64
# Of files in which nobody looked, where none of their kind was looked at.
_USUAL_BYTES_A_MS = 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Looks up how long recordings are; no more once a stop is asked for."""

    policies: FilePolicies
    stop: StopRequest

    def ms_of(self, job: Job) -> int | None:
        """Of one recording, as its container claims; None where that is not known."""
        if self.stop.is_set:
            return None
        try:
            return self.policies.of(job.media).recording_of(job).probe().duration_ms
        except InputError:
            return None  # whoever hears it will say so


def gathered(
    rounds: Iterator[Iterable[Job]], *, lengths: Lengths, begin: Callable[[int], None]
) -> tuple[Iterator[Handed], tuple[Handed, ...]]:
    """All that is to be heard: together, and each alone since a process died over it.

    Args:
        rounds: as in `Feed`; files of all but the first are heard alone.
        begin: told how many there are before anybody looks into them.
    """
    together = CompactList(next(rounds, ()), shared=SHARED_BY_JOBS)
    alone = (
        Handed(job=job, length_ms=0.0, is_suspect=True)
        for job in itertools.chain.from_iterable(rounds)
    )
    if together and not lengths.stop.is_set:
        begin(len(together))
    files = _with_lengths(together, lengths)
    return files, tuple(alone)


def _with_lengths(jobs: Sequence[Job], lengths: Lengths) -> Iterator[Handed]:
    large = heapq.nlargest(_LOOKED_AT_COUNT, jobs, key=lambda job: job.media.size_bytes)
    known: dict[int, int] = {}
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for job in large:
        found_ms = lengths.ms_of(job) if job.media.size_bytes >= _LOOKED_AT_BYTES else None
        if found_ms:
            known[job.number] = found_ms
            rates[suffix_of(job.media.path)].append(job.media.size_bytes / found_ms)
    usual = {suffix: median(of_suffix) for suffix, of_suffix in rates.items()}

    def guessed_ms(job: Job) -> float:
        return job.media.size_bytes / usual.get(suffix_of(job.media.path), _USUAL_BYTES_A_MS)

    return (Handed(job=job, length_ms=known.get(job.number) or guessed_ms(job)) for job in jobs)
