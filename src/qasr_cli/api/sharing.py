"""A batch cut into parts of about the same length, for as many machines."""

from dataclasses import replace

from qasr_cli.core.shard import Shard, balanced
from qasr_cli.errors import UsageError
from qasr_cli.options import RunOptions
from qasr_cli.run.forecast import Forecast, PartForecast, ToDo
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.plan.shard_plan import ShardPlan

MOST_SHARDS = 1000
# Of a recording that does not say how long it is: as 16-bit sound of a telephone would be.
_USUAL_BYTES_A_S = 16_000


def check_shard_count(count: int | None, run: RunOptions) -> None:
    """Refuse parts that cannot be made.

    Raises:
        UsageError: there are none, too many, or only one of them is wanted.
    """
    if count is None:
        return
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(f"--shards takes 1 to {MOST_SHARDS}")
    if run.shard is not None:
        raise UsageError("--shards cuts the whole batch into parts: leave out --shard")


def shared_out(plan: Plan, found: Forecast, count: int) -> Forecast:
    """Write down which of so many parts does which file; the forecast with these parts.

    Only files to do are named: what is done weighs nothing, and its name decides.

    Raises:
        LockHeld: a run is at work, which knows another plan.
        OutputError: an output folder takes no files.
    """
    jobs = {job.media.relative_path: job for job in plan.jobs}
    weights_s = {
        file.media.relative_path: (
            file.media.size_bytes / _USUAL_BYTES_A_S
            if file.duration_ms is None
            else file.duration_ms / 1000
        )
        for file in found.files
        if isinstance(file, ToDo)
    }
    part_of = balanced(weights_s, count)
    for store in plan.stores:
        names = {
            jobs[relative_path].name: part
            for relative_path, part in part_of.items()
            if jobs[relative_path].store is store
        }
        ShardPlan(count=count, part_of=names).write(store)
    lengths_s = {file.media.relative_path: (file.duration_ms or 0) / 1000 for file in found.to_do}
    return replace(
        found,
        parts=tuple(
            PartForecast(
                shard=Shard(index=index, count=count),
                file_count=sum(part == index for part in part_of.values()),
                sound_s=sum(s for name, s in lengths_s.items() if part_of[name] == index),
            )
            for index in range(1, count + 1)
        ),
    )
