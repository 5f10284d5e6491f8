"""The jobs of `qasr batch`: one for each recording in folders, with its place for outputs."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import COPIES
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UnreadableInput, UsageError
from qasr_cli.media.discover import discover
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.checks import check_output_dir
from qasr_cli.run.plan.copies import copies_among, may_be_copy
from qasr_cli.run.plan.found import Found
from qasr_cli.run.plan.jobs import Job, failure_at
from qasr_cli.run.plan.neighbours import bases_that_differ
from qasr_cli.run.plan.output_names import suffixes_of, usual_base
from qasr_cli.run.plan.plan import CUT_SHORT, Jobs, Plan, Unseen
from qasr_cli.run.plan.shard_plan import ShardPlan
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.state.store import Store
from qasr_cli.storage.compact_list import CompactList
from qasr_cli.storage.near_names import question_about


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Which files of a folder count."""

    recursive: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    follow_links: bool = False
    skip_folders: tuple[str, ...] = ()


def jobs_for_folders(
    folders: Sequence[str],
    *,
    output: OutputOptions,
    walk: Walk,
    shard: Shard | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """The jobs of `qasr batch`.

    With an output folder the walked trees are mirrored in it, each below its folder's name when
    there are several; else outputs and state lie in the walked folders themselves.

    Args:
        shard: leave the files of other parts out. Names of outputs do not depend on it.
        is_stopped: asked during the walk; once it says so, the plan is `CUT_SHORT`.

    Raises:
        UsageError: a folder is absent, a file, or inside another; a plan of parts is damaged.
    """
    roots = _distinct_roots(folders)
    mirror = _mirror(output, shard)
    trees = _trees(roots, mirror, shard)
    found = CompactList[Found](shared=(Store,))
    unseen: list[Unseen] = []
    left_out = _LeftOut(shard)
    for tree in trees:
        found.extend(tree.recordings(walk, unseen, left_out, is_stopped))
    if is_stopped():
        return CUT_SHORT
    found = _without_copies(found, left_out)
    stores = tuple(tree.store for tree in trees) if mirror is None else (mirror,)
    share = _Share.of(shard, stores)
    return Plan(
        jobs=Jobs(share.of_jobs(_jobs(found, output))),
        unseen=share.of_unseen(unseen),
        stores=stores,
        left_out=left_out.counts,
        notes=share.notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """Which files a run does of all that there are.

    Attributes:
        plans: root of a store -> which file is of which part, as far as that is planned.
    """

    shard: Shard | None
    plans: Mapping[str, ShardPlan]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, shard: Shard | None, stores: Sequence[Store]) -> "_Share":
        if shard is None:
            return cls(shard=None, plans={}, notes=())
        plans = {store.root: ShardPlan.read(store) for store in stores}
        notes = (plans[store.root].note_for(shard, store) for store in stores)
        return cls(shard=shard, plans=plans, notes=tuple(note for note in notes if note))

    def of_jobs(self, jobs: Iterable[Job]) -> Iterator[Job]:
        return (job for job in jobs if self._takes(job.name, job.media, job.store))

    def of_unseen(self, unseen: Iterable[Unseen]) -> tuple[Unseen, ...]:
        return tuple(u for u in unseen if self._takes(u.name, u.outcome.media, u.store))

    def _takes(self, name: str, media: MediaFile, store: Store | None) -> bool:
        if self.shard is None or store is None:
            return True
        return self.plans[store.root].takes(self.shard, name, media.relative_path)


class _LeftOut:
    """Counts files with names of recordings in bins and hidden places, or that qasr made itself.

    Attributes:
        counts: root of a store -> place -> how many.
    """

    def __init__(self, shard: Shard | None) -> None:
        self._shard = shard
        self.counts: dict[str, Counter[str]] = {}

    def add(self, store: Store, relative_path: str, place: str) -> None:
        if self._shard is None or self._shard.takes(relative_path):
            self.counts.setdefault(store.root, Counter())[place] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """A folder that is walked.

    Attributes:
        prefix: sets its files apart from those of other folders; "" where there is one folder.
        is_mirrored: `store` is that of the output folder, not of `root` itself.
    """

    root: str
    prefix: str
    store: Store
    is_mirrored: bool

    def recordings(
        self,
        walk: Walk,
        unseen: list[Unseen],
        left_out: _LeftOut,
        is_stopped: Callable[[], bool],
    ) -> Iterator[Found]:
        """Yield what is there; add to the others what cannot be looked at, and is not."""

        def note_left_out(below: str, place: str) -> None:
            left_out.add(self.store, self.prefix + below, place)

        def note_unseen(path: str, error: OSError) -> None:
            below = os.path.relpath(path, self.root).replace(os.sep, "/")
            unreadable = UnreadableInput(path, error.strerror or "?")
            outcome = failure_at(path, self.prefix + below, unreadable)
            unseen.append(Unseen(outcome=outcome, name=self._name_of(below), store=self.store))

        for media in discover(
            self.root,
            recursive=walk.recursive,
            include=walk.include,
            exclude=walk.exclude,
            follow_links=walk.follow_links,
            skip_folders=(*walk.skip_folders, *((self.store.root,) if self.is_mirrored else ())),
            on_unreadable=note_unseen,
            on_left_out=note_left_out,
            is_stopped=is_stopped,
        ):
            yield Found(
                media=replace(media, relative_path=self.prefix + media.relative_path),
                name=self._name_of(media.relative_path),
                store=self.store,
            )

    def _name_of(self, below: str) -> str:
        return self.prefix + below if self.is_mirrored else below


def _mirror(output: OutputOptions, shard: Shard | None) -> Store | None:
    """The output folder's state; None where outputs stand beside the recordings."""
    check_output_dir(output.output_dir)
    if output.output_dir == STANDARD_STREAM:
        raise UsageError("-o - takes one file: use qasr transcribe FILE -o -")
    if output.output_dir is None:
        return None
    return Store(os.path.abspath(output.output_dir), shard=shard)


def _trees(roots: Sequence[str], mirror: Store | None, shard: Shard | None) -> tuple[_Tree, ...]:
    return tuple(
        _Tree(
            root=root,
            prefix=prefix,
            store=mirror or Store(root, shard=shard),
            is_mirrored=mirror is not None,
        )
        for root, prefix in zip(roots, _prefixes(roots), strict=True)
    )


def _without_copies(found: CompactList[Found], left_out: _LeftOut) -> CompactList[Found]:
    if not any(may_be_copy(one.media.relative_path) for one in found):
        return found
    copies = copies_among(CompactList(one.media.relative_path for one in found))
    others = CompactList[Found](shared=(Store,))
    for one in found:
        if one.media.relative_path in copies:
            left_out.add(one.store, one.media.relative_path, COPIES)
        else:
            others.append(one)
    return others


def _jobs(found: Sequence[Found], output: OutputOptions) -> Iterator[Job]:
    bases = bases_that_differ(found, suffixes_of(output))
    for one in found:
        base = bases.get(one.media.relative_path)
        if base is None:
            base = usual_base(one.media, one.output_folder)
        yield Job(media=one.media, name=one.name, base=base, store=one.store)


def _distinct_roots(folders: Sequence[str]) -> tuple[str, ...]:
    roots: list[str] = []
    for folder in folders:
        if os.path.isfile(folder):
            raise UsageError(f"{folder} is a file: use qasr transcribe {folder}")
        if not os.path.isdir(folder):
            raise UsageError(f"{folder}: no such folder{question_about(folder)}")
        root = os.path.realpath(folder)
        if root not in roots:
            roots.append(root)
    for outer in roots:
        for inner in roots:
            if inner != outer and inner.startswith(os.path.join(outer, "")):
                raise UsageError(f"{inner} lies inside {outer}: name only the outer one")
    return tuple(roots)


def _prefixes(roots: Sequence[str]) -> tuple[str, ...]:
    """What sets the files of several folders apart: their names, numbered where alike."""
    if len(roots) == 1:
        return ("",)
    prefixes: list[str] = []
    for root in roots:
        name = os.path.basename(root)
        candidate, number = name, 2
        while candidate + "/" in prefixes:
            candidate, number = f"{name}-{number}", number + 1
        prefixes.append(candidate + "/")
    return tuple(prefixes)
