"""One name for one voice in all recordings of a batch, once all are heard. No model, no sound."""

from dataclasses import dataclass

from qasr_cli.errors import InputError
from qasr_cli.run.commit.voice_names import names_over_files, write_speakers
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What came of it.

    Attributes:
        renamed_count: recordings whose outputs were written with other names.
        voice_count: people who have one name over all recordings.
        notes: what could not be done, a line each.
    """

    renamed_count: int = 0
    voice_count: int = 0
    notes: tuple[str, ...] = ()


def name_over_files(plan: Plan, policies: FilePolicies, store: Store) -> Linking:
    """Give each voice that speaks for long enough one name over the recordings of a store.

    Args:
        store: its lock is held by nobody.

    Raises:
        LockHeld: another run is at work there.
        OutputError: the disk takes no more.
    """
    with store.lock(is_needed=False):
        jobs = [job for job in plan.jobs if job.store is store]
        known = [policies.of(job.media).kept_voices(job) for job in jobs]
        names = names_over_files(known, told=[policies.of(job.media).names_told for job in jobs])
        renamed_count, notes = 0, []
        for job, own in zip(jobs, names, strict=True):
            try:
                renamed_count += policies.of(job.media).renamed(job, own)
            except InputError as error:
                notes.append(str(error))
        notes += write_speakers(store, [job.name for job in jobs], known, names)
    voice_count = len({name for own in names for name in own.values()})
    return Linking(renamed_count=renamed_count, voice_count=voice_count, notes=tuple(notes))
