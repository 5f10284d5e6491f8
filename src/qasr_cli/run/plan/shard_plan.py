"""Which part of a batch does which file, where `qasr plan --shards` has written that down.

Without such a plan, and for files that came since, the name alone decides (`core/shard.py`), which
is the same everywhere but knows no lengths.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from qasr_cli.core.shard import Shard
from qasr_cli.errors import UsageError
from qasr_cli.run.state.layout import shard_plan_path
from qasr_cli.run.state.store import Store
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.jsonl import json_bytes

_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardPlan:
    """The parts of the files of one output folder.

    Attributes:
        count: of parts; 0 where nothing is planned.
        part_of: name of a file, as in a `Job` -> its part, from 1.
    """

    count: int = 0
    part_of: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> Self:
        """The plan of an output folder, or an empty one.

        Raises:
            UsageError: what stands in its place is none.
        """
        path = shard_plan_path(store.state_folder)
        try:
            return cls._from_fields(Fields(read_json(path)))
        except FileNotFoundError:
            return cls()
        except (OSError, DamagedDocument) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(
                f"{path} is no plan of parts ({reason}); remove it, or run qasr plan --shards N"
            ) from error

    @classmethod
    def _from_fields(cls, fields: Fields) -> Self:
        count = fields.whole("count", least=1)
        part_of = fields.by_name("files", lambda files, name: files.whole(name, least=1))
        if any(part > count for part in part_of.values()):
            raise DamagedDocument(f"it names more than its {count} parts")
        return cls(count=count, part_of=part_of)

    def write(self, store: Store) -> None:
        """Write the plan, where no run is at work.

        Raises:
            LockHeld: one is.
            OutputError: the folder takes no files.
        """
        document = {
            "schema_version": _SCHEMA_VERSION,
            "count": self.count,
            "files": dict(self.part_of),
        }
        with store.lock(is_needed=False):
            path = shard_plan_path(store.state_folder)
            store.writer.write(path, json_bytes(document))

    def takes(self, shard: Shard, name: str, relative_path: str) -> bool:
        """Whether a file is of this part.

        Args:
            name: as in a `Job`.
            relative_path: decides where no plan does.
        """
        part = self.part_of.get(name) if self.count == shard.count else None
        return shard.takes(relative_path) if part is None else part == shard.index

    def note_for(self, shard: Shard, store: Store) -> str | None:
        """What to say where there is a plan that this part cannot obey."""
        if self.count in {0, shard.count}:
            return None
        path = os.path.relpath(shard_plan_path(store.state_folder), store.root)
        return (
            f"{store.root}: {path} is a plan for {self.count} parts, so it is not obeyed; "
            f"qasr plan --shards {shard.count} writes another"
        )
