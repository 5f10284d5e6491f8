"""Parts of about the same length: who makes them, and who obeys."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.api.many import plan_folders
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.shard import Shard, balanced
from qasr_cli.errors import LockHeld, UsageError
from qasr_cli.run.plan.shard_plan import ShardPlan
from qasr_cli.run.state.store import Store
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, RunFolders, plan_for, with_output, with_run

LENGTHS_S = (9.0, 7.0, 3.0, 2.0, 2.0, 1.0)


@pytest.fixture
def root(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Recordings of 24 seconds in all, the longest of nine."""
    folder = tmp_path / "in"
    for number, length_s in enumerate(LENGTHS_S):
        write_wav(folder / f"{number}.wav", ((0.2, 0.8),), duration_s=length_s, seed=number)
    return folder


def _parts(root: Path, count: int) -> list[set[str]]:
    plans = [
        plan_for(root, options=with_run(shard=Shard(index=index, count=count)))
        for index in range(1, count + 1)
    ]
    return [{job.name for job in plan.jobs} for plan in plans]


@given(
    st.dictionaries(st.text(), st.floats(min_value=0, max_value=1e6)),
    st.integers(min_value=1, max_value=20),
)
def test_no_part_is_heavier_than_the_mean_and_one_file(
    weights: dict[str, float], count: int
) -> None:
    """Every file is of exactly one part, and none of the parts has to wait long for another."""
    parts = balanced(weights, count)
    sums = [0.0] * (count + 1)
    for name, part in parts.items():
        sums[part] += weights[name]

    assert parts.keys() == weights.keys()
    assert set(parts.values()) <= set(range(1, count + 1))
    most = sum(weights.values()) / count + max(weights.values(), default=0.0)
    assert max(sums) <= most * (1 + 1e-9)


def test_parts_of_a_plan_are_of_about_the_same_length(root: Path) -> None:
    """What `qasr plan --shards` writes, every part of that count obeys."""
    found = plan_folders([root], OPTIONS, shard_count=2)

    assert [part.sound_s for part in found.parts] == [12.0, 12.0]
    first, second = _parts(root, 2)
    assert first | second == {f"{number}.wav" for number in range(6)}
    assert not first & second
    assert {len(first), len(second)} <= {2, 3, 4}
    assert sum(LENGTHS_S[int(name[0])] for name in first) == 12.0


def test_files_that_came_since_are_done_by_one_part(root: Path, write_wav: WriteWav) -> None:
    """Their names decide, as without a plan; so nothing is left out, and nothing done twice."""
    plan_folders([root], OPTIONS, shard_count=3)
    for number in range(20):
        write_wav(root / f"new{number}.wav")

    parts = _parts(root, 3)

    assert sum(map(len, parts)) == len(set.union(*parts)) == 26


def test_a_plan_for_another_count_is_not_obeyed_and_that_is_said(
    root: Path, run_folders: RunFolders
) -> None:
    """Two numbers of parts are two ways to share out; the run says which one it takes."""
    plan_folders([root], OPTIONS, shard_count=2)
    results = [
        run_folders(root, options=with_run(shard=Shard(index=index, count=3)))
        for index in (1, 2, 3)
    ]

    done = [o.media.relative_path for r in results for o in r.outcomes if isinstance(o, FileDone)]
    assert sorted(done) == [f"{number}.wav" for number in range(6)]
    assert all("a plan for 2 parts" in result.report["warnings"][0] for result in results)


def test_a_whole_run_knows_no_plan(root: Path, run_folders: RunFolders) -> None:
    """Without --shard everything is done, whatever was planned."""
    plan_folders([root], OPTIONS, shard_count=2)

    assert len(run_folders(root).outcomes) == 6


def test_several_folders_are_shared_out_together(root: Path, tmp_path: Path) -> None:
    """With one output folder, files of one name in two folders are two files."""
    other = tmp_path / "more"
    other.mkdir()
    for path in root.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    options = with_output(output_dir=str(tmp_path / "out"))
    found = plan_folders([root, other], options, shard_count=4)

    assert [part.sound_s for part in found.parts] == [12.0] * 4
    assert sum(part.file_count for part in found.parts) == 12


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"count": 0, "files": {}}', '{"count": 2, "files": {"0.wav": 3}}']
)
def test_what_is_no_plan_is_refused_with_its_path(root: Path, text: str) -> None:
    """Who guesses which file is whose leaves one to nobody."""
    path = root / ".qasr" / "shards" / "plan.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)

    with pytest.raises(UsageError, match=r"plan\.json is no plan of parts"):
        _parts(root, 2)


def test_no_plan_is_written_under_a_run(root: Path) -> None:
    """Parts that already run know another one."""
    (root / ".qasr").mkdir()
    with Store(str(root), shard=Shard(index=1, count=2)).lock(), pytest.raises(LockHeld):
        plan_folders([root], OPTIONS, shard_count=2)


def test_odd_names_keep_their_parts(tmp_path: Path) -> None:
    """Names that are not UTF-8 survive the file."""
    (tmp_path / ".qasr").mkdir()
    store = Store(str(tmp_path))
    ShardPlan(count=2, part_of={"\udcff.wav": 2}).write(store)
    shard = Shard(index=2, count=2)

    assert ShardPlan.read(store).takes(shard, "\udcff.wav", "\udcff.wav")
    assert json.loads((tmp_path / ".qasr" / "shards" / "plan.json").read_text())["count"] == 2
