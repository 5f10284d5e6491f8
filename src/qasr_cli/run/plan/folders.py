"""The jobs of `qasr batch`: one for each recording in folders, with its place for outputs."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import COPIES
from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UnreadableInput, UsageError
from qasr_cli.media.discover import discover
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.checks import check_output_dir
from qasr_cli.run.plan.copies import copies_among
from qasr_cli.run.plan.jobs import Job, failure_at
from qasr_cli.run.plan.output_names import all_hotword_paths, output_bases, suffixes_of
from qasr_cli.run.plan.plan import CUT_SHORT, Plan, Unseen
from qasr_cli.run.plan.shard_plan import ShardPlan
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.plan.standing_outputs import named_with_extension, standing_outputs
from qasr_cli.run.state.layout import report_path
from qasr_cli.run.state.store import Store
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
    found: list[_Recording] = []
    unseen: list[Unseen] = []
    left_out: list[_LeftOut] = []
    for tree in trees:
        found += tree.recordings(walk, unseen, left_out, is_stopped)
    if is_stopped():
        return CUT_SHORT
    found = _without_copies(found, left_out)
    stores = tuple(tree.store for tree in trees) if mirror is None else (mirror,)
    share = _Share.of(shard, stores)
    return Plan(
        jobs=share.of_jobs(_jobs(found, output)),
        unseen=share.of_unseen(unseen),
        stores=stores,
        left_out=_counted(left_out, shard),
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

    def of_jobs(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        return tuple(job for job in jobs if self._takes(job.name, job.media, job.store))

    def of_unseen(self, unseen: Iterable[Unseen]) -> tuple[Unseen, ...]:
        return tuple(u for u in unseen if self._takes(u.name, u.outcome.media, u.store))

    def _takes(self, name: str, media: MediaFile, store: Store | None) -> bool:
        if self.shard is None or store is None:
            return True
        return self.plans[store.root].takes(self.shard, name, media.relative_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recording:
    """A file that was found; `name` as in a `Job`."""

    media: MediaFile
    name: str
    store: Store


@dataclass(frozen=True, slots=True, kw_only=True)
class _LeftOut:
    """A file with the name of a recording in a bin or hidden place, or that qasr made itself."""

    relative_path: str
    place: str
    store: Store


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
        left_out: list[_LeftOut],
        is_stopped: Callable[[], bool],
    ) -> Iterator[_Recording]:
        """Yield what is there; add to the lists what cannot be looked at, and is not."""

        def note_left_out(below: str, place: str) -> None:
            path = self.prefix + below
            left_out.append(_LeftOut(relative_path=path, place=place, store=self.store))

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
            yield _Recording(
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


def _without_copies(found: Sequence[_Recording], left_out: list[_LeftOut]) -> list[_Recording]:
    copies = copies_among(one.media.relative_path for one in found)
    left_out += (
        _LeftOut(relative_path=one.media.relative_path, place=COPIES, store=one.store)
        for one in found
        if one.media.relative_path in copies
    )
    return [one for one in found if one.media.relative_path not in copies]


def _is_taken(relative_path: str, shard: Shard | None) -> bool:
    return shard is None or shard.takes(relative_path)


def _counted(left_out: Sequence[_LeftOut], shard: Shard | None) -> dict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in left_out:
        if _is_taken(one.relative_path, shard):
            counts[one.store.root][one.place] += 1
    return counts


def _jobs(found: Sequence[_Recording], output: OutputOptions) -> tuple[Job, ...]:
    recording_of = {one.media.relative_path: one for one in found}
    folder_of = {
        rel: os.path.dirname(os.path.join(one.store.root, one.name))
        for rel, one in recording_of.items()
    }

    def standing(rel: str) -> tuple[str, ...]:
        return standing_outputs(recording_of[rel].store, recording_of[rel].name)

    bases = output_bases(
        [one.media for one in found],
        folder_of,
        suffixes=suffixes_of(output),
        reserved={report_path(one.store.root) for one in found}
        | all_hotword_paths(one.media for one in found),
        standing=standing,
        renamed=named_with_extension(folder_of),
    )
    return tuple(
        Job(media=one.media, name=one.name, base=bases[one.media.relative_path], store=one.store)
        for one in found
    )


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
